import { afterAll, beforeAll, expect, test } from 'vitest'
import { REALTIME, refusal, talk } from '../realtime/support/talk.ts'
import { revoke } from './support/revoke.ts'
import { fresh, openTown } from './support/town.ts'
import type { Town } from './support/town.ts'

let town: Town

beforeAll(async () => {
  town = await openTown({ auth: { user_id_jwt_field: 'sub', user_id_upsert: true } })
})
afterAll(() => town.close())

const BODY = JSON.stringify({ model: 'm1', messages: [{ role: 'user', content: 'Hello' }] })

/** By one header, on one route: where it is let in at all, a revoked token must not be. */
async function knock(path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const isRead = path === '/v1/models'
  const reply = await fetch(town.gateway.url + path, {
    method: isRead ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    ...(isRead ? {} : { body: BODY }),
  })
  await reply.text()
  return reply.status
}

const HEADERS: readonly (readonly [string, (token: string) => Readonly<Record<string, string>>])[] = [
  ['authorization', (token) => ({ authorization: `Bearer ${token}` })],
  ['authorization, lower case', (token) => ({ authorization: `bearer ${token}` })],
  ['x-litellm-api-key', (token) => ({ 'x-litellm-api-key': `Bearer ${token}` })],
  ['api-key', (token) => ({ 'api-key': token })],
  ['x-api-key', (token) => ({ 'x-api-key': token })],
  ['x-goog-api-key', (token) => ({ 'x-goog-api-key': token })],
]
const PATHS = ['/v1/chat/completions', '/chat/completions', '/openai/deployments/m1/chat/completions', '/v1/models']

test('J-31: a revoked token opens no door that it opened before, whatever was remembered of it there', async () => {
  const token = town.token({ sub: fresh('person') })
  for (const [, headers] of HEADERS) for (const path of PATHS) expect(await knock(path, headers(token)), path).toBe(200)
  const session = await talk(town.gateway, `${REALTIME}m1`, { key: token })

  await revoke(town, { token })
  for (const [name, headers] of HEADERS)
    for (const path of PATHS) expect(await knock(path, headers(token)), `${name} on ${path}`).toBe(401)
  expect((await refusal(town.gateway, `${REALTIME}m1`, { key: token })).status).toBe(403)
  const protocols = ['realtime', `openai-insecure-api-key.${token}`]
  expect((await refusal(town.gateway, `${REALTIME}m1`, { key: null, protocols })).status).toBe(403)
  expect((await session.closed).code).toBe(1008)
})

test('J-31: calls under way at the same moment end in one of two ways, and none is let in afterwards', async () => {
  const token = town.token({ sub: fresh('person') })
  const headers = { authorization: `Bearer ${token}` }
  expect(await knock('/v1/chat/completions', headers)).toBe(200)
  const [statuses] = await Promise.all([
    Promise.all(Array.from({ length: 20 }, () => knock('/v1/chat/completions', headers))),
    revoke(town, { token }),
  ])
  for (const status of statuses) expect([200, 401]).toContain(status)
  const after = await Promise.all(Array.from({ length: 20 }, () => knock('/v1/chat/completions', headers)))
  expect(new Set(after)).toEqual(new Set([401]))
})
