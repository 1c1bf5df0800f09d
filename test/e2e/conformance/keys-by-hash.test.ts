import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { STORES, openDesk, query } from '../management/support/desk.ts'
import type { Answer, Desk } from '../management/support/desk.ts'

interface Named {
  readonly hash: string
  readonly desk: Desk
}

/** Every call that names a key. What manages whole resources keeps the hash, and no key (gateway API, 16.1). */
const CALLS: readonly (readonly [name: string, call: (named: Named) => Promise<Answer>])[] = [
  ['GET /key/info', ({ desk, hash }) => desk.get(query('/key/info', { key: hash }))],
  ['POST /v2/key/info', ({ desk, hash }) => desk.post('/v2/key/info', { keys: [hash] })],
  ['GET /key/list', ({ desk, hash }) => desk.get(query('/key/list', { key_hash: hash }))],
  ['POST /key/update', ({ desk, hash }) => desk.post('/key/update', { key: hash, max_budget: 3 })],
  [
    'POST /key/bulk_update',
    ({ desk, hash }) => desk.post('/key/bulk_update', { keys: [{ key: hash, max_budget: 4 }] }),
  ],
  ['POST /key/block', ({ desk, hash }) => desk.post('/key/block', { key: hash })],
  ['POST /key/unblock', ({ desk, hash }) => desk.post('/key/unblock', { key: hash })],
  ['POST /key/{key}/reset_spend', ({ desk, hash }) => desk.post(`/key/${hash}/reset_spend`, { reset_to: 0 })],
  ['GET /spend/logs', ({ desk, hash }) => desk.get(query('/spend/logs', { api_key: hash }))],
  ['POST /key/{key}/regenerate', ({ desk, hash }) => desk.post(`/key/${hash}/regenerate`, {})],
  ['POST /key/regenerate', ({ desk, hash }) => desk.post('/key/regenerate', { key: hash })],
  ['POST /key/delete', ({ desk, hash }) => desk.post('/key/delete', { keys: [hash] })],
]

describe.each(STORES)('on the %s store', (store) => {
  let desk: Desk

  beforeAll(async () => {
    desk = await openDesk({ store })
  })

  afterAll(() => desk.close())

  test.each(CALLS)('%s takes a key by its SHA-256', async (_name, call) => {
    const { key, token_id } = await desk.done('/key/generate')
    expect((await desk.chat('gpt-4o', key)).status).toBe(200)
    const { status, text } = await call({ desk, hash: token_id })
    expect([status, text]).toEqual([200, expect.not.stringContaining(key)])
    expect(text).not.toMatch(/"failed_reason"|^\[\]/)
  })

  test('and no hash is a credential', async () => {
    const { token_id } = await desk.done('/key/generate')
    for (const key of [token_id, `sk-${token_id}`]) expect((await desk.get('/key/info', key)).status).toBe(401)
  })
})
