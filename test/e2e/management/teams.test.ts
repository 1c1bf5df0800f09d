import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hashOf, openDesk, query, unique } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'
import { expectError, expectFailure, expectMissing, HASH, TIME, UUID } from './support/expectations.ts'
import { KEY_ROW, TEAM_ROW, member, ledBy } from './support/shapes.ts'
import { expectReset } from './support/times.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
})

afterAll(() => desk.close())

function info(team_id: string, key?: string): Promise<Answer> {
  return desk.get(query('/team/info', { team_id }), key)
}

async function rowOf(team_id: string): Promise<Answer['json']> {
  return (await desk.read(query('/team/info', { team_id }))).team_info
}

describe('POST /team/new', () => {
  test('the answer is the row, with what was asked for', async () => {
    const team_id = unique('team-search')
    const admin = unique('ana')
    const made = await desk.done('/team/new', {
      team_id,
      team_alias: 'search',
      models: ['gpt-4o'],
      max_budget: 100,
      budget_duration: '30d',
      tpm_limit: 500_000,
      metadata: { cost_centre: '42' },
      members_with_roles: [{ role: 'admin', user_id: admin }],
      model_aliases: { fast: 'gpt-4o-mini' },
    })
    expect(made).toMatchObject({
      ...TEAM_ROW,
      team_id,
      team_alias: 'search',
      models: ['gpt-4o'],
      max_budget: 100,
      budget_duration: '30d',
      budget_reset_at: TIME,
      tpm_limit: 500_000,
      metadata: { cost_centre: '42' },
      team_member_permissions: expect.any(Array),
      litellm_model_table: { model_aliases: { fast: 'gpt-4o-mini' } },
    })
    expectReset('30d', made.budget_reset_at)
    expect(made.members_with_roles).toHaveLength(2)
    expect(made.members_with_roles).toEqual(
      expect.arrayContaining([member(admin, 'admin'), member('default_user_id', 'admin')]),
    )
  })

  test('without a wish it has a generated id, and its creator as administrator', async () => {
    const made = await desk.done('/team/new')
    expect(made).toMatchObject({ ...TEAM_ROW, team_id: UUID, members_with_roles: [member('default_user_id', 'admin')] })
  })

  test('members that did not exist are made, and know their team', async () => {
    const id = unique('newcomer')
    const team = await desk.newTeam({ members_with_roles: [{ user_id: id, role: 'user' }] })
    expect((await desk.read(query('/user/info', { user_id: id }))).user_info.teams).toEqual([team])
  })

  test('an id is taken once', async () => {
    const team_id = await desk.newTeam()
    expectError(await desk.post('/team/new', { team_id }), 400, {
      message: `Team id = ${team_id} already exists. Please use a different team id.`,
    })
  })

  test('two teams may have one alias', async () => {
    const team_alias = unique('same')
    await desk.newTeam({ team_alias })
    await desk.newTeam({ team_alias })
    expect(await desk.read(query('/v2/team/list', { team_alias }))).toMatchObject({ total: 2 })
  })

  test('limits by model are kept in `metadata`', async () => {
    const team = await desk.newTeam({
      model_rpm_limit: { 'gpt-4o': 5 },
      model_tpm_limit: { 'gpt-4o': 50 },
      tags: ['prod'],
    })
    expect((await rowOf(team)).metadata).toMatchObject({
      model_rpm_limit: { 'gpt-4o': 5 },
      model_tpm_limit: { 'gpt-4o': 50 },
      tags: ['prod'],
    })
  })

  test('a team fits its organisation', async () => {
    const { organization_id } = await desk.done('/organization/new', {
      organization_alias: unique('org'),
      models: ['gpt-4o'],
      max_budget: 10,
    })
    const made = await desk.done('/team/new', { organization_id, models: ['gpt-4o'], max_budget: 5 })
    expect(made).toMatchObject({ organization_id })
    for (const beyond of [{ models: ['claude-sonnet'] }, { models: ['gpt-4o'], max_budget: 11 }]) {
      expectFailure(await desk.post('/team/new', { organization_id, ...beyond }), [400, 403])
    }
  })

  test('a negative budget is refused, an empty one is none', async () => {
    expectError(await desk.post('/team/new', { max_budget: -1 }), 400, { message: 'cannot be negative. Received: -1' })
    expect(await desk.done('/team/new', { max_budget: '', organization_id: '' })).toMatchObject({
      max_budget: null,
      organization_id: null,
    })
  })

  test('is not a plain user’s', async () => {
    const { key } = await desk.newUser()
    expectFailure(await desk.post('/team/new', {}, key), [401, 403])
  })
})

describe('GET /team/info', () => {
  test('the team, its keys and its memberships', async () => {
    const id = unique('bob')
    const team = await desk.newTeam({ members_with_roles: [{ user_id: id, role: 'user' }] })
    const key_alias = unique('svc')
    await desk.newKey({ team_id: team, key_alias })
    const { json } = await info(team)
    expect(json).toMatchObject({
      team_id: team,
      team_info: { ...TEAM_ROW, team_id: team, team_member_budget_table: null },
      keys: [{ ...KEY_ROW, key_alias, team_id: team }],
    })
    expect(json.team_info).toHaveProperty('litellm_model_table')
    expect(json.team_memberships).toContainEqual(
      expect.objectContaining({ user_id: id, team_id: team, budget_id: null, spend: 0, litellm_budget_table: null }),
    )
  })

  test('is open to its members and its keys, and closed to others', async () => {
    const insider = await desk.newUser()
    const outsider = await desk.newUser()
    const team = await desk.newTeam({ members_with_roles: [{ user_id: insider.id, role: 'user' }] })
    const own = await desk.newKey({ team_id: team })
    const foreign = await desk.newKey({ team_id: await desk.newTeam() })
    for (const key of [insider.key, own]) expect((await info(team, key)).json).toMatchObject({ team_id: team })
    for (const key of [outsider.key, foreign]) expectFailure(await info(team, key), [401, 403, 404])
  })

  test('no team is 404, no id 422', async () => {
    const id = unique('nothing')
    expectError(await info(id), 404, { message: `Team not found, passed team id: ${id}.` })
    expectMissing(await desk.get('/team/info'), 'query', 'team_id')
  })
})

describe('POST /team/update', () => {
  test('only what is named changes', async () => {
    const id = unique('bob')
    const team = await desk.newTeam({
      team_alias: 'search',
      models: ['gpt-4o'],
      max_budget: 100,
      members_with_roles: [{ user_id: id, role: 'user' }],
    })
    const { updated_at: _, ...before } = await rowOf(team)
    const changed = await desk.done('/team/update', { team_id: team, team_alias: 'search-2' })
    expect(changed).toMatchObject({ team_id: team, data: { team_id: team, team_alias: 'search-2', max_budget: 100 } })
    expect(await rowOf(team)).toMatchObject({ ...before, team_alias: 'search-2' })
  })

  test('`null` clears', async () => {
    const team = await desk.newTeam({ max_budget: 5, budget_duration: '1d', tpm_limit: 6, rpm_limit: 7 })
    const none = { max_budget: null, budget_duration: null, tpm_limit: null, rpm_limit: null }
    await desk.done('/team/update', { team_id: team, ...none })
    expect(await rowOf(team)).toMatchObject({ ...none })
  })

  test('another `budget_duration` is another reset', async () => {
    const team = await desk.newTeam({ max_budget: 5, budget_duration: '1d' })
    const { data } = await desk.done('/team/update', { team_id: team, budget_duration: '1w' })
    expectReset('1w', data.budget_reset_at)
  })

  test('members are changed elsewhere', async () => {
    const team = await desk.newTeam()
    await desk.done('/team/update', { team_id: team, members_with_roles: [{ user_id: unique('x'), role: 'admin' }] })
    expect((await rowOf(team)).members_with_roles).toEqual([member('default_user_id', 'admin')])
  })

  test('an unknown team is 404, none is 422', async () => {
    const id = unique('nothing')
    expectError(await desk.post('/team/update', { team_id: id, team_alias: 'x' }), 404, {
      message: `Team not found, passed team_id=${id}`,
    })
    expectMissing(await desk.post('/team/update', { team_alias: 'x' }), 'body', 'team_id')
  })

  test('is the team’s administrators’, who raise nothing', async () => {
    const admin = await desk.newUser()
    const plain = await desk.newUser()
    const team = await desk.newTeam({
      max_budget: 10,
      members_with_roles: ledBy(admin, plain),
    })
    const rename = { team_id: team, team_alias: 'renamed' }
    expect((await desk.post('/team/update', rename, admin.key)).status).toBe(200)
    expectFailure(await desk.post('/team/update', { team_id: team, max_budget: 11 }, admin.key), [400, 401, 403])
    expectFailure(await desk.post('/team/update', rename, plain.key), [401, 403, 404])
    expect((await rowOf(team)).max_budget).toBe(10)
  })
})

describe('POST /team/block and /team/unblock', () => {
  test('its keys are refused meanwhile', async () => {
    const team = await desk.newTeam()
    const key = await desk.newKey({ team_id: team })
    expect(await desk.done('/team/block', { team_id: team })).toMatchObject({ team_id: team, blocked: true })
    expectError(await desk.chat('gpt-4o', key), 401, {
      message: `Authentication Error, Team=${team} is blocked. Update via \`/team/unblock\` if you're an admin.`,
    })
    expect(await desk.done('/team/unblock', { team_id: team })).toMatchObject({ team_id: team, blocked: false })
    expect((await desk.chat('gpt-4o', key)).status).toBe(200)
  })

  test('an unknown team is 404; a member may not', async () => {
    const { key } = await desk.newUser()
    const team = await desk.newTeam()
    expectFailure(await desk.post('/team/block', { team_id: unique('nothing') }), 404)
    expectFailure(await desk.post('/team/block', { team_id: team }, key), [401, 403, 404])
  })
})

describe('POST /team/delete', () => {
  test('takes its keys and memberships along', async () => {
    const user = await desk.newUser()
    const team = await desk.newTeam({ members_with_roles: [{ user_id: user.id, role: 'user' }] })
    const key = await desk.newKey({ team_id: team })
    expect(await desk.done('/team/delete', { team_ids: [team] })).toEqual({ deleted_teams: [team] })
    expectError(await info(team), 404)
    expectError(await desk.get('/v1/models', key), 401)
    expectError(await desk.get(`/key/info?key=${hashOf(key)}`), 404)
    expect((await desk.read('/user/info', user.key)).user_info.teams).toEqual([])
  })

  test('one unknown id keeps all of them', async () => {
    const team = await desk.newTeam()
    expectFailure(await desk.post('/team/delete', { team_ids: [team, unique('nothing')] }), 404)
    expect((await info(team)).status).toBe(200)
  })
})

describe('GET /team/list', () => {
  test('the whole list, by alias, with memberships and keys', async () => {
    const { organization_id } = await desk.done('/organization/new', { organization_alias: unique('org') })
    const id = unique('bob')
    for (const team_alias of ['b', 'c', 'a']) {
      const team = await desk.newTeam({
        team_alias,
        organization_id,
        members_with_roles: [{ user_id: id, role: 'user' }],
      })
      await desk.newKey({ team_id: team, key_alias: unique(team_alias) })
    }
    const teams = await desk.read(query('/team/list', { organization_id }))
    expect(teams).toMatchObject(['a', 'b', 'c'].map((team_alias) => ({ ...TEAM_ROW, team_alias, organization_id })))
    for (const { team_id, team_memberships, keys } of teams) {
      expect(team_memberships).toContainEqual(expect.objectContaining({ user_id: id, team_id, spend: 0 }))
      expect(keys).toMatchObject([{ token: HASH, team_id }])
    }
    const without = await desk.read('/team/list?organization_id=default_organization')
    expect(without.filter((team: { organization_id: unknown }) => team.organization_id !== null)).toEqual([])
  })

  test('a user lists its own teams, naming itself', async () => {
    const user = await desk.newUser()
    const other = await desk.newUser()
    const team = await desk.newTeam({ members_with_roles: [{ user_id: user.id, role: 'user' }] })
    expect(await desk.read(query('/team/list', { user_id: user.id }), user.key)).toMatchObject([{ team_id: team }])
    expectFailure(await desk.get(query('/team/list', { user_id: other.id }), user.key), [401, 403])
    expect(await desk.read(query('/team/list', { user_id: user.id }))).toMatchObject([{ team_id: team }])
  })
})

describe('GET /v2/team/list', () => {
  test('pages with a count of members', async () => {
    const team_alias = unique('paged')
    for (const _ of [1, 2, 3]) {
      await desk.newTeam({ team_alias, members_with_roles: [{ user_id: unique('bob'), role: 'user' }] })
    }
    const page = await desk.read(query('/v2/team/list', { team_alias, page_size: 2 }))
    expect(page).toMatchObject({ total: 3, page: 1, page_size: 2, total_pages: 2 })
    expect(page.teams).toHaveLength(2)
    for (const team of page.teams) expect(team).toMatchObject({ ...TEAM_ROW, team_alias, members_count: 2 })
    const rest = await desk.read(query('/v2/team/list', { team_alias, page_size: 2, page: 2 }))
    expect(rest.teams).toHaveLength(1)
  })

  test('by default ten, by wish up to a hundred; nothing found is no page', async () => {
    expect(await desk.read('/v2/team/list')).toMatchObject({ page: 1, page_size: 10 })
    expect(await desk.read(query('/v2/team/list', { team_id: unique('nothing') }))).toEqual({
      teams: [],
      total: 0,
      page: 1,
      page_size: 10,
      total_pages: 0,
    })
    expectFailure(await desk.get('/v2/team/list?page_size=101'), [400, 422])
    expectFailure(await desk.get('/v2/team/list?sort_by=metadata'), 400, /Invalid sort column/)
  })

  test('teams that were deleted, when and by whom, with what they spent', async () => {
    const team_alias = unique('gone')
    const team = await desk.newTeam({
      team_alias,
      max_budget: 5,
      members_with_roles: [{ user_id: unique('bob'), role: 'user' }],
    })
    await desk.newTeam({ team_alias })
    await desk.done('/team/delete', { team_ids: [team] })
    const { teams, total } = await desk.read(query('/v2/team/list', { team_alias, status: 'deleted' }))
    expect(total).toBe(1)
    expect(teams).toMatchObject([
      { ...TEAM_ROW, team_id: team, team_alias, max_budget: 5, members_with_roles: [], members_count: 0 },
    ])
    expect(teams[0]).toMatchObject({ deleted_at: expect.any(String), deleted_by: 'default_user_id' })
    expect(await desk.read(query('/v2/team/list', { team_alias }))).toMatchObject({ total: 1 })
    expectFailure(await desk.get('/v2/team/list?status=archived'), 400)
    const { key } = await desk.newUser()
    expect([401, 403]).toContain((await desk.get('/v2/team/list?status=deleted', key)).status)
  })

  test('filters and sorts', async () => {
    const { organization_id } = await desk.done('/organization/new', { organization_alias: unique('org') })
    const id = unique('bob')
    const [one, two] = [
      await desk.newTeam({ team_alias: 'one', organization_id, members_with_roles: [{ user_id: id, role: 'user' }] }),
      await desk.newTeam({ team_alias: 'two', organization_id }),
    ]
    const ids = async (params: Record<string, string>): Promise<string[]> =>
      (await desk.read(query('/v2/team/list', params))).teams.map((team: { team_id: string }) => team.team_id)
    expect(await ids({ organization_id, sort_by: 'team_alias', sort_order: 'desc' })).toEqual([two, one])
    expect(await ids({ organization_id, sort_by: 'team_alias', sort_order: 'asc' })).toEqual([one, two])
    expect(await ids({ user_id: id })).toEqual([one])
    expect(await ids({ team_id: two })).toEqual([two])
  })
})

describe('POST /team/model/add and /team/model/delete', () => {
  test('change the list of models', async () => {
    const team = await desk.newTeam({ models: ['gpt-4o'] })
    await desk.done('/team/model/add', { team_id: team, models: ['claude-sonnet'] })
    expect(new Set((await rowOf(team)).models)).toEqual(new Set(['gpt-4o', 'claude-sonnet']))
    await desk.done('/team/model/delete', { team_id: team, models: ['gpt-4o'] })
    expect((await rowOf(team)).models).toEqual(['claude-sonnet'])
    expectFailure(await desk.post('/team/model/add', { team_id: unique('nothing'), models: [] }), 404)
  })
})

describe('what plain members may do', () => {
  test('is listed and changed by the team’s administrator', async () => {
    const admin = await desk.newUser()
    const plain = await desk.newUser()
    const team = await desk.newTeam({
      members_with_roles: ledBy(admin, plain),
    })
    const listed = await desk.read(query('/team/permissions_list', { team_id: team }), admin.key)
    expect(listed).toMatchObject({
      team_id: team,
      team_member_permissions: expect.arrayContaining(['/key/info', '/key/health']),
    })
    const team_member_permissions = ['/key/info', '/key/health', '/key/generate']
    expectFailure(await desk.post('/key/generate', { team_id: team }, plain.key), [401, 403])
    await desk.done('/team/permissions_update', { team_id: team, team_member_permissions }, admin.key)
    expect((await rowOf(team)).team_member_permissions).toEqual(team_member_permissions)
    expect(await desk.done('/key/generate', { team_id: team }, plain.key)).toMatchObject({
      team_id: team,
      user_id: plain.id,
    })
    expectFailure(
      await desk.post('/team/permissions_update', { team_id: team, team_member_permissions }, plain.key),
      [401, 403, 404],
    )
    expectFailure(
      await desk.post('/team/permissions_update', { team_id: team, team_member_permissions: ['/fly'] }),
      [400, 422],
    )
  })
})

test('a team’s administrator makes keys for it', async () => {
  const admin = await desk.newUser()
  const team = await desk.newTeam({ members_with_roles: [{ user_id: admin.id, role: 'admin' }] })
  expect(await desk.done('/key/generate', { team_id: team }, admin.key)).toMatchObject({ team_id: team })
  expectFailure(await desk.post('/key/generate', { team_id: await desk.newTeam() }, admin.key), [400, 401, 403, 404])
})
