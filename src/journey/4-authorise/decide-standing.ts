import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import { isTokenPrincipal, membershipOf, teamIdOf, userIdOf } from '../../domain/principal.ts'
import type { KeyPrincipal, Principal, TokenPrincipal } from '../../domain/principal.ts'
import type { User, UserFacts } from '../../domain/user.ts'

type Somebody = KeyPrincipal | TokenPrincipal

/** Is everybody that the credential hangs on still there, and open? Asked on every request, whatever the route. */
export function decideStanding(principal: Principal): Decision<Principal> {
  if (principal.kind === 'master') return allow(principal)
  return refuseUser(principal) ?? refuseTeam(principal) ?? refuseBearer(principal) ?? allow(principal)
}

function refuseUser(principal: Somebody): Denied | undefined {
  const id = userIdOf(principal)
  if (id === undefined) return undefined
  const { user } = principal.standing
  if (user === undefined) {
    return deny('user-blocked', 'principal_unknown', `Authentication Error, User=${id} doesn't exist any more.`)
  }
  return isTokenPrincipal(principal) ? refuseTokensOf(user) : refuseKeysOf(user)
}

/** D-12: whose token stands for a key has to be open too, whoever the key belongs to. */
function refuseBearer(principal: Somebody): Denied | undefined {
  const user = isTokenPrincipal(principal) ? undefined : principal.bearer?.user
  return user === undefined ? undefined : refuseTokensOf(user)
}

function refuseKeysOf({ user }: UserFacts): Denied | undefined {
  const say = closedBecause(user)
  return say === undefined
    ? undefined
    : deny('user-blocked', 'principal_blocked', `Authentication Error, ${say} Keys owned by this user cannot be used.`)
}

/** J-30: with a proven token it is not the credential that is wrong. */
function refuseTokensOf({ user }: UserFacts): Denied | undefined {
  const say = closedBecause(user)
  return say === undefined
    ? undefined
    : deny('token-denied', 'principal_blocked', `${say} Tokens of this user are refused.`)
}

function closedBecause({ id, blocked, metadata }: User): string | undefined {
  if (blocked) return `User=${id} is blocked.`
  if (metadata['scim_active'] === false) return `User=${id} has been deactivated via SCIM.`
  return undefined
}

function refuseTeam(principal: Somebody): Denied | undefined {
  const id = teamIdOf(principal)
  if (id === undefined) return undefined
  const { team } = principal.standing
  if (team === undefined) {
    return deny('team-blocked', 'principal_unknown', `Authentication Error, Team=${id} doesn't exist any more.`)
  }
  if (team.blocked) {
    return deny(
      'team-blocked',
      'principal_blocked',
      `Authentication Error, Team=${id} is blocked. Update via \`/team/unblock\` if you're an admin.`,
    )
  }
  if (principal.kind === 'virtual-key' && principal.key.needsMembership && membershipOf(principal) === undefined) {
    return deny(
      'not-a-member',
      'team_required',
      `User=${userIdOf(principal) ?? ''} is no longer a member of team=${id}.`,
    )
  }
  return undefined
}
