import { parseTeamId } from '../../../domain/ids.ts'
import type { TeamId } from '../../../domain/ids.ts'
import type { UserFacts } from '../../../domain/user.ts'
import { claimedTeams } from '../../4-authorise/find-token-team.ts'
import { TEAM_HEADER } from '../../tokens/identify-token.ts'
import { callOf, together } from '../change-call.ts'
import { changeClaim, forOperators } from '../change-claims.ts'
import { addMember, makeTeam, makeTeamOfAlias } from '../change-groups.ts'
import { changeHeader } from '../change-request.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'
import { freeId } from './free-id.ts'
import { userOfToken } from './user-of-token.ts'

/** The header names a team that the caller can't choose. */
export async function forTeamHeader(situation: Situation): Promise<readonly Change[]> {
  const { facts, scene, token, policy, directory, now } = situation
  const header = scene.call.headers.get(TEAM_HEADER)
  if (facts === undefined || header === undefined) return []
  const user = await userOfToken(situation)
  const [own] = [...claimedTeams(facts), ...(user?.teams.map(({ teamId }) => teamId) ?? [])].filter(
    (id) => id !== header,
  )
  const changes = own === undefined ? [] : [changeHeader(TEAM_HEADER, own)]
  changes.push(changeHeader(TEAM_HEADER, undefined))
  const field = facts.fields.teamIds
  if (field !== undefined)
    changes.push(forOperators(changeClaim(field.path, [...(facts.teamIds ?? []), header], token)))
  const id = parseTeamId(header)
  if (policy?.fallsBackToStoredTeams === true && user !== undefined && id !== undefined) {
    const team = await directory.findTeam(id)
    const joins = addMember(id, user.user.id, team)
    changes.push(forOperators(team === undefined ? together(joins.say, makeTeam(id, now), joins) : joins))
  }
  return changes
}

export async function forUnknownTeam({ facts, policy, scene, directory, now }: Situation): Promise<readonly Change[]> {
  if (facts === undefined) return []
  const header = scene.call.headers.get(TEAM_HEADER)
  const ids = [...(header === undefined ? [] : [header]), ...claimedTeams(facts), policy?.defaultTeam]
  const find = (id: TeamId) => directory.findTeam(id)
  const changes: Change[] = []
  for (const id of ids.flatMap((text) => named(text))) {
    if ((await find(id)) === undefined) changes.push(makeTeam(id, now))
  }
  const { teamAlias } = facts
  const id = teamAlias === undefined ? undefined : await freeId(teamAlias, parseTeamId, find)
  return teamAlias === undefined || id === undefined ? changes : [...changes, makeTeamOfAlias(id, teamAlias, now)]
}

/** All but one of them get another name. */
export async function forAmbiguousTeam({ facts, directory }: Situation): Promise<readonly Change[]> {
  const alias = facts?.teamAlias
  if (alias === undefined) return []
  const [first, second] = await directory.findTeamsByAlias(alias)
  if (first === undefined || second === undefined) return []
  const renamed = `${alias} (${second})`
  const say = `Give the team ${second} another alias.`
  return [
    forOperators(
      callOf(
        say,
        '/team/update',
        { team_id: second, team_alias: renamed },
        {
          teams: new Map([[second, (team) => team && { ...team, alias: renamed }]]),
          teamAliases: new Map([[alias, () => [first]]]),
        },
      ),
    ),
  ]
}

/** The token says no team, and one is wanted. */
export async function forMissingTeam(situation: Situation): Promise<readonly Change[]> {
  const { facts, principal, token, directory } = situation
  if (facts === undefined) return []
  const standing = principal === undefined || principal.kind === 'master' ? undefined : principal.standing
  const user = (await userOfToken(situation)) ?? standing?.user
  const id = user?.teams[0]?.teamId ?? parseTeamId(`team-of-${user?.user.id ?? facts.subject ?? 'this-token'}`)
  if (id === undefined) return []
  const { teamId, teamIds, teamAlias } = facts.fields
  const changes: Change[] = []
  if (teamId !== undefined) changes.push(changeClaim(teamId.path, id, token))
  if (teamIds !== undefined) changes.push(changeClaim(teamIds.path, [id], token))
  const alias = (await directory.findTeam(id))?.alias ?? id
  if (teamId === undefined && teamAlias !== undefined) changes.push(changeClaim(teamAlias.path, alias, token))
  return [...(await joining(id, user, situation)), ...changes]
}

async function joining(
  id: TeamId,
  user: UserFacts | undefined,
  { directory, now }: Situation,
): Promise<readonly Change[]> {
  if (user === undefined || user.teams.length > 0) return []
  const team = await directory.findTeam(id)
  const joins = addMember(id, user.user.id, team)
  if (team !== undefined) return [joins]
  return [together(`Make a team ${id}, and ${user.user.id} a member of it.`, makeTeam(id, now), joins)]
}

function named(text: string | undefined): readonly TeamId[] {
  const id = text === undefined ? undefined : parseTeamId(text)
  return id === undefined ? [] : [id]
}
