import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Json } from '../authority/support/caller.ts'
import { good } from '../authority/support/caller.ts'
import type { Verdict } from './support/asks.ts'
import { ask, chat } from './support/asks.ts'
import { newUser } from './support/people.ts'
import type { Town } from './support/town.ts'
import { openTown } from './support/town.ts'

const MAKE = '/key/generate'
const CHAT = '/v1/chat/completions'
let town: Town
let token: string

beforeAll(async () => {
  town = await openTown({
    auth: { user_id_jwt_field: 'sub', enforce_rbac: true },
    general: { role_permissions: [{ role: 'internal_user', models: ['m1'], routes: [MAKE, CHAT, '/key/update'] }] },
  })
  token = town.token({ sub: await newUser(town) })
})

afterAll(() => town.close())

const make = (body: object): Promise<Verdict> => ask(town, token, { method: 'POST', path: MAKE, body })

async function opensNoMore(body: object, made: Json): Promise<void> {
  const key = String(made['key'])
  const opens = [
    (await chat(town, key, { model: 'm2' })).status,
    (await ask(town, key, { path: '/v1/models' })).status,
    (await ask(town, key, { path: '/v1/embeddings', body: { model: 'm1', input: 'x' } })).status,
    (await ask(town, key, { path: '/key/list' })).status,
    (await ask(town, key, { path: '/user/info' })).status,
  ]
  expect([
    body,
    made['models'],
    made['allowed_routes'],
    opens.filter((status) => status !== 401 && status !== 403),
  ]).toEqual([body, ['m1'], expect.anything(), []])
}

test('INV-12: a key that a token makes opens no more than the token', async () => {
  expect((await chat(town, token)).status).toBe(200)
  for (const body of [
    {},
    { models: ['m1'] },
    { allowed_routes: [CHAT] },
    { allowed_routes: ['llm_api_routes'], models: ['m1'] },
    { allowed_routes: ['/v1/*'], models: ['m1'] },
    { allowed_routes: [CHAT, '/v1/embeddings'], models: ['m1'] },
    { allowed_routes: [CHAT], models: ['m1', 'm2'] },
    { allowed_routes: [CHAT], models: ['*'] },
    { allowed_routes: [CHAT], models: ['m1'], aliases: { m1: 'm2' } },
    { key_type: 'llm_api', models: ['m1'] },
    { key_type: 'default', models: ['m1'] },
  ]) {
    const { status, answer } = await make(body)
    // What is not said is taken over from the token; what is said beyond it is refused.
    if (status !== 200) expect([body, status]).toEqual([body, 403])
    else await opensNoMore(body, JSON.parse(answer.text) as Json)
  }
})

test('INV-12: nor can it be widened afterwards', async () => {
  const made = good(await town.holder(token).post(MAKE, { allowed_routes: [CHAT], models: ['m1'] }))
  const key = String(made['key'])
  expect((await chat(town, key)).status).toBe(200)
  expect((await chat(town, key, { model: 'm2' })).status).toBe(401)
  expect((await ask(town, key, { path: '/v1/models' })).status).toBe(403)
  for (const change of [{ allowed_routes: [] }, { models: [] }, { models: ['m2'] }, { allowed_routes: ['/*'] }]) {
    const { status } = await ask(town, token, { method: 'POST', path: '/key/update', body: { key, ...change } })
    expect([400, 403], JSON.stringify(change)).toContain(status)
  }
  expect((await chat(town, key, { model: 'm2' })).status).toBe(401)
})
