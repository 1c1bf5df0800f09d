import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import {
  teamDeleteBody,
  teamFilterQuery,
  teamListQuery,
  teamModelsBody,
  teamNamed,
  teamNewBody,
  teamPageQuery,
  teamPermissionsBody,
  teamUpdateBody,
} from '../../contract/teams.ts'
import type { Decision } from '../../domain/decision.ts'
import { reachesTeam } from '../../domain/scope.ts'
import { DEFAULT_MEMBER_PERMISSIONS } from '../../domain/team.ts'
import type { Team } from '../../domain/team.ts'
import { createTeam } from '../../manage/teams/create-team.ts'
import { deleteTeams } from '../../manage/teams/delete-teams.ts'
import { decideDirectoryFields } from '../../manage/directory-fields.ts'
import { findTeams } from '../../manage/teams/find-teams.ts'
import { MEMBER_PERMISSIONS } from '../../manage/teams/member-permissions.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { listAvailableTeams, listTeams, readOwnTeam, readTeam, readTeamPage } from '../../manage/teams/read-teams.ts'
import {
  addTeamModels,
  removeTeamModels,
  setTeamBlocked,
  updateTeam,
  updateTeamPermissions,
} from '../../manage/teams/update-team.ts'
import { viewTeam } from '../../manage/teams/view-teams.ts'
import { granted } from '../route.ts'
import { LongList } from '../wire/long-list.ts'
import type { EdgePorts, PlainAsk } from '../route.ts'
import { askOf, readJson, schemaRoute, shaped, shapedQuery } from './read-ask.ts'
import { renderListedTeam, renderTeam, renderTeamInfo } from './render-team.ts'

/** The management API of teams, all but their members. */
export function teamRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  const now = () => ports.clock.now()

  write('/team/new', 'Make a team', teamNewBody, async (ask) => {
    const body = granted(decideDirectoryFields(await readJson(ask), 'team', 'create'))
    return answer(await createTeam(shaped(teamNewBody, body), askOf(ask), ports))
  })

  write('/team/update', 'Change a team', teamUpdateBody, async (ask) => {
    const body = granted(decideDirectoryFields(await readJson(ask), 'team', 'update'))
    const { teamId, wish } = shaped(teamUpdateBody, body)
    const data = await answer(await updateTeam(teamId, wish, askOf(ask), ports))
    return { team_id: teamId, data }
  })

  write('/team/delete', 'Delete teams', teamDeleteBody, async (ask) => {
    const { teamIds } = shaped(teamDeleteBody, await readJson(ask))
    return { deleted_teams: granted(await deleteTeams(teamIds, askOf(ask), ports)) }
  })

  write('/team/block', 'Block a team', teamNamed, (ask) => switchTeam(ask, true))
  write('/team/unblock', 'Unblock a team', teamNamed, (ask) => switchTeam(ask, false))

  write('/team/model/add', 'Give models to a team', teamModelsBody, async (ask) => {
    const { teamId, models } = shaped(teamModelsBody, await readJson(ask))
    return answer(await addTeamModels(teamId, models, askOf(ask), ports))
  })

  write('/team/model/delete', 'Take models from a team', teamModelsBody, async (ask) => {
    const { teamId, models } = shaped(teamModelsBody, await readJson(ask))
    return answer(await removeTeamModels(teamId, models, askOf(ask), ports))
  })

  write('/team/permissions_update', 'Say what members may do', teamPermissionsBody, async (ask) => {
    const { teamId, permissions } = shaped(teamPermissionsBody, await readJson(ask))
    return answer(await updateTeamPermissions(teamId, permissions, askOf(ask), ports))
  })

  read('/team/permissions_list', 'What members may do', teamNamed, async (ask) => {
    const { teamId } = shapedQuery(teamNamed, ask.request)
    const { id, memberPermissions } = granted(await readOwnTeam(teamId, askOf(ask), ports))
    return {
      team_id: id,
      team_member_permissions: memberPermissions.length === 0 ? DEFAULT_MEMBER_PERMISSIONS : memberPermissions,
      all_available_permissions: MEMBER_PERMISSIONS,
    }
  })

  read('/team/info', 'Look at a team', teamNamed, async (ask) => {
    const { teamId } = shapedQuery(teamNamed, ask.request)
    const asked = askOf(ask)
    const view = granted(await readTeam(teamId, asked, ports))
    return renderTeamInfo(view, reachesTeam(asked.reach, view.team), now())
  })

  read('/team/list', 'List teams', teamListQuery, async (ask) => {
    const query = shapedQuery(teamListQuery, ask.request)
    const asked = askOf(ask)
    return LongList.begin(granted(await listTeams(query, asked, ports)), (view) =>
      renderListedTeam(view, reachesTeam(asked.reach, view.team), now()),
    )
  })

  read('/v2/team/list', 'List teams by pages', teamPageQuery, async (ask) => {
    const query = shapedQuery(teamPageQuery, ask.request)
    const { rows, total } = granted(await readTeamPage(query, askOf(ask), ports))
    return {
      teams: rows.map((view) => ({ ...renderTeam(view, now()), members_count: view.members.length })),
      total,
      page: query.page,
      page_size: query.size,
      total_pages: Math.ceil(total / query.size),
    }
  })

  read('/team/filter/ui', 'Find teams', teamFilterQuery, async (ask) => {
    const found = await findTeams(shapedQuery(teamFilterQuery, ask.request), askOf(ask), ports)
    return found.map(({ id, alias, organizationId }) => ({
      team_id: id,
      team_alias: alias ?? null,
      organization_id: organizationId ?? null,
    }))
  })

  read('/team/available', 'Teams that anybody may join', undefined, async (ask) => {
    const teams = await listAvailableTeams(askOf(ask), ports)
    return teams.map(({ id, alias, models }) => ({ team_id: id, team_alias: alias ?? null, models }))
  })

  async function switchTeam(ask: PlainAsk, blocked: boolean): Promise<object> {
    const { teamId } = shaped(teamNamed, await readJson(ask))
    return answer(await setTeamBlocked(teamId, blocked, askOf(ask), ports))
  }

  async function answer(team: Decision<Team>): Promise<object> {
    return renderTeam(await viewTeam(granted(team), ports), now())
  }

  function write(path: string, summary: string, body: z.ZodType, answerTo: (ask: PlainAsk) => Promise<object>): void {
    schemaRoute(app, edge, { method: 'POST', paths: [path], summary, body, answer: answerTo })
  }

  function read(
    path: string,
    summary: string,
    query: z.ZodType | undefined,
    answerTo: (ask: PlainAsk) => Promise<object>,
  ): void {
    const described = { method: 'GET', paths: [path], summary, answer: answerTo } as const
    schemaRoute(app, edge, query === undefined ? described : { ...described, query })
  }
}
