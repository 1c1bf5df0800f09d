import { mayUnblock } from '../../domain/blocker.ts'
import type { Blocker } from '../../domain/role.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import type { UserId } from '../../domain/ids.ts'
import { MASTER_USER_ID } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import type { Reach } from '../../domain/reach.ts'
import { ADMINISTRATORS, parseUserRole, USER_ROLES } from '../../domain/role.ts'
import type { UserRole } from '../../domain/role.ts'
import { changesUser } from '../../domain/scope.ts'
import type { UserPlace } from '../../domain/scope.ts'
import type { User, UserFacts } from '../../domain/user.ts'
import { isNarrowed } from '../keys/own-bounds.ts'
import { malformed } from '../refuse.ts'
import type { UserWish } from './revise-user.ts'

/** On what ground somebody changes a user. */
export type Hand = 'administrator' | 'organization' | 'oneself'

/** Those who are no proxy administrators: what each may say about a user. */
const MAY_SAY: Readonly<Record<Exclude<Hand, 'administrator'>, ReadonlySet<string>>> = {
  organization: new Set(['email', 'alias', 'role', 'models', 'metadata', 'blocked', 'limits']),
  oneself: new Set(['alias']),
}

const OF_ORGANIZATIONS: ReadonlySet<string> = new Set<UserRole>(['internal_user', 'internal_user_viewer'])

const BLOCKERS: Readonly<Record<Hand, Blocker>> = {
  administrator: 'proxy_admin',
  organization: 'org_admin',
  oneself: 'internal_user',
}

export function blockerWith(hand: Hand): Blocker {
  return BLOCKERS[hand]
}

export function placeOfUser({ user, teams, organizations }: UserFacts): UserPlace {
  return {
    id: user.id,
    organizationIds: organizations.map(({ organizationId }) => organizationId),
    teams: teams.map(({ teamId, organizationId }) => ({ id: teamId, organizationId })),
  }
}

/** Undefined: the user is none of the caller's. To oneself nobody is an organisation's administrator. */
export function handOn(reach: Reach, place: UserPlace): Hand | undefined {
  if (!changesUser(reach, place)) return undefined
  if (reach.scope === 'all') return 'administrator'
  return reach.userId === place.id ? 'oneself' : 'organization'
}

/** Somebody has come to this account by another way than a key. */
export function isTakenUp({ user, identities }: Pick<UserFacts, 'user' | 'identities'>): boolean {
  return user.passwordHash !== undefined || user.ssoUserId !== undefined || identities.length > 0
}

export function isOneself(principal: Principal, id: UserId): boolean {
  return id === (principal.kind === 'master' ? MASTER_USER_ID : principal.standing.user?.user.id)
}

/** Z-12, Z-20 and the ninth note of the matrix: may this hand say this about this user at all? */
export function decideUserWish(
  wish: UserWish,
  current: User | undefined,
  hand: Hand,
  principal: Principal,
  isTaken = false,
): Decision<undefined> {
  if (hand !== 'administrator') {
    const forbidden = saidIn(wish).find((name) => !MAY_SAY[hand].has(name))
    if (forbidden !== undefined) return notYours(`Only a proxy admin sets this of a user: ${forbidden}.`)
    if (hand === 'organization' && current !== undefined && !OF_ORGANIZATIONS.has(current.role)) {
      return deny('beyond-yours', 'authz_ceiling', 'Proxy admins and viewers are changed by proxy admins.')
    }
    // An address leads to the account, and this one is somebody's already.
    if (isTaken && wish.email !== undefined && wish.email !== current?.email) {
      return notYours('Only a proxy admin gives another address to a user who has an account already.')
    }
  }
  if (wish.blocked === false && current?.blocked === true && !mayUnblock(blockerWith(hand), current.blockedByRole)) {
    return deny('beyond-yours', 'authz_field', 'Somebody with a higher role blocked this user, and can unblock it.')
  }
  if (hand !== 'administrator' && wish.metadata !== undefined && current?.metadata['scim_active'] === false) {
    if (wish.metadata['scim_active'] !== false) return notYours('`metadata.scim_active`: a proxy admin opens it again.')
  }
  if (isNarrowed(principal) && makesAdministrator(wish, current)) return notWithThisKey()
  return decideRole(wish.role, current, hand, principal)
}

export function notWithThisKey(): Denied {
  return notYours('A key that was narrowed makes no administrators, and gives nobody the account of one.')
}

/** What leads somebody to the account. */
export function opensAccount({ password, email, ssoUserId }: UserWish): boolean {
  return [password, email, ssoUserId].some((value) => value !== undefined)
}

/** INV-12: whoever gets the account has more than the key that made it. */
function makesAdministrator({ role }: UserWish, current: User | undefined): boolean {
  return role !== undefined && role !== current?.role && ADMINISTRATORS.has(role)
}

function decideRole(
  wished: string | undefined,
  current: User | undefined,
  hand: Hand,
  principal: Principal,
): Decision<undefined> {
  if (wished === undefined || wished === current?.role) return allow(undefined)
  if (hand !== 'administrator' && !OF_ORGANIZATIONS.has(wished)) {
    return notYours('Only proxy admins can create or change proxy admins and viewers.')
  }
  if (current !== undefined && isOneself(principal, current.id)) return notYours('Nobody changes their own role.')
  return parseUserRole(wished) === undefined
    ? malformed(`Invalid user_role. Must be one of: ${USER_ROLES.join(', ')}`)
    : allow(undefined)
}

function saidIn({ limits, ...wish }: UserWish): readonly string[] {
  const names = Object.entries(wish).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  const limited = Object.values(limits ?? {}).some((value) => value !== undefined)
  return limited ? [...names, 'limits'] : names
}

function notYours(say: string): Denied {
  return deny('beyond-yours', 'authz_field', say)
}
