import { matchesGlob } from '../../domain/glob.ts'
import { ADMINISTRATORS } from '../../domain/role.ts'
import type { UserRole } from '../../domain/role.ts'
import type { TokenPolicy, TokenProfile, TokenRole } from '../../domain/token-settings.ts'

interface Sayings {
  readonly isScopeAdmin: boolean
  /** In the singular claim. */
  readonly hasTeam: boolean
  /** In the user id claim itself; an e-mail that stands in for it does not count. */
  readonly hasSubject: boolean
  readonly roles: readonly string[]
  /** From the claim that `user_allowed_roles` is about. */
  readonly listedRoles: readonly string[]
}

/** What the token is; the first that applies. A default team makes every token one of a team. */
export function roleOfToken(says: Sayings, policy: TokenPolicy): TokenRole | undefined {
  if (says.isScopeAdmin) return 'proxy_admin'
  if (says.hasTeam || policy.defaultTeam !== undefined) return 'team'
  if (says.hasSubject || says.listedRoles.some((role) => policy.allowedRoles?.includes(role))) return 'internal_user'
  return policy.roleMappings.find(({ role }) => says.roles.includes(role))?.tokenRole
}

/** The order of the operator's entries decides, not what a role may do. Not every provider may make administrators. */
export function mapRole(
  roles: readonly string[],
  { roleMap }: Pick<TokenPolicy, 'roleMap'>,
  { mayAdminister }: Pick<TokenProfile, 'mayAdminister'>,
): UserRole | undefined {
  const open = mayAdminister ? roleMap : roleMap.filter(({ role }) => !ADMINISTRATORS.has(role))
  return open.find(({ tokenRole, isGlob }) =>
    roles.some((role) => (isGlob ? matchesGlob(tokenRole, role) : tokenRole === role)),
  )?.role
}
