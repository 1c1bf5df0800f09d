import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { parseTeamId } from '../../domain/ids.ts'
import type { TokenFacts } from '../../domain/token-facts.ts'
import type { TeamGround, TokenGround } from '../../domain/token-ground.ts'
import type { ClaimField, TokenPolicy } from '../../domain/token-settings.ts'
import { emptyTeam } from './empty-team.ts'
import {
  ambiguousAlias,
  headerOutsideToken,
  noSuchAlias,
  noSuchObjectTeam,
  noSuchTeam,
  noTeamInToken,
  noTeamsInToken,
} from './token-denials.ts'

/** What the token leads to, before anybody is known. */
export type TeamFinding =
  | {
      readonly is: 'team'
      readonly ground: TeamGround
      readonly by: 'claim' | 'default' | 'header'
      readonly isNew: boolean
    }
  /** The model decides. Those that are there, in the order of the token. */
  | { readonly is: 'candidates'; readonly teams: readonly TeamGround[] }
  /** The token says nothing about teams, and the operator wants those that are stored. */
  | { readonly is: 'stored' }
  | { readonly is: 'none' }

/** J-11 to J-18. A team comes from what the token says; the header chooses among that and adds nothing. */
export function findTokenTeam(
  facts: TokenFacts,
  ground: TokenGround,
  { policy, teamHeader }: { readonly policy: TokenPolicy; readonly teamHeader: string | undefined },
): Decision<TeamFinding> {
  if (fallsBack(facts, policy)) return allow({ is: 'stored' })
  if (teamHeader !== undefined) return findByHeader(teamHeader, facts, ground, policy)

  const specific = findSpecific(facts, ground, policy)
  if (specific.verdict === 'deny') return specific
  if (specific.granted !== undefined) return allow(specific.granted)

  const candidates = candidatesOf(facts, policy)
  if (candidates.length > 0)
    return allow({ is: 'candidates', teams: candidates.flatMap((id) => ground.teams.get(id) ?? []) })
  return policy.needsTeam ? noTeamsInToken() : allow({ is: 'none' })
}

/** A bare text where a list belongs is something about teams, though nothing that can be used. */
function fallsBack({ teamId, teamIds, teamAlias, hasTeamText }: TokenFacts, policy: TokenPolicy): boolean {
  const isSilent = teamId === undefined && (teamIds ?? []).length === 0 && teamAlias === undefined && !hasTeamText
  return policy.fallsBackToStoredTeams && isSilent
}

/** Plural first, then singular; each once. */
export function claimedTeams({ teamId, teamIds }: TokenFacts): readonly string[] {
  return [...new Set([...(teamIds ?? []), ...(teamId === undefined ? [] : [teamId])])]
}

function candidatesOf(facts: TokenFacts, { defaultTeam }: TokenPolicy): readonly string[] {
  const claimed = claimedTeams(facts)
  if (defaultTeam === undefined || facts.teamId !== undefined || claimed.includes(defaultTeam)) return claimed
  return [...claimed, defaultTeam]
}

function findByHeader(
  header: string,
  facts: TokenFacts,
  ground: TokenGround,
  policy: TokenPolicy,
): Decision<TeamFinding> {
  const ofAlias = aliasTeam(facts, ground)
  const candidates = [...candidatesOf(facts, policy), ...(ofAlias === undefined ? [] : [ofAlias])]
  const named = ground.teamsByAlias.get(header) ?? []
  const id = candidates.includes(header) ? header : named.length === 1 ? named[0] : undefined
  if (id === undefined || !candidates.includes(id)) return headerOutsideToken(header, claimedTeams(facts))
  return findById(id, 'header', facts, ground, policy) ?? noSuchTeam(id)
}

/** A team that is not there is made where the operator says so, and never for an object id. */
function findById(
  id: string,
  by: 'claim' | 'default' | 'header',
  facts: TokenFacts,
  ground: TokenGround,
  policy: TokenPolicy,
): Decision<TeamFinding> | undefined {
  const team = ground.teams.get(id)
  if (team !== undefined) return allow({ is: 'team', ground: team, by, isNew: false })
  if (facts.isObjectTeam && id === facts.teamId) return noSuchObjectTeam(id)
  const teamId = policy.createsTeams ? parseTeamId(id) : undefined
  return teamId === undefined ? undefined : allow({ is: 'team', ground: emptyTeam(teamId), by, isNew: true })
}

/** The one team that an id, an alias or the operator's default names. An id goes before an alias, an alias before the default. */
function findSpecific(facts: TokenFacts, ground: TokenGround, policy: TokenPolicy): Decision<TeamFinding | undefined> {
  const { fields, teamId, teamAlias } = facts
  if (teamId === undefined && teamAlias !== undefined) return findByAlias(teamAlias, ground)
  const id = teamId ?? policy.defaultTeam
  if (id === undefined) {
    return isMandatory(fields.teamId) || isMandatory(fields.teamAlias) ? noTeamInToken(fields) : allow(undefined)
  }
  const found = findById(id, teamId === undefined ? 'default' : 'claim', facts, ground, policy)
  return found ?? (policy.claimedTeamsAreAdvice ? allow(undefined) : noSuchTeam(id))
}

function isMandatory(field: ClaimField | undefined): boolean {
  return field !== undefined && field.isOptional !== true
}

function findByAlias(alias: string, ground: TokenGround): Decision<TeamFinding> {
  const ids = ground.teamsByAlias.get(alias) ?? []
  if (ids.length > 1) return ambiguousAlias(alias)
  const team = ids[0] === undefined ? undefined : ground.teams.get(ids[0])
  return team === undefined ? noSuchAlias(alias) : allow({ is: 'team', ground: team, by: 'claim', isNew: false })
}

/** The id that the token's alias stands for, where it counts and stands for one. */
export function aliasTeam({ teamId, teamAlias }: TokenFacts, ground: TokenGround): string | undefined {
  if (teamId !== undefined || teamAlias === undefined) return undefined
  const ids = ground.teamsByAlias.get(teamAlias) ?? []
  return ids.length === 1 ? ids[0] : undefined
}
