import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import {
  bulkUpdateBody,
  deleteUsersBody,
  newUserBody,
  updateUserBody,
  userFilterQuery,
  userListQuery,
  userQuery,
} from '../../contract/users.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { isList, isObject } from '../../domain/json.ts'
import { NO_MONEY } from '../../domain/money.ts'
import { PROBLEMS } from '../../domain/problem.ts'
import type { User } from '../../domain/user.ts'
import { createUser } from '../../manage/users/create-user.ts'
import { deleteUsers } from '../../manage/users/delete-users.ts'
import { readUserPage } from '../../manage/users/list-users.ts'
import type { ManagePorts } from '../../manage/ports.ts'
import { readUser, readUserInfo } from '../../manage/users/read-user.ts'
import type { UserView } from '../../manage/users/user-view.ts'
import { scopeOf } from '../../manage/scope-of.ts'
import { decideDirectoryFields } from '../../manage/directory-fields.ts'
import { updateUser } from '../../manage/users/update-user.ts'
import { updateUsers } from '../../manage/users/update-users.ts'
import { granted } from '../route.ts'
import type { EdgePorts, PlainAsk } from '../route.ts'
import { askOf, readJson, schemaRoute, shaped, shapedQuery } from './read-ask.ts'
import { renderListedUser, renderNewUser, renderUser, renderUserInfo, renderUserRow } from './render-user.ts'

const ROLES = {
  proxy_admin: { description: 'Administers everything.', ui_label: 'Admin (All Permissions)' },
  proxy_admin_viewer: { description: 'Looks at everything and changes nothing.', ui_label: 'Admin (View Only)' },
  internal_user: {
    description: 'Calls models, keeps own keys and sees own spend.',
    ui_label: 'Internal User (Create/Delete/View)',
  },
  internal_user_viewer: { description: 'Sees own keys and own spend.', ui_label: 'Internal User (View Only)' },
} as const

/** The management API of internal users. */
export function userRoutes(app: FastifyInstance, edge: EdgePorts, ports: ManagePorts): void {
  const now = () => ports.clock.now()

  write('/user/new', 'Make a user', newUserBody, async (ask) => {
    const order = shaped(newUserBody, fieldsOf(await readJson(ask), 'create'))
    return renderNewUser(granted(await createUser(order, askOf(ask), ports)), now())
  })

  write('/user/update', 'Change a user', updateUserBody, async (ask) => {
    const order = shaped(updateUserBody, fieldsOf(await readJson(ask), 'update'))
    const user = granted(await updateUser(order, askOf(ask), ports))
    const [view] = await viewsOf([user])
    return { user_id: user.id, data: view === undefined ? null : renderUser(view, now()) }
  })

  write('/user/bulk_update', 'Change users', bulkUpdateBody, async (ask) => {
    const { users: named, user_updates: forAll, ...body } = await readJson(ask)
    const lifted = (each: JsonValue): JsonValue => (isObject(each) ? fieldsOf(each, 'update') : each)
    const { users, wish } = shaped(bulkUpdateBody, {
      ...body,
      ...(named === undefined ? {} : { users: isList(named) ? named.map(lifted) : named }),
      ...(forAll === undefined ? {} : { user_updates: lifted(forAll) }),
    })
    const order = wish === undefined ? ({ of: 'named', users } as const) : ({ of: 'all', wish } as const)
    const outcomes = granted(await updateUsers(order, askOf(ask), ports))
    const views = await viewsOf(outcomes.flatMap(({ result }) => (result.verdict === 'allow' ? result.granted : [])))
    const byId = new Map(views.map((view) => [view.user.id, view]))
    const results = outcomes.map(({ name, email, result }) => {
      const view = result.verdict === 'allow' ? byId.get(result.granted.id) : undefined
      return {
        user_id: view?.user.id ?? name ?? null,
        user_email: view?.user.email ?? email ?? null,
        success: result.verdict === 'allow',
        error: result.verdict === 'allow' ? null : (result.say ?? PROBLEMS[result.problem].say),
        updated_user: view === undefined ? null : renderUser(view, now()),
      }
    })
    const successful = results.filter(({ success }) => success).length
    return {
      results,
      total_requested: results.length,
      successful_updates: successful,
      failed_updates: results.length - successful,
    }
  })

  write('/user/delete', 'Delete users', deleteUsersBody, async (ask) => {
    const { user_ids } = shaped(deleteUsersBody, await readJson(ask))
    return granted(await deleteUsers(user_ids, askOf(ask), ports))
  })

  read(['/user/info'], 'Look at a user, with keys and teams', userQuery, async (ask) => {
    const { user_id } = shapedQuery(userQuery, ask.request)
    return renderUserInfo(granted(await readUserInfo(user_id, askOf(ask), ports)), now())
  })

  read(['/v2/user/info'], 'Look at a user', userQuery, async (ask) => {
    const { user_id } = shapedQuery(userQuery, ask.request)
    return renderUserRow(granted(await readUser(user_id, askOf(ask), ports)), now())
  })

  read(['/user/list', '/user/get_users'], 'List users', userListQuery, async (ask) => {
    const query = shapedQuery(userListQuery, ask.request)
    const { rows, total } = granted(await readUserPage(query, askOf(ask), ports))
    return {
      users: rows.map((row) => renderListedUser(row, now())),
      total,
      page: query.page,
      page_size: query.size,
      total_pages: Math.ceil(total / query.size),
    }
  })

  read(['/user/filter/ui'], 'Find users', userFilterQuery, async (ask) => {
    const { idPart, emailPart, page, size } = shapedQuery(userFilterQuery, ask.request)
    const { rows } = await ports.registry.rooms.users.list({
      scope: scopeOf(askOf(ask).reach),
      ...(idPart === undefined ? {} : { idPart }),
      ...(emailPart === undefined ? {} : { emailPart }),
      sort: 'created_at',
      order: 'desc',
      page,
      size,
    })
    return rows.map(({ id, email, alias }) => ({ user_id: id, user_email: email ?? null, user_alias: alias ?? null }))
  })

  read(['/user/available_users'], 'Count users and teams', undefined, async (ask) => {
    const page = { scope: scopeOf(askOf(ask).reach), page: 1, size: 1, order: 'asc' } as const
    const { users, teams } = ports.registry.rooms
    return {
      total_users: null,
      total_users_used: (await users.list({ ...page, sort: 'user_id' })).total,
      total_users_remaining: null,
      total_teams: null,
      total_teams_used: (await teams.list({ ...page, sort: 'team_id' })).total,
      total_teams_remaining: null,
    }
  })

  read(['/user/available_roles'], 'List roles', undefined, async () => ROLES)

  async function viewsOf(users: readonly User[]): Promise<readonly UserView[]> {
    const ids = users.map(({ id }) => id)
    const spend = await ports.ledger.spendOf('user', ids)
    const teams = await ports.registry.rooms.users.teamsOf(ids)
    const subjects = await ports.registry.rooms.identities.latestSubjects(ids)
    return users.map((user) => ({
      user,
      spend: spend.get(user.id) ?? NO_MONEY,
      teams: teams.get(user.id) ?? [],
      subject: subjects.get(user.id),
    }))
  }

  function write(path: string, summary: string, body: z.ZodType, answer: (ask: PlainAsk) => Promise<unknown>): void {
    schemaRoute(app, edge, { method: 'POST', paths: [path], summary, body, answer })
  }

  function read(
    paths: readonly string[],
    summary: string,
    query: z.ZodType | undefined,
    answer: (ask: PlainAsk) => Promise<unknown>,
  ): void {
    schemaRoute(app, edge, { method: 'GET', paths, summary, ...(query === undefined ? {} : { query }), answer })
  }
}

function fieldsOf(body: JsonObject, verb: 'create' | 'update'): JsonObject {
  return granted(decideDirectoryFields(body, 'user', verb))
}
