import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDesk, query, unique } from './support/desk.ts'
import type { Desk } from './support/desk.ts'
import { expectFailure, TIME, UUID } from './support/expectations.ts'
import { BUDGET_ROW } from './support/shapes.ts'
import { expectReset, secondsUntil } from './support/times.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
})

afterAll(() => desk.close())

const NEW_BUDGET = {
  ...BUDGET_ROW,
  allowed_models: [],
  created_at: TIME,
  created_by: 'default_user_id',
  updated_at: TIME,
  updated_by: 'default_user_id',
}

describe('POST /budget/new', () => {
  test('the answer is the row', async () => {
    const wish = {
      budget_id: unique('gold'),
      max_budget: 100,
      soft_budget: 80,
      max_parallel_requests: 3,
      tpm_limit: 6_000,
      rpm_limit: 600,
      budget_duration: '30d',
    }
    const made = await desk.done('/budget/new', wish)
    expect(made).toMatchObject({ ...NEW_BUDGET, ...wish, budget_reset_at: TIME })
    const days = secondsUntil(made.budget_reset_at) / 86_400
    expect(days).toBeGreaterThan(0)
    expect(days).toBeLessThan(31.01)
  })

  test('without a wish: a generated id and no limits', async () => {
    expect(await desk.done('/budget/new')).toMatchObject({ ...NEW_BUDGET, budget_id: UUID, budget_reset_at: null })
  })

  test('the end of a window follows from its length, whatever end is named', async () => {
    const named = new Date(Date.now() + 400 * 86_400_000).toISOString()
    const made = await desk.done('/budget/new', { max_budget: 1, budget_duration: '1d', budget_reset_at: named })
    expectReset('1d', made.budget_reset_at)
  })

  test('limits by model are kept', async () => {
    const model_max_budget = { 'gpt-4o': { max_budget: 5, budget_duration: '1d' } }
    const { budget_id } = await desk.done('/budget/new', { model_max_budget })
    const [read] = await desk.done('/budget/info', { budgets: [budget_id] })
    expect(Object.keys(read.model_max_budget)).toEqual(['gpt-4o'])
  })

  test('an id is taken once, and no budget is negative', async () => {
    const { budget_id } = await desk.done('/budget/new', { max_budget: 1 })
    expectFailure(await desk.post('/budget/new', { budget_id, max_budget: 2 }), [400, 409, 500])
    for (const field of ['max_budget', 'soft_budget']) {
      expectFailure(await desk.post('/budget/new', { [field]: -1 }), 400, /cannot be negative\. Received: -1/)
    }
    expectFailure(await desk.post('/budget/new', { rpm_limit: 'many' }), 422)
  })
})

describe('POST /budget/update', () => {
  test('only what is named changes, and `null` clears', async () => {
    const { budget_id } = await desk.done('/budget/new', { max_budget: 100, rpm_limit: 600, tpm_limit: 7 })
    const changed = await desk.done('/budget/update', { budget_id, max_budget: 150, tpm_limit: null })
    expect(changed).toMatchObject({ ...NEW_BUDGET, budget_id, max_budget: 150, rpm_limit: 600, tpm_limit: null })
    expect(await desk.done('/budget/info', { budgets: [budget_id] })).toMatchObject([
      { max_budget: 150, rpm_limit: 600, tpm_limit: null },
    ])
  })

  test('names its budget', async () => {
    expectFailure(await desk.post('/budget/update', { max_budget: 1 }), 400, /budget_id is required/)
    expectFailure(await desk.post('/budget/update', { budget_id: unique('no'), max_budget: 1 }), [400, 404])
  })

  test('is seen by everything that shares the budget', async () => {
    const { budget_id } = await desk.done('/budget/new', { max_budget: 1 })
    const key = await desk.newKey({ budget_id })
    const user_id = unique('c')
    await desk.done('/customer/new', { user_id, budget_id })
    await desk.done('/budget/update', { budget_id, max_budget: 2 })
    expect((await desk.read('/key/info', key)).info.litellm_budget_table).toMatchObject({ max_budget: 2 })
    const customer = await desk.read(query('/customer/info', { end_user_id: user_id }))
    expect(customer.litellm_budget_table).toMatchObject({ max_budget: 2 })
  })
})

describe('reading', () => {
  test('POST /budget/info answers the rows that were named', async () => {
    const ids = [unique('b'), unique('b')]
    for (const budget_id of ids) await desk.done('/budget/new', { budget_id, max_budget: 1 })
    const rows = await desk.done('/budget/info', { budgets: ids })
    expect(new Set(rows.map((row: { budget_id: string }) => row.budget_id))).toEqual(new Set(ids))
    expectFailure(await desk.post('/budget/info', { budgets: [] }), 400)
    expect((await desk.post('/budget/info', {})).status).toBe(422)
  })

  test('GET /budget/list answers all', async () => {
    const { budget_id } = await desk.done('/budget/new', { max_budget: 9 })
    expect(await desk.read('/budget/list')).toContainEqual(expect.objectContaining({ budget_id, max_budget: 9 }))
  })

  test('GET /budget/settings describes the fields', async () => {
    const { budget_id } = await desk.done('/budget/new', { max_budget: 9 })
    const fields = await desk.read(query('/budget/settings', { budget_id }))
    for (const field of fields) {
      for (const name of ['field_name', 'field_type', 'field_description', 'field_value', 'stored_in_db']) {
        expect(field).toHaveProperty(name)
      }
    }
    expect(fields).toContainEqual(expect.objectContaining({ field_name: 'max_budget', field_value: 9 }))
  })
})

describe('POST /budget/delete', () => {
  test('answers the row, and then it is gone', async () => {
    const { budget_id } = await desk.done('/budget/new', { max_budget: 9 })
    expect(await desk.done('/budget/delete', { id: budget_id })).toMatchObject({ budget_id, max_budget: 9 })
    const all = await desk.read('/budget/list')
    expect(all.map((row: { budget_id: string }) => row.budget_id)).not.toContain(budget_id)
    expectFailure(await desk.post('/budget/delete', { id: budget_id }), [400, 404])
  })
})

test('budgets are the administrators’', async () => {
  const { key } = await desk.newUser()
  const { budget_id } = await desk.done('/budget/new', { max_budget: 9 })
  for (const [path, body] of [
    ['/budget/new', {}],
    ['/budget/update', { budget_id, max_budget: 10 }],
    ['/budget/info', { budgets: [budget_id] }],
    ['/budget/delete', { id: budget_id }],
  ] as const) {
    expectFailure(await desk.post(path, body, key), [400, 401, 403])
  }
  expectFailure(await desk.get('/budget/list', key), [400, 401, 403])
})
