import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHAT_COST, openDesk, query, unique } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'
import { expectError, expectFailure, expectMissing } from './support/expectations.ts'
import { BUDGET_ROW } from './support/shapes.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
})

afterAll(() => desk.close())

function info(end_user_id: string, key?: string): Promise<Answer> {
  return desk.get(query('/customer/info', { end_user_id }), key)
}

describe('POST /customer/new', () => {
  test('the answer is the row and its budget', async () => {
    const user_id = unique('c')
    const made = await desk.done('/customer/new', {
      user_id,
      alias: 'Customer One',
      max_budget: 5,
      budget_duration: '30d',
    })
    expect(made).toMatchObject({
      user_id,
      alias: 'Customer One',
      spend: 0,
      allowed_model_region: null,
      default_model: null,
      budget_id: expect.any(String),
      blocked: false,
      litellm_budget_table: { ...BUDGET_ROW, max_budget: 5, budget_duration: '30d' },
    })
    expect(made.litellm_budget_table.budget_id).toBe(made.budget_id)
  })

  test('without a budget it has none', async () => {
    const made = await desk.done('/customer/new', { user_id: unique('c') })
    expect(made).toMatchObject({ alias: null, budget_id: null, blocked: false, litellm_budget_table: null })
  })

  test('a shared budget is linked', async () => {
    const budget_id = unique('gold')
    await desk.done('/budget/new', { budget_id, max_budget: 7 })
    expect(await desk.done('/customer/new', { user_id: unique('c'), budget_id })).toMatchObject({
      budget_id,
      litellm_budget_table: { budget_id, max_budget: 7 },
    })
  })

  test('one of the gateway’s models is kept', async () => {
    const wish = { user_id: unique('c'), default_model: 'gpt-4o', allowed_model_region: null }
    expect(await desk.done('/customer/new', wish)).toMatchObject(wish)
  })

  test.each(['/customer/new', '/customer/update', '/end_user/new'])(
    '%s refuses a region by name: no call would be kept in it',
    async (path) => {
      const user_id = unique('c')
      if (path === '/customer/update') await desk.done('/customer/new', { user_id })
      expectError(await desk.post(path, { user_id, allowed_model_region: 'eu' }), 400, {
        message: /allowed_model_region/,
      })
    },
  )

  test.each([
    ['two budgets', { max_budget: 1, budget_id: 'gold' }],
    ['a model that the gateway has not', { default_model: 'nobody' }],
  ])('%s are 422', async (_what, fields) => {
    expectFailure(await desk.post('/customer/new', { user_id: unique('c'), ...fields }), 422)
  })

  test('no id is 422, one that is taken 400', async () => {
    expectMissing(await desk.post('/customer/new', {}), 'body', 'user_id')
    const user_id = unique('c')
    await desk.done('/customer/new', { user_id })
    const twice = await desk.post('/customer/new', { user_id })
    expectError(twice, 400, {
      message: `Customer already exists, passed user_id=${user_id}. Please pass a new user_id.`,
    })
    expect(['bad_request', 'bad_request_error']).toContain(twice.json.error.type)
  })

  test('is the administrators’', async () => {
    const { key } = await desk.newUser()
    expectFailure(await desk.post('/customer/new', { user_id: unique('c') }, key), [401, 403])
    expectFailure(await desk.get('/customer/list', key), [401, 403])
  })
})

describe.each(['/customer', '/end_user'])('%s', (base) => {
  test('create, read, update, list, delete', async () => {
    const user_id = unique('c')
    await desk.done(`${base}/new`, { user_id, alias: 'before' })
    expect(await desk.done(`${base}/update`, { user_id, alias: 'after', max_budget: 3 })).toMatchObject({
      user_id,
      alias: 'after',
    })
    const read = await desk.read(query(`${base}/info`, { end_user_id: user_id }))
    expect(read).toMatchObject({ user_id, alias: 'after', blocked: false, litellm_budget_table: { max_budget: 3 } })
    expect(Object.values(read)).not.toContain(null)
    expect(await desk.read(`${base}/list`)).toContainEqual(expect.objectContaining({ user_id, alias: 'after' }))
    expect(await desk.done(`${base}/delete`, { user_ids: [user_id] })).toEqual({
      deleted_customers: 1,
      message: `Successfully deleted customers with ids: ['${user_id}']`,
    })
    expectFailure(await desk.get(query(`${base}/info`, { end_user_id: user_id })), [400, 404])
  })

  test('block and unblock', async () => {
    const user_id = unique('c')
    await desk.done(`${base}/new`, { user_id })
    expect(await desk.done(`${base}/block`, { user_ids: [user_id] })).toMatchObject({
      blocked_users: [{ user_id, blocked: true }],
    })
    expect((await info(user_id)).json).toMatchObject({ user_id, blocked: true })
    expect((await desk.post(`${base}/unblock`, { user_ids: [user_id] })).status).toBe(200)
    expect((await info(user_id)).json).toMatchObject({ user_id, blocked: false })
  })
})

describe('errors', () => {
  test('who is not there', async () => {
    const nobody = unique('nobody')
    expectFailure(await info(nobody), [400, 404], new RegExp(`End User Id=${nobody} does not exist in db`))
    expectFailure(await desk.post('/customer/delete', { user_ids: [nobody] }), [404, 500])
    expectFailure(await desk.post('/customer/update', { user_id: nobody, max_budget: 1 }), [400, 404])
  })

  test('one who is not there keeps all of them', async () => {
    const user_id = unique('c')
    await desk.done('/customer/new', { user_id })
    expectFailure(await desk.post('/customer/delete', { user_ids: [user_id, unique('nobody')] }), [404, 500])
    expect((await info(user_id)).status).toBe(200)
  })
})

describe('calls for a customer', () => {
  test('whoever is unknown is made, and has spent', async () => {
    const user = unique('fresh')
    const key = await desk.newKey()
    expect((await desk.chat('gpt-4o', key, { user })).status).toBe(200)
    await expect.poll(async () => (await info(user)).json?.spend, { timeout: 10_000 }).toBeCloseTo(CHAT_COST, 8)
  })

  test('blocked ones are refused, in the body and in the header', async () => {
    const user = unique('blocked')
    const key = await desk.newKey()
    await desk.done('/customer/new', { user_id: user })
    await desk.done('/customer/block', { user_ids: [user] })
    const before = desk.mock.requests.total
    expectFailure(await desk.chat('gpt-4o', key, { user }), [400, 401, 403])
    const body = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] }
    const headers = { 'x-litellm-customer-id': user }
    expectFailure(await desk.ask('POST', '/v1/chat/completions', { key, body, headers }), [400, 401, 403])
    expect(desk.mock.requests.total).toBe(before)
    expect((await desk.chat('gpt-4o', key, { user: unique('other') })).status).toBe(200)
  })

  test('whose budget is spent are refused', async () => {
    const user = unique('poor')
    await desk.done('/customer/new', { user_id: user, max_budget: 1e-7 })
    const key = await desk.newKey()
    await expect.poll(async () => (await desk.chat('gpt-4o', key, { user })).status, { timeout: 10_000 }).toBe(429)
    expectError(await desk.chat('gpt-4o', key, { user }), 429, {
      message: new RegExp(`End User=${user} over budget`),
      type: 'budget_exceeded',
    })
  })
})
