import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { membershipOf } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'

/** Is everybody that the credential hangs on still there, and open? Asked on every request, whatever the route. */
export function decideStanding(principal: Principal): Decision<Principal> {
  if (principal.kind === 'master') return allow(principal)
  const { key, standing } = principal
  if (key.userId !== undefined) {
    if (standing.user === undefined) {
      return deny(
        'user-blocked',
        'principal_unknown',
        `Authentication Error, User=${key.userId} doesn't exist any more.`,
      )
    }
    if (standing.user.user.blocked) {
      return deny(
        'user-blocked',
        'principal_blocked',
        `Authentication Error, User=${key.userId} is blocked. Keys owned by this user cannot be used.`,
      )
    }
  }
  if (key.teamId !== undefined) {
    if (standing.team === undefined) {
      return deny(
        'team-blocked',
        'principal_unknown',
        `Authentication Error, Team=${key.teamId} doesn't exist any more.`,
      )
    }
    if (standing.team.blocked) {
      return deny(
        'team-blocked',
        'principal_blocked',
        `Authentication Error, Team=${key.teamId} is blocked. Update via \`/team/unblock\` if you're an admin.`,
      )
    }
    if (key.needsMembership && membershipOf(principal) === undefined) {
      return deny(
        'not-a-member',
        'team_required',
        `User=${key.userId ?? ''} is no longer a member of team=${key.teamId}.`,
      )
    }
  }
  return allow(principal)
}
