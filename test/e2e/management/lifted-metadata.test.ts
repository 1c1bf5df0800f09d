import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDesk, query, unique } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'

/** Some fields come back inside `metadata`. What is read there and sent back is no second copy that outlives the first. */
let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
})

afterAll(() => desk.close())

type Write = (id: string, fields: object) => Promise<Answer>

const OBJECTS: readonly (readonly [
  string,
  (fields: object) => Promise<string>,
  Write,
  (id: string) => Promise<Answer['json']>,
])[] = [
  [
    'key',
    async (fields) => (await desk.done('/key/generate', fields)).token_id,
    (key, fields) => desk.post('/key/update', { key, ...fields }),
    async (key) => (await desk.read(query('/key/info', { key }))).info,
  ],
  [
    'user',
    async (fields) => (await desk.done('/user/new', { ...fields, auto_create_key: false })).user_id,
    (user_id, fields) => desk.post('/user/update', { user_id, ...fields }),
    async (user_id) => (await desk.read(query('/user/info', { user_id }))).user_info,
  ],
  [
    'user, among many',
    async (fields) => (await desk.done('/user/new', { ...fields, auto_create_key: false })).user_id,
    (user_id, fields) => desk.post('/user/bulk_update', { users: [{ user_id, ...fields }] }),
    async (user_id) => (await desk.read(query('/user/info', { user_id }))).user_info,
  ],
  [
    'team',
    async (fields) => (await desk.done('/team/new', fields)).team_id,
    (team_id, fields) => desk.post('/team/update', { team_id, ...fields }),
    async (team_id) => (await desk.read(query('/team/info', { team_id }))).team_info,
  ],
  [
    'organization',
    async (fields) =>
      (await desk.done('/organization/new', { organization_alias: unique('o'), ...fields })).organization_id,
    (organization_id, fields) => desk.ask('PATCH', '/organization/update', { body: { organization_id, ...fields } }),
    (organization_id) => desk.read(query('/organization/info', { organization_id })),
  ],
]

describe.each(OBJECTS)('a %s', (_what, create, update, read) => {
  test('whose metadata is sent back as it was read loses a limit that is taken away afterwards', async () => {
    const id = await create({ model_rpm_limit: { 'gpt-4o': 1 }, metadata: { a: 1 } })
    const { metadata } = await read(id)
    expect(metadata).toEqual({ a: 1, model_rpm_limit: { 'gpt-4o': 1 } })
    expect((await update(id, { metadata: { ...metadata, a: 2 } })).status).toBe(200)
    expect((await update(id, { model_rpm_limit: null })).status).toBe(200)
    expect((await read(id)).metadata).toEqual({ a: 2 })
  })

  test.each([null, {}])(
    'that is new has what its metadata says, also beside %j at the top',
    async (model_rpm_limit) => {
      const id = await create({ model_rpm_limit, metadata: { model_rpm_limit: { 'gpt-4o': 1 } } })
      expect((await read(id)).metadata).toEqual({ model_rpm_limit: { 'gpt-4o': 1 } })
    },
  )

  test('loses it as well with the call that sends it back', async () => {
    const id = await create({ model_rpm_limit: { 'gpt-4o': 1 }, metadata: { a: 1 } })
    const { metadata } = await read(id)
    expect((await update(id, { metadata, model_rpm_limit: null })).status).toBe(200)
    expect((await read(id)).metadata).toEqual({ a: 1 })
  })
})

test('empty lists beside a new one’s metadata take nothing out of it', async () => {
  const lists = { tags: ['t'], allowed_passthrough_routes: ['/bria'], enforced_params: ['user'] }
  const blank = { tags: [], allowed_passthrough_routes: [], enforced_params: [] }
  expect((await desk.done('/key/generate', { ...blank, metadata: lists })).metadata).toEqual(lists)
  const { enforced_params: _, ...ofTeams } = lists
  expect((await desk.done('/team/new', { ...blank, metadata: ofTeams })).metadata).toEqual(ofTeams)
})

describe('1.10: `null` in /team/update', () => {
  const everything = {
    team_alias: 'search',
    metadata: { a: 1 },
    tags: ['t'],
    model_aliases: { fast: 'gpt-4o' },
    team_member_permissions: ['/key/info'],
    allowed_passthrough_routes: ['/bria'],
    access_group_ids: ['beta'],
    max_budget: 5,
    models: ['gpt-4o'],
    default_team_member_models: ['gpt-4o'],
  }
  const nulls = Object.fromEntries(Object.keys(everything).map((name) => [name, null]))

  test('takes away what was said, all but what restricts to models', async () => {
    const team_id = await desk.newTeam(everything)
    await desk.done('/team/update', { team_id, ...nulls })
    const { team_info } = await desk.read(query('/team/info', { team_id }))
    expect(team_info).toMatchObject({
      team_alias: null,
      metadata: {},
      team_member_permissions: [],
      max_budget: null,
      litellm_model_table: null,
      models: ['gpt-4o'],
      default_team_member_models: ['gpt-4o'],
      access_group_ids: ['beta'],
    })
  })

  test('in a new team says nothing', async () => {
    const { metadata } = await desk.done('/team/new', { ...nulls, metadata: { tags: ['t'] } })
    expect(metadata).toEqual({ tags: ['t'] })
  })
})
