import type { AuditDraft } from '../../domain/audit-record.ts'
import type { User } from '../../domain/user.ts'
import type { Rooms } from '../../ports/registry.ts'
import { describeRow } from '../describe-change.ts'

/** Makes the account that a decision brought with it, with what there is to tell; nothing where somebody was faster. */
export async function provisionUser(
  user: User | undefined,
  { users }: Pick<Rooms, 'users'>,
): Promise<readonly AuditDraft[]> {
  if (user === undefined || (await users.insert(user)) === 'taken') return []
  return [
    { action: 'created', objectType: 'LiteLLM_UserTable', objectId: user.id, before: {}, after: describeRow(user) },
  ]
}
