import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDesk, query, succeeded, unique, uniqueEmail } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'
import { expectError, expectFailure, expectMissing, TIME, UUID } from './support/expectations.ts'
import { BUDGET_ROW, ORGANIZATION_ROW } from './support/shapes.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
})

afterAll(() => desk.close())

async function newOrganization(fields: object = {}): Promise<string> {
  return (await desk.done('/organization/new', { organization_alias: unique('acme'), ...fields })).organization_id
}

function info(organization_id: string, key?: string): Promise<Answer> {
  return desk.get(query('/organization/info', { organization_id }), key)
}

function change(method: 'PATCH' | 'DELETE', path: string, body: object, key?: string): Promise<Answer> {
  return desk.ask(method, path, { body, ...(key === undefined ? {} : { key }) })
}

describe('POST /organization/new', () => {
  test('the answer is the row, and a budget stands behind it', async () => {
    const organization_alias = unique('acme')
    const made = await desk.done('/organization/new', {
      organization_alias,
      models: ['gpt-4o'],
      max_budget: 1_000,
      budget_duration: '30d',
    })
    expect(made).toMatchObject({
      ...ORGANIZATION_ROW,
      organization_id: UUID,
      organization_alias,
      budget_id: expect.any(String),
      models: ['gpt-4o'],
    })
    expect((await info(made.organization_id)).json).toMatchObject({
      litellm_budget_table: { ...BUDGET_ROW, budget_id: made.budget_id, max_budget: 1_000, budget_duration: '30d' },
      members: [],
      teams: [],
      users: null,
      object_permission: null,
    })
  })

  test('an id may be chosen, and a budget shared', async () => {
    const budget_id = unique('gold')
    await desk.done('/budget/new', { budget_id, max_budget: 7 })
    const organization_id = unique('org')
    const made = await desk.done('/organization/new', { organization_alias: 'acme', organization_id, budget_id })
    expect(made).toMatchObject({ organization_id, budget_id })
    expect((await info(organization_id)).json.litellm_budget_table).toMatchObject({ budget_id, max_budget: 7 })
  })

  test('has to have an alias, an administrator, and a budget of its own size', async () => {
    expectMissing(await desk.post('/organization/new', {}), 'body', 'organization_alias')
    const user = await desk.newUser()
    expectFailure(await desk.post('/organization/new', { organization_alias: 'x' }, user.key), [401, 403])
    expectFailure(await desk.post('/organization/new', { organization_alias: 'x', max_budget: -1 }), 400)
  })
})

describe('PATCH /organization/update', () => {
  test('only what is named changes; the answer has members, teams and budget', async () => {
    const organization_id = await newOrganization({ models: ['gpt-4o'], max_budget: 10 })
    const answer = await change('PATCH', '/organization/update', { organization_id, organization_alias: 'acme-eu' })
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({
      organization_id,
      organization_alias: 'acme-eu',
      models: ['gpt-4o'],
      members: [],
      teams: [],
      litellm_budget_table: { max_budget: 10 },
    })
    await change('PATCH', '/organization/update', { organization_id, max_budget: 20 })
    expect((await info(organization_id)).json).toMatchObject({
      organization_alias: 'acme-eu',
      litellm_budget_table: { max_budget: 20 },
    })
  })

  test('an unknown one is 404', async () => {
    expectFailure(await change('PATCH', '/organization/update', { organization_id: unique('no') }), [400, 404])
  })
})

describe('GET /organization/info', () => {
  test('is open to its administrators, and closed to others', async () => {
    const organization_id = await newOrganization()
    const insider = await desk.newUser()
    const outsider = await desk.newUser()
    await desk.done('/organization/member_add', {
      organization_id,
      member: { role: 'org_admin', user_id: insider.id },
    })
    expect((await info(organization_id, insider.key)).json).toMatchObject({ organization_id })
    expectFailure(await info(organization_id, outsider.key), [401, 403, 404])
  })

  test('an unknown one is 404', async () => {
    expectFailure(await info(unique('nothing')), 404, /Organization not found/)
  })

  test('the old POST answers a list', async () => {
    const organization_id = await newOrganization()
    expect(await desk.done('/organization/info', { organizations: [organization_id] })).toMatchObject([
      { organization_id },
    ])
  })
})

describe('GET /organization/list', () => {
  test('all of them for the administrator, with members, teams and budget; filtered by id and alias', async () => {
    const organization_alias = unique('listed')
    const organization_id = await newOrganization({ organization_alias })
    const team_id = await desk.newTeam({ organization_id })
    const all = await desk.read('/organization/list')
    const expected = expect.objectContaining({
      organization_id,
      organization_alias,
      members: [],
      teams: [expect.objectContaining({ team_id })],
      litellm_budget_table: expect.objectContaining({ max_budget: null }),
    })
    expect(all).toContainEqual(expected)
    for (const params of [{ org_id: organization_id }, { org_alias: organization_alias }]) {
      expect(await desk.read(query('/organization/list', params))).toEqual([expected])
    }
  })

  test('their own for its administrators', async () => {
    const organization_id = await newOrganization()
    await newOrganization()
    const admin = await desk.newUser()
    await desk.done('/organization/member_add', { organization_id, member: { role: 'org_admin', user_id: admin.id } })
    expect(await desk.read('/organization/list', admin.key)).toMatchObject([{ organization_id }])
  })
})

describe('members of an organisation', () => {
  test('are added with a role and a budget', async () => {
    const organization_id = await newOrganization()
    const user_id = uniqueEmail('bob')
    const answer = await desk.done('/organization/member_add', {
      organization_id,
      member: { role: 'internal_user', user_id },
      max_budget_in_organization: 100,
    })
    expect(answer).toMatchObject({
      organization_id,
      updated_users: [{ user_id }],
      updated_organization_memberships: [
        {
          user_id,
          organization_id,
          user_role: 'internal_user',
          spend: 0,
          budget_id: expect.any(String),
          created_at: TIME,
          updated_at: TIME,
        },
      ],
    })
    expect((await info(organization_id)).json.members).toMatchObject([
      { user_id, organization_id, user_role: 'internal_user', spend: 0, litellm_budget_table: { max_budget: 100 } },
    ])
  })

  test('several at once, and by address', async () => {
    const organization_id = await newOrganization()
    const user_email = uniqueEmail('ana')
    const { id } = await desk.newUser({ user_email, auto_create_key: false })
    await desk.done('/organization/member_add', {
      organization_id,
      member: [
        { role: 'org_admin', user_email },
        { role: 'internal_user_viewer', user_id: unique('eve') },
      ],
    })
    const { members } = (await info(organization_id)).json
    expect(members).toHaveLength(2)
    expect(members).toContainEqual(expect.objectContaining({ user_id: id, user_role: 'org_admin', budget_id: null }))
  })

  test('change their role and budget', async () => {
    const organization_id = await newOrganization()
    const user_id = unique('bob')
    await desk.done('/organization/member_add', { organization_id, member: { role: 'internal_user', user_id } })
    const answer = await change('PATCH', '/organization/member_update', {
      organization_id,
      user_id,
      role: 'org_admin',
      max_budget_in_organization: 5,
    })
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({ user_id, organization_id, user_role: 'org_admin' })
    expect((await info(organization_id)).json.members).toMatchObject([
      { user_role: 'org_admin', litellm_budget_table: { max_budget: 5 } },
    ])
  })

  test('are removed', async () => {
    const organization_id = await newOrganization()
    const user_id = unique('bob')
    await desk.done('/organization/member_add', { organization_id, member: { role: 'internal_user', user_id } })
    const answer = await change('DELETE', '/organization/member_delete', { organization_id, user_id })
    expect(answer.status).toBe(200)
    expect((await info(organization_id)).json.members).toEqual([])
    expectFailure(await change('DELETE', '/organization/member_delete', { organization_id, user_id }), [400, 404])
  })

  test('have one of the organisation’s roles, and an organisation', async () => {
    const organization_id = await newOrganization()
    const member = { role: 'proxy_admin', user_id: unique('x') }
    expectFailure(await desk.post('/organization/member_add', { organization_id, member }), [400, 403, 422])
    const added = { organization_id: unique('no'), member: { ...member, role: 'internal_user' } }
    expectFailure(await desk.post('/organization/member_add', added), [400, 404])
  })
})

describe('an organisation’s administrator', () => {
  test('makes teams, users and members in its own, and none elsewhere', async () => {
    const [own, foreign] = [await newOrganization(), await newOrganization()]
    const admin = await desk.newUser()
    await desk.done('/organization/member_add', {
      organization_id: own,
      member: { role: 'org_admin', user_id: admin.id },
    })
    expect(await desk.done('/team/new', { organization_id: own }, admin.key)).toMatchObject({ organization_id: own })
    expect((await desk.post('/user/new', { organizations: [own] }, admin.key)).status).toBe(200)
    const member = { role: 'internal_user', user_id: unique('new') }
    expect((await desk.post('/organization/member_add', { organization_id: own, member }, admin.key)).status).toBe(200)

    const refused = [401, 403, 404]
    expectFailure(await desk.post('/team/new', { organization_id: foreign }, admin.key), refused)
    expectFailure(await desk.post('/team/new', {}, admin.key), refused)
    expectFailure(await desk.post('/user/new', { organizations: [foreign] }, admin.key), refused)
    expectFailure(await desk.post('/organization/member_add', { organization_id: foreign, member }, admin.key), refused)
    const promote = { organizations: [own], user_role: 'proxy_admin' }
    expectFailure(await desk.post('/user/new', promote, admin.key), refused)
    expectFailure(await change('DELETE', '/organization/delete', { organization_ids: [own] }, admin.key), refused)
  })

  test('sees the users of its own alone', async () => {
    const organization_id = await newOrganization()
    const admin = await desk.newUser()
    const colleague = await desk.newUser({ auto_create_key: false })
    await desk.newUser({ auto_create_key: false })
    await desk.done('/organization/member_add', {
      organization_id,
      member: [
        { role: 'org_admin', user_id: admin.id },
        { role: 'internal_user', user_id: colleague.id },
      ],
    })
    const { users, total } = await desk.read('/user/list', admin.key)
    expect(total).toBe(2)
    const ids = users.map((user: { user_id: string }) => user.user_id)
    expect(new Set(ids)).toEqual(new Set([admin.id, colleague.id]))
  })
})

describe('DELETE /organization/delete', () => {
  test('answers the rows, and takes teams, memberships and keys along', async () => {
    const organization_id = await newOrganization()
    const user = await desk.newUser()
    await desk.done('/organization/member_add', {
      organization_id,
      member: { role: 'internal_user', user_id: user.id },
    })
    const team_id = await desk.newTeam({ organization_id })
    const keys = [await desk.newKey({ organization_id }), await desk.newKey({ team_id })]
    const answer = await change('DELETE', '/organization/delete', { organization_ids: [organization_id] })
    expect(succeeded('DELETE /organization/delete', answer)).toMatchObject([{ organization_id }])
    expectFailure(await info(organization_id), 404)
    expectError(await desk.get(query('/team/info', { team_id })), 404)
    for (const key of keys) expectError(await desk.get('/v1/models', key), 401)
    expect((await desk.get('/v1/models', user.key)).status).toBe(200)
  })

  test('an unknown one is 404', async () => {
    const id = unique('nothing')
    expectFailure(
      await change('DELETE', '/organization/delete', { organization_ids: [id] }),
      404,
      new RegExp(`Organization=${id} not found`),
    )
  })
})
