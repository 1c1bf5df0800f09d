import type { AuditAction, AuditObject } from '../domain/audit-record.ts'
import type { JsonValue } from '../domain/json.ts'
import type { Digests } from '../ports/digests.ts'
import { isRawKey } from '../manage/keys/name-key.ts'
import type { Attempt } from '../ports/registry.ts'

/** Whose objects the routes below a path are about, and by which members their callers name them; the first path counts. */
const OBJECTS: readonly (readonly [path: string, object: AuditObject, names: readonly string[]])[] = [
  ['/key', 'LiteLLM_VerificationToken', ['key', 'keys', 'key_aliases']],
  ['/team/member', 'LiteLLM_TeamMembership', ['team_id']],
  ['/team', 'LiteLLM_TeamTable', ['team_id', 'team_ids']],
  ['/user', 'LiteLLM_UserTable', ['user_id', 'user_ids']],
  ['/organization/member', 'LiteLLM_OrganizationMembership', ['organization_id']],
  ['/organization', 'LiteLLM_OrganizationTable', ['organization_id', 'organization_ids']],
  ['/budget', 'LiteLLM_BudgetTable', ['budget_id', 'id']],
  ['/customer', 'LiteLLM_EndUserTable', ['user_id', 'user_ids']],
  ['/end_user', 'LiteLLM_EndUserTable', ['user_id', 'user_ids']],
  ['/tag', 'LiteLLM_TagTable', ['name']],
  ['/model', 'LiteLLM_ProxyModelTable', ['model_id', 'id']],
  ['/credentials', 'LiteLLM_CredentialsTable', ['credential_name']],
  ['/access_group', 'LiteLLM_AccessGroupTable', ['access_group']],
  ['/v1/access_group', 'LiteLLM_AccessGroupTable', ['access_group_id']],
  ['/invitation', 'LiteLLM_InvitationLink', ['invitation_id', 'user_id']],
]

const ACTIONS: readonly (readonly [sign: RegExp, action: AuditAction])[] = [
  [/\bunblock\b/, 'unblocked'],
  [/\bblock\b/, 'blocked'],
  [/^DELETE |delete\b/, 'deleted'],
  [/\bregenerate\b/, 'rotated'],
  [/\bnew\b|generate\b|_add\b|^POST \/(?:credentials|v1\/access_group)$/, 'created'],
]

/** What a refused call was about, as far as its path and body tell. Nothing of this was looked up, and nothing checked. */
export function attemptOf(
  method: string,
  path: string,
  said: { readonly params: unknown; readonly body: JsonValue },
  digests: Pick<Digests, 'digestKey'>,
): Attempt {
  const found = OBJECTS.find(([prefix]) => path.startsWith(prefix))
  const name = `${method} ${path}`
  if (found === undefined) return { action: 'attempted', objectType: 'route', objectId: name }
  const [, objectType, members] = found
  const ids = [said.params, said.body]
    .filter(isRecord)
    .flatMap((part) => members.flatMap((member) => idsIn(part[member])))
  return {
    action: ACTIONS.find(([sign]) => sign.test(name))?.[1] ?? 'updated',
    objectType,
    // INV-31: a key may stand where a name is meant.
    objectId: ids.map((id) => (isRawKey(id) ? digests.digestKey(id) : id)).join(','),
  }
}

function idsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
