import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDesk, query, unique } from '../management/support/desk.ts'
import type { Desk } from '../management/support/desk.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
})

afterAll(() => desk.close())

test('a budget in use stays, with a word about why', async () => {
  const { budget_id } = await desk.done('/budget/new', { max_budget: 5 })
  const user_id = unique('c')
  await desk.done('/customer/new', { user_id, budget_id })
  const refused = await desk.post('/budget/delete', { id: budget_id })
  expect([refused.status, refused.json.error.message]).toEqual([400, expect.stringContaining('in use')])
  await desk.done('/customer/delete', { user_ids: [user_id] })
  expect(await desk.done('/budget/delete', { id: budget_id })).toMatchObject({ budget_id })
})

test('a budget of one’s own is gone with its object, and is nobody else’s to link', async () => {
  const user_id = unique('c')
  const { budget_id } = await desk.done('/customer/new', { user_id, max_budget: 5 })
  expect((await desk.post('/customer/new', { user_id: unique('c'), budget_id })).status).toBe(404)
  expect((await desk.post('/tag/new', { name: unique('t'), budget_id })).status).toBe(404)
  expect(await desk.read('/budget/list')).not.toContainEqual(expect.objectContaining({ budget_id }))
  await desk.done('/customer/delete', { user_ids: [user_id] })
  expect(await desk.done('/budget/info', { budgets: [budget_id] })).toEqual([])
})

test('a shared budget in the place of an own one takes that one away', async () => {
  const user_id = unique('c')
  const { budget_id: own } = await desk.done('/customer/new', { user_id, max_budget: 5 })
  const { budget_id } = await desk.done('/budget/new', { max_budget: 7 })
  expect(await desk.done('/customer/update', { user_id, budget_id })).toMatchObject({
    budget_id,
    litellm_budget_table: { max_budget: 7 },
  })
  expect(await desk.done('/budget/info', { budgets: [own] })).toEqual([])
})

test('limits for one customer leave a shared budget as it is', async () => {
  const { budget_id } = await desk.done('/budget/new', { max_budget: 7, rpm_limit: 60 })
  const user_id = unique('c')
  await desk.done('/customer/new', { user_id, budget_id })
  const changed = await desk.done('/customer/update', { user_id, max_budget: 3 })
  expect(changed.litellm_budget_table).toMatchObject({ max_budget: 3, rpm_limit: 60 })
  expect(changed.budget_id).not.toBe(budget_id)
  expect(await desk.done('/budget/info', { budgets: [budget_id] })).toMatchObject([{ max_budget: 7 }])
})

test('a user’s budgets in teams are gone with the user', async () => {
  const team = await desk.newTeam()
  const { id } = await desk.newUser({ teams: [{ team_id: team, max_budget_in_team: 5 }], auto_create_key: false })
  const { json } = await desk.get(query('/user/info', { user_id: id }))
  const { budget_id } = json.teams[0].team_memberships[0]
  expect(await desk.done('/budget/info', { budgets: [budget_id] })).toMatchObject([{ max_budget: 5 }])
  await desk.done('/user/delete', { user_ids: [id] })
  expect(await desk.done('/budget/info', { budgets: [budget_id] })).toEqual([])
})

test('a customer who has only been named in calls is there, can be changed, and keeps the spend', async () => {
  const user = unique('seen')
  const key = await desk.newKey()
  expect((await desk.chat('gpt-4o', key, { user })).status).toBe(200)
  const info = query('/customer/info', { end_user_id: user })
  const { spend } = await desk.read(info)
  expect(spend).toBeGreaterThan(0)
  expect(await desk.read('/customer/list')).toContainEqual(expect.objectContaining({ user_id: user, spend }))
  expect(await desk.done('/customer/update', { user_id: user, alias: 'Known' })).toMatchObject({
    alias: 'Known',
    spend,
  })
})

test('tags that calls brought can be looked at; deleting a stored one leaves what was spent', async () => {
  const name = unique('tag')
  await desk.done('/tag/new', { name, max_budget: 5 })
  const key = await desk.newKey({ tags: [name] })
  expect((await desk.chat('gpt-4o', key)).status).toBe(200)
  await desk.done('/tag/delete', { name })
  const { [name]: left } = await desk.done('/tag/info', { names: [name] })
  expect(left).toMatchObject({ name, models: null, litellm_budget_table: null })
  expect(left.spend).toBeGreaterThan(0)
})
