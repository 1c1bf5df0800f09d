import type { AuditDraft } from '../../domain/audit-record.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { parseUserId } from '../../domain/ids.ts'
import type { BudgetId, UserId } from '../../domain/ids.ts'
import { MASTER_USER_ID } from '../../domain/principal.ts'
import type { User } from '../../domain/user.ts'
import type { Rooms } from '../../ports/registry.ts'
import { archiveKeys } from '../keys/archive-keys.ts'
import { gone } from '../describe-change.ts'
import { dropOwnBudgets } from '../budgets/own-budget.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { malformed } from '../refuse.ts'
import { lastAdmin } from './refuse-user.ts'
import { withCascade } from '../with-cascade.ts'

const MOST_AT_ONCE = 500

/** All or none, and with them their keys, memberships and invitations. The answer is how many there were. */
export async function deleteUsers(names: readonly string[], ask: Ask, ports: ManagePorts): Promise<Decision<number>> {
  const wanted = [...new Set(names)]
  if (wanted.length > MOST_AT_ONCE) return malformed(`At most ${MOST_AT_ONCE} users can be deleted at once.`)
  const ids = wanted.map(parseUserId).filter((id): id is UserId => id !== undefined)
  const about = { action: 'deleted', objectType: 'LiteLLM_UserTable', objectId: wanted.join(',') } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const found = await rooms.users.findMany(ids)
    const known = new Set<string>(found.map(({ id }) => id))
    const absent = wanted.find((name) => !known.has(name))
    if (absent !== undefined)
      return deny('users-unknown', 'principal_unknown', `User not found, passed user_id=${absent}`)
    if (known.has(MASTER_USER_ID) || (await losesLastAdmin(found, rooms))) return lastAdmin()

    const records: AuditDraft[] = []
    for (const user of found) records.push(await deleteOne(user, ask, rooms))
    return allow({ outcome: found.length, records })
  })
}

/** Z-06. */
async function losesLastAdmin(users: readonly User[], rooms: Rooms): Promise<boolean> {
  if (!users.some(({ role, blocked }) => role === 'proxy_admin' && !blocked)) return false
  return (await rooms.users.countOtherAdmins(users.map(({ id }) => id))) === 0
}

async function deleteOne(user: User, ask: Ask, rooms: Rooms): Promise<AuditDraft> {
  const keys = await rooms.keys.ofUser(user.id)
  const teams = await rooms.teamMembers.ofUser(user.id)
  const organizations = await rooms.organizationMembers.ofUser(user.id)
  const archived = await archiveKeys(
    keys.map(({ digest }) => digest),
    rooms,
    ask,
  )
  const budgets: (BudgetId | undefined)[] = [...keys, ...teams, ...organizations].map(({ budgetId }) => budgetId)
  await rooms.users.delete([user.id])
  const dropped = await dropOwnBudgets(budgets, rooms)
  return withCascade(gone('LiteLLM_UserTable', user.id, user), [
    ...archived.records,
    ...teams.map((member) => gone('LiteLLM_TeamMembership', `${member.teamId}/${user.id}`, member)),
    ...organizations.map((member) =>
      gone('LiteLLM_OrganizationMembership', `${member.organizationId}/${user.id}`, member),
    ),
    ...dropped,
  ])
}
