import { parseTeamId } from '../../domain/ids.ts'
import type { Team } from '../../domain/team.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { teamScopeOf } from './read-teams.ts'

export interface TeamSearch {
  readonly teamId: string | undefined
  /** A part of it. */
  readonly alias: string | undefined
  readonly page: number
  readonly size: number
}

/** Teams to choose from, among those that the caller sees anyway. */
export async function findTeams(
  { teamId, alias, page, size }: TeamSearch,
  ask: Ask,
  { registry }: Pick<ManagePorts, 'registry'>,
): Promise<readonly Team[]> {
  const id = teamId === undefined ? undefined : parseTeamId(teamId)
  if (teamId !== undefined && id === undefined) return []
  const { rows } = await registry.rooms.teams.list({
    scope: teamScopeOf(ask),
    ...(id === undefined ? {} : { teamId: id }),
    ...(alias === undefined ? {} : { aliasPart: alias }),
    sort: 'created_at',
    order: 'desc',
    page,
    size,
  })
  return rows
}
