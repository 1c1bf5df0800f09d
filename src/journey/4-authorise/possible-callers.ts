import { isTokenPrincipal } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import { actingFor } from './settle-team.ts'

/** The same caller with one of the teams between which the token leaves the choice. */
export function possibleCallers(principal: Principal): readonly Principal[] {
  if (!isTokenPrincipal(principal) || principal.choice === undefined) return [principal]
  const { facts, choice, standing } = principal
  const isClaimed = facts.organizationId !== undefined || facts.organizationAlias !== undefined
  const open = { ...principal, standing: { ...standing, organization: isClaimed ? standing.organization : undefined } }
  return choice.teams.length === 0 ? [principal] : choice.teams.map((ground) => actingFor(open, ground))
}
