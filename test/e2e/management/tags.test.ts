import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHAT_COST, openDesk, query, unique } from './support/desk.ts'
import type { Desk } from './support/desk.ts'
import { expectError, expectFailure, TIME } from './support/expectations.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
})

afterAll(() => desk.close())

describe('POST /tag/new', () => {
  test('says that it is there, and what it is', async () => {
    const name = unique('tag')
    const answer = await desk.done('/tag/new', { name, description: 'What it is for', models: ['gpt-4o-deployment'] })
    expect(answer).toEqual({
      message: `Tag ${name} created successfully`,
      tag: expect.objectContaining({
        name,
        description: 'What it is for',
        models: ['gpt-4o-deployment'],
        created_at: TIME,
        updated_at: TIME,
        created_by: 'default_user_id',
      }),
    })
    expect(answer.tag).toHaveProperty('model_info')
  })

  test('a name is taken once, and has to be given', async () => {
    const name = unique('tag')
    await desk.done('/tag/new', { name })
    expectFailure(await desk.post('/tag/new', { name }), [400, 500], new RegExp(name))
    expect((await desk.post('/tag/new', {})).status).toBe(422)
  })
})

describe('POST /tag/update and /tag/info', () => {
  test('only what is named changes', async () => {
    const name = unique('tag')
    await desk.done('/tag/new', { name, description: 'before', max_budget: 5, budget_duration: '30d' })
    expect(await desk.done('/tag/update', { name, description: 'after' })).toMatchObject({
      message: `Tag ${name} updated successfully`,
      tag: { name, description: 'after' },
    })
    expect(await desk.done('/tag/info', { names: [name] })).toMatchObject({
      [name]: { name, description: 'after', litellm_budget_table: { max_budget: 5, budget_duration: '30d' } },
    })
  })

  test('a shared budget is linked', async () => {
    const name = unique('tag')
    const { budget_id } = await desk.done('/budget/new', { max_budget: 7 })
    await desk.done('/tag/new', { name, budget_id })
    expect(await desk.done('/tag/info', { names: [name] })).toMatchObject({
      [name]: { litellm_budget_table: { budget_id, max_budget: 7 } },
    })
  })

  test('unknown names are told', async () => {
    const name = unique('no')
    expectFailure(await desk.post('/tag/info', { names: [name] }), [404, 500], /Tags not found: /)
    expectFailure(await desk.post('/tag/update', { name, description: 'x' }), [400, 404, 500])
  })
})

describe('GET /tag/list', () => {
  test('stored tags, and those that calls brought', async () => {
    const [stored, seen] = [unique('stored'), unique('seen')]
    await desk.done('/tag/new', { name: stored })
    const key = await desk.newKey({ tags: [seen] })
    expect((await desk.chat('gpt-4o', key)).status).toBe(200)
    const names = async (): Promise<string[]> => (await desk.read('/tag/list')).map((tag: { name: string }) => tag.name)
    await expect.poll(names, { timeout: 10_000 }).toEqual(expect.arrayContaining([stored, seen]))
  })

  test('in some days: the stored ones, and those that calls of these days brought', async () => {
    const [stored, seen] = [unique('stored'), unique('seen')]
    await desk.done('/tag/new', { name: stored })
    expect((await desk.chat('gpt-4o', await desk.newKey({ tags: [seen] }))).status).toBe(200)
    const listed = async (start_date: string, end_date: string): Promise<readonly string[]> => {
      const tags = await desk.read(query('/tag/list', { start_date, end_date }))
      return tags.map((tag: { name: string }) => tag.name).filter((name: string) => [stored, seen].includes(name))
    }
    const day = (fromNow: number): string => new Date(Date.now() + fromNow * 86_400_000).toISOString().slice(0, 10)
    await expect.poll(() => listed(day(-1), day(1)), { timeout: 10_000 }).toEqual([stored, seen])
    expect(await listed('2020-01-01', '2020-01-31')).toEqual([stored])
    expectFailure(await desk.get('/tag/list?start_date=soon&end_date=2026-01-01'), 400, /YYYY-MM-DD/)
    expectFailure(await desk.get('/tag/list?start_date=2026-01-01'), 400)
  })
})

test('a team’s tags are on every call of its keys, and what the tag may spend bounds them', async () => {
  const tag = unique('tag')
  await desk.done('/tag/new', { name: tag, max_budget: 1 })
  const key = await desk.newKey({ team_id: await desk.newTeam({ tags: [tag] }), tags: ['of-the-key'] })
  const { id } = (await desk.chat('gpt-4o', key, { tags: ['own'] })).json
  await expect
    .poll(() => desk.read(query('/spend/logs', { request_id: id })), { timeout: 5_000 })
    .toMatchObject([{ request_tags: ['of-the-key', tag, 'own'] }])
  await desk.done('/tag/update', { name: tag, max_budget: CHAT_COST })
  expectError(await desk.chat('gpt-4o', key), 429, { message: new RegExp(`Tag=${tag}`) })
})

describe('POST /tag/delete', () => {
  test('then it is gone', async () => {
    const name = unique('tag')
    await desk.done('/tag/new', { name })
    expect(await desk.done('/tag/delete', { name })).toEqual({ message: `Tag ${name} deleted successfully` })
    expectFailure(await desk.post('/tag/info', { names: [name] }), [404, 500])
    expectFailure(await desk.post('/tag/delete', { name }), [400, 404, 500])
  })
})

test('tags are not a plain user’s', async () => {
  const { key } = await desk.newUser()
  const name = unique('tag')
  await desk.done('/tag/new', { name })
  for (const path of ['/tag/new', '/tag/update', '/tag/delete']) {
    expectFailure(await desk.post(path, { name }, key), [401, 403])
  }
})
