import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDesk, query, unique } from '../management/support/desk.ts'
import type { Answer, Desk } from '../management/support/desk.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk({ store: 'postgres' })
})

afterAll(() => desk.close())

function atOnce(ask: (n: number) => Promise<Answer>): Promise<readonly Answer[]> {
  return Promise.all(Array.from({ length: 16 }, (_, n) => ask(n)))
}

test('of many who make a key of one alias at the same time one does, and the others are told of the alias', async () => {
  const key_alias = unique('alias')
  const answers = await atOnce(() => desk.post('/key/generate', { key_alias }))
  const [made, ...refused] = answers.toSorted((a, b) => a.status - b.status)
  expect(made?.status).toBe(200)
  for (const { status, json } of refused) {
    expect([status, json.error.message]).toEqual([400, expect.stringContaining(`'${key_alias}' already exists`)])
  }
})

test('many who update somebody that there is not yet, at the same time, all do', async () => {
  const user_id = unique('user')
  const answers = await atOnce((n) => desk.post('/user/update', { user_id, metadata: { n }, max_budget: 7 }))
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  const { user_info } = await desk.read(query('/user/info', { user_id }))
  expect(user_info).toMatchObject({ user_id, max_budget: 7, metadata: { n: expect.any(Number) } })
})
