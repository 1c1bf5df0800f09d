import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHAT_COST, hashOf, openDesk, query, unique, uniqueEmail } from './support/desk.ts'
import type { Desk } from './support/desk.ts'
import {
  expectAdminOnly,
  expectError,
  expectFailure,
  expectRaw,
  expectRule,
  TIME,
  UUID,
} from './support/expectations.ts'
import { NEW_KEY, USER_ROW, member, ledBy } from './support/shapes.ts'
import { expectReset } from './support/times.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
})

afterAll(() => desk.close())

function info(id: string, key?: string): ReturnType<Desk['get']> {
  return desk.get(`/user/info?user_id=${encodeURIComponent(id)}`, key)
}

describe('POST /user/new', () => {
  test('the answer has the fields of a new key, and those of the user', async () => {
    const email = uniqueEmail('ana')
    const wish = {
      user_id: email,
      user_email: email,
      user_role: 'internal_user',
      max_budget: 50,
      budget_duration: '30d',
      models: ['gpt-4o'],
    }
    const made = await desk.done('/user/new', wish)
    const { model_max_budget: _, ...created } = NEW_KEY
    expect(made).toMatchObject({ ...created, ...wish, user_alias: null, teams: [], spend: 0, model_max_budget: null })
    expect(made.key).toMatch(/^sk-/)
    expect(await desk.read('/key/info', made.key)).toMatchObject({ key: hashOf(made.key), info: { user_id: email } })
  })

  test('without a wish: a generated id, a key, an internal role', async () => {
    const made = await desk.done('/user/new')
    expect(made).toMatchObject({ user_id: UUID, user_email: null, spend: 0, max_budget: null, models: [] })
    expect(made.key).toMatch(/^sk-/)
    // The other role that releases give could not call a model here, and a fresh user's key has to (16.2).
    expect(made.user_role).toBe('internal_user')
  })

  test('`auto_create_key: false` makes none', async () => {
    expect(await desk.done('/user/new', { auto_create_key: false })).toMatchObject({ key: '' })
  })

  test('what is said about the key is said of the key: aliases, and what is only kept', async () => {
    const said = {
      aliases: { fast: 'gpt-4o-mini' },
      permissions: { some: true },
      config: { a: 1 },
      allowed_cache_controls: ['no-cache'],
    }
    const made = await desk.done('/user/new', said)
    expect(made).toMatchObject(said)
    expect(await desk.read('/key/info', made.key)).toMatchObject({ info: said })
    expect((await desk.chat('fast', made.key)).headers.get('x-litellm-model-id')).toBe('gpt-4o-mini-deployment')
  })

  test('`team_id` puts both of them in the team, and the answer says so', async () => {
    const team_id = await desk.newTeam()
    const made = await desk.done('/user/new', { team_id })
    expect(made).toMatchObject({ team_id, teams: [team_id] })
    expect(await desk.read('/key/info', made.key)).toMatchObject({ info: { team_id, user_id: made.user_id } })
  })

  test('`duration` and `key_alias` are its key’s', async () => {
    const key_alias = unique('first')
    const { key } = await desk.done('/user/new', { duration: '1h', key_alias })
    expect((await desk.read('/key/info', key)).info).toMatchObject({ key_alias, expires: TIME })
  })

  test('teams are joined, with a budget where one is given', async () => {
    const [plain, bounded] = [await desk.newTeam(), await desk.newTeam()]
    const one = await desk.newUser({ teams: [plain], auto_create_key: false })
    const two = await desk.newUser({
      teams: [{ team_id: bounded, max_budget_in_team: 5, user_role: 'user' }],
      auto_create_key: false,
    })
    expect((await info(one.id)).json.user_info.teams).toEqual([plain])
    expect((await info(two.id)).json.teams).toMatchObject([
      {
        team_id: bounded,
        team_memberships: expect.arrayContaining([
          expect.objectContaining({
            user_id: two.id,
            litellm_budget_table: expect.objectContaining({ max_budget: 5 }),
          }),
        ]),
      },
    ])
  })

  test('organisations are joined', async () => {
    const { organization_id } = await desk.done('/organization/new', { organization_alias: unique('org') })
    const { id } = await desk.newUser({ organizations: [organization_id], auto_create_key: false })
    const { members } = await desk.read(query('/organization/info', { organization_id }))
    expect(members).toMatchObject([{ user_id: id }])
  })

  test('an id and an address are one user’s', async () => {
    const email = uniqueEmail('twin')
    const { id } = await desk.newUser({ user_email: email, auto_create_key: false })
    expectFailure(await desk.post('/user/new', { user_id: id }), [400, 409])
    expectFailure(await desk.post('/user/new', { user_email: email }), [400, 409])
  })

  test('roles are the known ones', async () => {
    for (const user_role of ['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer']) {
      expect(await desk.done('/user/new', { user_role, auto_create_key: false })).toMatchObject({ user_role })
    }
    expectFailure(await desk.post('/user/new', { user_role: 'emperor' }), [400, 422])
  })

  test('a password is long enough, and is never shown', async () => {
    expectFailure(await desk.post('/user/new', { password: 'short' }), [400, 422])
    const password = `${unique('correct-horse')}-battery`
    const made = await desk.post('/user/new', { password, auto_create_key: false })
    const read = await info(made.json.user_id)
    for (const { status, text } of [made, read]) {
      expect(status).toBe(200)
      expect(text).not.toContain(password)
      expect(text).not.toMatch(/"password":"/)
    }
  })

  test('is the administrators’', async () => {
    const user = await desk.newUser()
    expectAdminOnly(await desk.post('/user/new', {}, user.key), [401, 403])
  })
})

describe('GET /user/info', () => {
  test('the user, its keys and its teams', async () => {
    const { id } = await desk.newUser({
      max_budget: 50,
      budget_duration: '30d',
      models: ['gpt-4o'],
      auto_create_key: false,
    })
    const team_alias = unique('search')
    const team = await desk.newTeam({ team_alias, members_with_roles: [{ user_id: id, role: 'user' }] })
    const { token_id } = await desk.done('/key/generate', { user_id: id, team_id: team })
    const { json } = await info(id)
    expect(json).toMatchObject({
      user_id: id,
      user_info: {
        ...USER_ROW,
        user_id: id,
        teams: [team],
        user_role: 'internal_user',
        max_budget: 50,
        models: ['gpt-4o'],
        budget_duration: '30d',
        budget_reset_at: TIME,
      },
      keys: [{ token: token_id, team_id: team, team_alias }],
      teams: [{ team_id: team, team_alias, members_with_roles: expect.arrayContaining([member(id, 'user')]) }],
    })
    expectReset('30d', json.user_info.budget_reset_at)
    expect(json.teams[0].team_memberships).toContainEqual(
      expect.objectContaining({ user_id: id, team_id: team, spend: 0 }),
    )
    expect(json.teams[0].keys).toEqual(expect.any(Array))
    expect(json.user_info).not.toHaveProperty('password')
  })

  test('ids with `+` and `@` are found, escaped or not', async () => {
    const { id } = await desk.newUser({ user_id: uniqueEmail('plus'), auto_create_key: false })
    for (const form of [id, encodeURIComponent(id), id.replace('@', '%40')]) {
      expect((await desk.read(`/user/info?user_id=${form}`)).user_id).toBe(id)
    }
  })

  test('the administrator without an id sees all keys and teams', async () => {
    const team = await desk.newTeam()
    const { token_id } = await desk.done('/key/generate')
    const all = await desk.read('/user/info')
    expect(all.keys).toContainEqual(expect.objectContaining({ token: token_id }))
    expect(all.teams).toContainEqual(expect.objectContaining({ team_id: team }))
  })

  test('a user sees itself, and nobody else; an administrator anybody', async () => {
    const one = await desk.newUser()
    const two = await desk.newUser()
    expect((await info(one.id, one.key)).json).toMatchObject({ user_id: one.id, keys: [{ token: hashOf(one.key) }] })
    expect((await desk.read('/user/info', one.key)).user_id).toBe(one.id)
    expectFailure(await info(two.id, one.key), 403)
  })

  test('nobody by that name is 404', async () => {
    const id = unique('nobody')
    expectFailure(await info(id), 404, new RegExp(`User ${id} not found`))
  })

  test('the account of everything spent can be read', async () => {
    const key = await desk.newKey()
    const { json } = await desk.get('/user/info?user_id=litellm-proxy-budget')
    const before = json?.user_info?.spend ?? 0
    expect((await desk.chat('gpt-4o', key)).status).toBe(200)
    await expect
      .poll(async () => (await desk.get('/user/info?user_id=litellm-proxy-budget')).json?.user_info?.spend, {
        timeout: 15_000,
      })
      .toBeGreaterThanOrEqual(before + CHAT_COST * 0.999)
  })
})

describe('GET /v2/user/info', () => {
  test('the user alone', async () => {
    const { id } = await desk.newUser({ max_budget: 5, auto_create_key: false })
    const user = await desk.read(query('/v2/user/info', { user_id: id }))
    expect(user).toMatchObject({ user_id: id, max_budget: 5, user_role: 'internal_user' })
    expect(user).not.toHaveProperty('keys')
  })

  test('a team’s administrator sees its members; foreign and absent look the same', async () => {
    const admin = await desk.newUser()
    const colleague = await desk.newUser({ auto_create_key: false })
    const stranger = await desk.newUser({ auto_create_key: false })
    await desk.newTeam({
      members_with_roles: ledBy(admin, colleague),
    })
    for (const id of [admin.id, colleague.id]) {
      expect((await desk.read(query('/v2/user/info', { user_id: id }), admin.key)).user_id).toBe(id)
    }
    for (const id of [stranger.id, unique('nobody')]) {
      expectFailure(await desk.get(query('/v2/user/info', { user_id: id }), admin.key), 404)
    }
  })
})

describe('POST /user/update', () => {
  test('only what is named changes', async () => {
    const { id } = await desk.newUser({ max_budget: 50, models: ['gpt-4o'], auto_create_key: false })
    const changed = await desk.done('/user/update', { user_id: id, max_budget: 80, user_alias: 'Ana' })
    const now = { user_id: id, max_budget: 80, user_alias: 'Ana', models: ['gpt-4o'], user_role: 'internal_user' }
    expect(changed).toMatchObject({ user_id: id, data: now })
    expect((await info(id)).json.user_info).toMatchObject(now)
  })

  test('a user is found by its address', async () => {
    const user_email = uniqueEmail('found')
    const { id } = await desk.newUser({ user_email, auto_create_key: false })
    expect(await desk.done('/user/update', { user_email, max_budget: 8 })).toMatchObject({ user_id: id })
    expect((await info(id)).json.user_info.max_budget).toBe(8)
  })

  test('`max_budget: null` takes the cap away, other nulls change nothing', async () => {
    const { id } = await desk.newUser({ max_budget: 50, user_alias: 'Ana', models: ['gpt-4o'], auto_create_key: false })
    await desk.done('/user/update', { user_id: id, max_budget: null, user_alias: null, models: null })
    expect((await info(id)).json.user_info).toMatchObject({ max_budget: null, user_alias: 'Ana', models: ['gpt-4o'] })
  })

  test('another `budget_duration` is another reset', async () => {
    const { id } = await desk.newUser({ max_budget: 5, budget_duration: '1d', auto_create_key: false })
    await desk.done('/user/update', { user_id: id, budget_duration: '7d' })
    expectReset('7d', (await info(id)).json.user_info.budget_reset_at)
  })

  test('somebody has to be named', async () => {
    expectRule(await desk.post('/user/update', { max_budget: 1 }), 'Either user id or user email must be provided')
  })

  test('nobody makes itself an administrator, or richer', async () => {
    const user = await desk.newUser({ max_budget: 1 })
    expectFailure(await desk.post('/user/update', { user_id: user.id, user_role: 'proxy_admin' }, user.key), [401, 403])
    expectFailure(await desk.post('/user/update', { user_id: user.id, max_budget: 100 }, user.key), [401, 403])
    expect((await info(user.id)).json.user_info).toMatchObject({ user_role: 'internal_user', max_budget: 1 })
  })

  test('a negative budget is refused', async () => {
    const { id } = await desk.newUser({ auto_create_key: false })
    expectError(await desk.post('/user/update', { user_id: id, max_budget: -2 }), 400, {
      message: 'max_budget cannot be negative. Received: -2',
    })
  })
})

describe('POST /user/bulk_update', () => {
  test('each user has its own outcome', async () => {
    const one = await desk.newUser({ auto_create_key: false })
    const two = await desk.newUser({ auto_create_key: false })
    const answer = await desk.done('/user/bulk_update', {
      users: [
        { user_id: one.id, max_budget: 7 },
        { user_id: two.id, user_role: 'emperor' },
      ],
    })
    expect(answer).toMatchObject({ total_requested: 2, successful_updates: 1, failed_updates: 1 })
    expect(answer.results).toEqual([
      expect.objectContaining({ user_id: one.id, success: true, error: null }),
      expect.objectContaining({ user_id: two.id, success: false, error: expect.any(String) }),
    ])
    expect(answer.results[0].updated_user).toMatchObject({ max_budget: 7 })
  })

  test('500 at most, by an administrator', async () => {
    const users = Array.from({ length: 501 }, (_, i) => ({ user_id: `u${i}`, max_budget: 1 }))
    expectFailure(await desk.post('/user/bulk_update', { users }), [400, 422])
    const { id, key } = await desk.newUser()
    expectFailure(await desk.post('/user/bulk_update', { users: [{ user_id: id, max_budget: 1 }] }, key), [401, 403])
  })
})

describe('POST /user/delete', () => {
  test('answers the count, and takes keys and memberships along', async () => {
    const { id, key } = await desk.newUser()
    const team = await desk.newTeam({ members_with_roles: [{ user_id: id, role: 'user' }] })
    const { organization_id } = await desk.done('/organization/new', { organization_alias: unique('org') })
    await desk.done('/organization/member_add', { organization_id, member: { role: 'internal_user', user_id: id } })

    const { status, text } = await desk.post('/user/delete', { user_ids: [id] })
    expect([status, text.trim()]).toEqual([200, '1'])
    expectFailure(await info(id), 404)
    expectError(await desk.get('/v1/models', key), 401)
    const { team_info } = await desk.read(query('/team/info', { team_id: team }))
    expect(JSON.stringify(team_info.members_with_roles)).not.toContain(id)
    const { members } = await desk.read(query('/organization/info', { organization_id }))
    expect(members).toEqual([])
  })

  test('one unknown id keeps all of them', async () => {
    const { id } = await desk.newUser({ auto_create_key: false })
    const nobody = unique('nobody')
    expectRaw(
      await desk.post('/user/delete', { user_ids: [id, nobody] }),
      404,
      `User not found, passed user_id=${nobody}`,
    )
    expect((await info(id)).status).toBe(200)
  })
})

describe('GET /user/list', () => {
  test('rows in the envelope that clients page by', async () => {
    const email = uniqueEmail('listed')
    const { id } = await desk.newUser({ user_id: email, user_email: email, max_budget: 80, models: ['gpt-4o'] })
    for (const path of ['/user/list', '/user/get_users']) {
      expect(await desk.read(query(path, { user_email: email.toUpperCase().slice(0, -4) }))).toEqual({
        users: [
          expect.objectContaining({
            user_id: id,
            user_email: email,
            user_role: 'internal_user',
            spend: 0,
            max_budget: 80,
            teams: [],
            models: ['gpt-4o'],
            key_count: 1,
          }),
        ],
        total: 1,
        page: 1,
        page_size: 25,
        total_pages: 1,
      })
    }
  })

  test('one id is a part of one, several are exact', async () => {
    const base = unique('filter')
    for (const end of ['a', 'b', 'bc']) await desk.newUser({ user_id: `${base}-${end}`, auto_create_key: false })
    const ids = async (user_ids: string): Promise<string[]> =>
      (await desk.read(query('/user/list', { user_ids }))).users
        .map((user: { user_id: string }) => user.user_id)
        .toSorted()
    expect(await ids(base)).toEqual([`${base}-a`, `${base}-b`, `${base}-bc`])
    expect(await ids(`${base}-a,${base}-b`)).toEqual([`${base}-a`, `${base}-b`])
  })

  test('by role and team, sorted, in pages', async () => {
    const base = unique('sorted')
    for (const end of ['c', 'a', 'b']) {
      await desk.newUser({ user_id: `${base}-${end}`, user_role: 'internal_user_viewer', auto_create_key: false })
    }
    const team = await desk.newTeam({ members_with_roles: [{ user_id: `${base}-a`, role: 'user' }] })
    const filter = { user_ids: base, role: 'internal_user_viewer', sort_by: 'user_id' }
    const page = await desk.read(query('/user/list', { ...filter, sort_order: 'desc', page_size: 2 }))
    expect(page).toMatchObject({
      users: [{ user_id: `${base}-c` }, { user_id: `${base}-b` }],
      total: 3,
      page: 1,
      page_size: 2,
      total_pages: 2,
    })
    expect(await desk.read(query('/user/list', { ...filter, page_size: 2, page: 2 }))).toMatchObject({
      users: [{ user_id: `${base}-c` }],
    })
    expect(await desk.read(query('/user/list', { user_ids: base, team }))).toMatchObject({
      users: [{ user_id: `${base}-a`, teams: [team] }],
    })
    expect(await desk.read(query('/user/list', { user_ids: base, role: 'proxy_admin' }))).toMatchObject({
      users: [],
      total: 0,
      total_pages: 0,
    })
  })

  test('knows what to sort by, and how many make a page', async () => {
    expectFailure(await desk.get('/user/list?sort_by=password'), 400, /Invalid sort column\. Must be one of: /)
    expectFailure(await desk.get('/user/list?page_size=101'), [400, 422])
  })

  test('is for administrators and viewers', async () => {
    const viewer = await desk.newUser({ user_role: 'proxy_admin_viewer' })
    expect((await desk.get('/user/list', viewer.key)).status).toBe(200)
    const user = await desk.newUser()
    expectFailure(
      await desk.get('/user/list', user.key),
      403,
      /Only proxy admins and organization admins can list users\./,
    )
  })
})

test('a read-only administrator reads, and writes nothing', async () => {
  const viewer = await desk.newUser({ user_role: 'proxy_admin_viewer' })
  const { id } = await desk.newUser({ auto_create_key: false })
  expect((await info(id, viewer.key)).status).toBe(200)
  for (const [path, body] of [
    ['/user/new', {}],
    ['/user/update', { user_id: id, max_budget: 1 }],
    ['/user/delete', { user_ids: [id] }],
    ['/team/new', {}],
    ['/key/generate', {}],
  ] as const) {
    expectFailure(await desk.post(path, body, viewer.key), 403)
  }
})
