import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHAT_COST, hashOf, openDesk, query, unique } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'
import { expectFailure, HASH } from './support/expectations.ts'
import { KEY_ROW } from './support/shapes.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
})

afterAll(() => desk.close())

function list(params: Readonly<Record<string, string | number | boolean>>, key?: string): Promise<Answer['json']> {
  return desk.read(query('/key/list', params), key)
}

async function threeOf(fields: object): Promise<readonly string[]> {
  const made: string[] = []
  for (const _ of [1, 2, 3]) made.push((await desk.done('/key/generate', fields)).token_id)
  return made
}

describe('GET /key/list', () => {
  test('hashes by default, newest first, in the envelope that clients page by', async () => {
    const { id } = await desk.newUser({ auto_create_key: false })
    const made = await threeOf({ user_id: id })
    expect(await list({ user_id: id })).toEqual({
      keys: made.toReversed(),
      total_count: 3,
      current_page: 1,
      total_pages: 1,
    })
  })

  test('pages hold what was asked for, and none is said to follow the last', async () => {
    const { id } = await desk.newUser({ auto_create_key: false })
    const made = await threeOf({ user_id: id })
    const first = await list({ user_id: id, size: 2 })
    const second = await list({ user_id: id, size: 2, page: 2 })
    expect([first, second]).toMatchObject([
      { total_count: 3, current_page: 1, total_pages: 2, keys: { length: 2 } },
      { total_count: 3, current_page: 2, total_pages: 2, keys: { length: 1 } },
    ])
    expect([...first.keys, ...second.keys]).toEqual(made.toReversed())
  })

  test('nothing found is no page', async () => {
    expect(await list({ key_alias: unique('nobody') })).toEqual({
      keys: [],
      total_count: 0,
      current_page: 1,
      total_pages: 0,
    })
  })

  test('ten keys are a page unless another size is asked for, of a hundred at most', async () => {
    const { id } = await desk.newUser({ auto_create_key: false })
    await Promise.all(Array.from({ length: 11 }, () => desk.newKey({ user_id: id })))
    expect(await list({ user_id: id })).toMatchObject({ keys: { length: 10 }, total_count: 11, total_pages: 2 })
    expect(await list({ user_id: id, size: 100 })).toMatchObject({ keys: { length: 11 }, total_pages: 1 })
    for (const wrong of [{ size: 101 }, { size: 0 }, { page: 0 }]) {
      expectFailure(await desk.get(query('/key/list', wrong)), [400, 422])
    }
  })

  test('full objects are rows with their hash', async () => {
    const key_alias = unique('full')
    const { token_id } = await desk.done('/key/generate', { key_alias })
    expect(await list({ key_alias, return_full_object: true })).toMatchObject({
      keys: [{ ...KEY_ROW, key_alias, token: token_id }],
    })
  })

  test('`expand=user` shows the owner', async () => {
    const { id } = await desk.newUser({ auto_create_key: false, user_email: `${unique('ana')}@example.com` })
    await desk.newKey({ user_id: id })
    expect(await list({ user_id: id, return_full_object: true, expand: 'user' })).toMatchObject({
      keys: [{ user: { user_id: id } }],
    })
  })

  test('filters narrow: team, organisation, hash, alias', async () => {
    const team = await desk.newTeam()
    const { organization_id } = await desk.done('/organization/new', { organization_alias: unique('org') })
    const key_alias = unique('filtered')
    const fields = [{ team_id: team }, { organization_id }, { key_alias }]
    for (const field of fields) {
      const { token_id } = await desk.done('/key/generate', field)
      expect(await list(field)).toMatchObject({ keys: [token_id], total_count: 1 })
      expect(await list({ key_hash: token_id })).toMatchObject({ keys: [token_id], total_count: 1 })
    }
    expect(await list({ key_alias: key_alias.slice(2, -2) })).toMatchObject({ total_count: 1 })
  })

  test('sorts by the columns of the list, either way, and by no other', async () => {
    const { id } = await desk.newUser({ auto_create_key: false })
    const made: string[] = []
    for (const max_budget of [2, 3, 1])
      made.push((await desk.done('/key/generate', { user_id: id, max_budget })).token_id)
    const [two, three, one] = made
    expect(await list({ user_id: id, sort_by: 'max_budget', sort_order: 'asc' })).toMatchObject({
      keys: [one, two, three],
    })
    expect(await list({ user_id: id, sort_by: 'max_budget' })).toMatchObject({ keys: [three, two, one] })
    for (const sort_by of ['spend', 'created_at', 'updated_at', 'token', 'key_alias']) {
      expect(await list({ user_id: id, sort_by })).toMatchObject({ total_count: 3 })
    }
    expectFailure(await desk.get('/key/list?sort_by=models'), 400, /Invalid sort column\. Must be one of: /)
    expectFailure(await desk.get('/key/list?sort_by=spend&sort_order=up'), [400, 422])
  })

  test('a user sees its own, and may not ask for others', async () => {
    const owner = await desk.newUser()
    const other = await desk.newUser()
    const team = await desk.newTeam()
    expect(await list({}, owner.key)).toMatchObject({ keys: [hashOf(owner.key)], total_count: 1 })
    expect(await list({ user_id: owner.id }, owner.key)).toMatchObject({ total_count: 1 })
    expectFailure(await desk.get(query('/key/list', { user_id: other.id }), owner.key), 403, /another user's keys/)
    expectFailure(await desk.get(query('/key/list', { team_id: team }), owner.key), 403, /this team's keys/)
    const { organization_id } = await desk.done('/organization/new', { organization_alias: unique('org') })
    expectFailure(await desk.get(query('/key/list', { organization_id }), owner.key), 403, /this organization's keys/)
  })

  test('`include_team_keys` adds those of teams that the user administers', async () => {
    const admin = await desk.newUser()
    const team = await desk.newTeam({ members_with_roles: [{ user_id: admin.id, role: 'admin' }] })
    const { token_id } = await desk.done('/key/generate', { team_id: team })
    expect(await list({ include_team_keys: true }, admin.key)).toMatchObject({
      keys: expect.arrayContaining([token_id, hashOf(admin.key)]),
      total_count: 2,
    })
  })
})

test('GET /key/aliases names what the caller may see', async () => {
  const owner = await desk.newUser()
  const [own, foreign] = [unique('own'), unique('foreign')]
  await desk.newKey({ key_alias: own, user_id: owner.id })
  await desk.newKey({ key_alias: foreign })
  const all = await desk.read('/key/aliases')
  expect(all.aliases).toEqual(expect.arrayContaining([own, foreign]))
  const seen = await desk.read('/key/aliases', owner.key)
  expect(seen.aliases).toEqual([own])
})

describe('POST /key/{key}/reset_spend', () => {
  test('sets what was spent to what is said, and tells both', async () => {
    const { key, token_id } = await desk.done('/key/generate', { max_budget: 25, budget_duration: '30d' })
    expect((await desk.chat('gpt-4o', key)).status).toBe(200)
    const answer = await desk.done(`/key/${token_id}/reset_spend`, { reset_to: 0 })
    expect(answer).toEqual({
      key_hash: token_id,
      spend: 0,
      previous_spend: expect.closeTo(CHAT_COST, 8),
      max_budget: 25,
      budget_reset_at: expect.any(String),
    })
    expect((await desk.read(`/key/info?key=${token_id}`)).info.spend).toBe(0)
  })

  test('never to less than nothing, to more than was spent, or to more than the budget', async () => {
    const { token_id } = await desk.done('/key/generate', { max_budget: 1 })
    for (const reset_to of [-1, 0.5, 2]) {
      expectFailure(await desk.post(`/key/${token_id}/reset_spend`, { reset_to }), [400, 422])
    }
    expectFailure(await desk.post(`/key/${hashOf('nobody')}/reset_spend`, { reset_to: 0 }), 404)
    const { key } = await desk.newUser()
    expectFailure(await desk.post(`/key/${token_id}/reset_spend`, { reset_to: 0 }, key), [401, 403, 404])
  })
})

test('the hash of every listed key is one', async () => {
  await desk.newKey()
  const { keys } = await desk.read('/key/list')
  for (const hash of keys) expect(hash).toEqual(HASH)
})
