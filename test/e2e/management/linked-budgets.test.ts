import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDesk, query, unique } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'
import { expectError } from './support/expectations.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
})

afterAll(() => desk.close())

const OBJECTS = [
  [
    'customer',
    (user_id: string, fields: object) => desk.post('/customer/new', { user_id, ...fields }),
    (user_id: string, fields: object) => desk.post('/customer/update', { user_id, ...fields }),
    (end_user_id: string) => desk.read(query('/customer/info', { end_user_id })),
  ],
  [
    'tag',
    (name: string, fields: object) => desk.post('/tag/new', { name, ...fields }),
    (name: string, fields: object) => desk.post('/tag/update', { name, ...fields }),
    async (name: string) => (await desk.done('/tag/info', { names: [name] }))[name],
  ],
] as const

const shared = async (): Promise<string> => (await desk.done('/budget/new', { max_budget: 7 })).budget_id
const TWO = { message: /`budget_id` and limits say different things/ }

describe.each(OBJECTS)('a %s', (what, create, update, read) => {
  const limitsOf = async (name: string): Promise<Answer['json']> => (await read(name)).litellm_budget_table

  test('has a shared budget or limits of its own: none of both is dropped in silence', async () => {
    const budget_id = await shared()
    const name = unique(what)
    expectError(await create(name, { budget_id, rpm_limit: 4 }), 400, TWO)
    expect((await create(name, {})).status).toBe(200)
    for (const limits of [{ rpm_limit: 4 }, { budget_duration: '1d' }, { tpm_limit: 0 }]) {
      expectError(await update(name, { budget_id, ...limits }), 400, TWO)
    }
    expect((await update(name, { budget_id, rpm_limit: null, budget_duration: '' })).status).toBe(200)
    for (const again of [1, 2]) {
      expect([again, (await update(name, { budget_id, model_max_budget: {} })).status]).toEqual([again, 200])
    }
    expectError(await update(name, { budget_id, rpm_limit: 4 }), 400, TWO)
    expect(await limitsOf(name)).toMatchObject({ budget_id, max_budget: 7, rpm_limit: null })
  })

  test('takes limits beside the budget that is its own, as it is read', async () => {
    const name = unique(what)
    expect((await create(name, { max_budget: 5, rpm_limit: 1 })).status).toBe(200)
    const { budget_id } = await limitsOf(name)
    expect((await update(name, { budget_id, rpm_limit: 4 })).status).toBe(200)
    expect(await limitsOf(name)).toMatchObject({ budget_id, max_budget: 5, rpm_limit: 4 })
  })

  test('is taken out of a budget with `null`, and the budget is then free to go', async () => {
    const budget_id = await shared()
    const name = unique(what)
    expect((await create(name, { budget_id })).status).toBe(200)
    expectError(await desk.post('/budget/delete', { id: budget_id }), 400, { message: /in use \(1 times\)/ })
    expect((await update(name, { budget_id: '' })).status).toBe(200)
    expect(await limitsOf(name)).toMatchObject({ budget_id })
    expect((await update(name, { budget_id: null })).status).toBe(200)
    expect(await limitsOf(name)).toBeFalsy()
    expect((await desk.post('/budget/delete', { id: budget_id })).status).toBe(200)
  })

  test('may get limits of its own with the same call that takes it out', async () => {
    const name = unique(what)
    expect((await create(name, { budget_id: await shared() })).status).toBe(200)
    expect((await update(name, { budget_id: null, rpm_limit: 3 })).status).toBe(200)
    expect(await limitsOf(name)).toMatchObject({ max_budget: null, rpm_limit: 3 })
  })
})

test.each(['/budget/new', '/customer/new', '/tag/new', '/budget/update', '/customer/update', '/tag/update'])(
  '%s refuses rates of single models by name: nobody would keep them, or read them again',
  async (path) => {
    const names = { budget_id: await shared(), user_id: unique('c'), name: unique('t') }
    await desk.done('/customer/new', { user_id: names.user_id })
    await desk.done('/tag/new', { name: names.name })
    for (const field of ['model_rpm_limit', 'model_tpm_limit']) {
      expectError(await desk.post(path, { ...names, [field]: { 'gpt-4o': 1 } }), 400, { message: new RegExp(field) })
    }
    const model_max_budget = { 'gpt-4o': { budget_limit: 1, rpm_limit: 5 } }
    expectError(await desk.post(path, { ...names, model_max_budget }), 400, {
      message: /`model_max_budget\.gpt-4o\.rpm_limit`/,
    })
  },
)

test('a key shows the row that it names wherever it is shown whole', async () => {
  const budget_id = await shared()
  const user_id = unique('u')
  const team_id = await desk.newTeam({ members_with_roles: [{ role: 'user', user_id }] })
  const made = await desk.done('/key/generate', { team_id, user_id, budget_id })
  const rotated = await desk.done('/key/regenerate', { key: made.token_id })
  const key = rotated.token_id
  const inList = async (path: string): Promise<Answer['json']> => (await desk.read(path)).keys
  for (const [where, found] of [
    ['generate', made],
    ['regenerate', rotated],
    ['info', (await desk.read(query('/key/info', { key }))).info],
    ['infos', (await desk.done('/v2/key/info', { keys: [key] })).info[0]],
    ['update', await desk.done('/key/update', { key, max_budget: 1 })],
    ['bulk update', (await desk.done('/key/bulk_update', { keys: [{ key }] })).successful_updates[0].key_info],
    ['list', (await inList(query('/key/list', { key_hash: key, return_full_object: 'true' })))[0]],
    ['user', (await inList(query('/user/info', { user_id })))[0]],
    ['team', (await inList(query('/team/info', { team_id })))[0]],
    ['block', await desk.done('/key/block', { key })],
  ] as const) {
    expect([where, found.litellm_budget_table]).toEqual([where, expect.objectContaining({ budget_id, max_budget: 7 })])
  }
})
