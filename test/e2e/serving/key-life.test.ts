import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { mockModel, startGateway } from '../../support/gateway.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { startMockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import type { MockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { createDatabase } from '../../support/stores.ts'
import { CHAT, chat, reach } from './support/rig.ts'
import type { Answer, Rig } from './support/rig.ts'

type Reach = ReturnType<typeof reach>

let mock: MockUpstream
let database: Awaited<ReturnType<typeof createDatabase>>
let replicas: readonly RunningGateway[]
let here: Reach
let there: Reach

beforeAll(async () => {
  mock = await startMockUpstream()
  database = await createDatabase()
  const config = { model_list: [mockModel('plain', mock.apiBase), mockModel('other', mock.apiBase)] }
  const first = await startGateway({ databaseUrl: database.url, config })
  const second = await startGateway({ databaseUrl: database.url, config })
  replicas = [first, second]
  here = reach(first)
  there = reach(second)
})

afterAll(async () => {
  await Promise.all(replicas.map((gateway) => gateway.stop()))
  await mock.close()
  await database.drop()
})

function ask(at: Pick<Rig, 'post'>, key: string, model = 'plain'): Promise<Answer> {
  return at.post(CHAT, chat(model), { key })
}

async function manage(path: string, body: object): Promise<Answer> {
  const answer = await here.post(path, body)
  expect(answer.status).toBe(200)
  return answer
}

test('a blocked key is refused at the next request, and served again when it is unblocked', async () => {
  const key = await here.newKey()
  expect((await ask(here, key)).status).toBe(200)
  await manage('/key/block', { key })
  const refused = await ask(here, key)
  expect(refused.status).toBe(401)
  expect(refused.text).toContain('Key is blocked')
  await manage('/key/unblock', { key })
  expect((await ask(here, key)).status).toBe(200)
})

test('a deleted key is refused at the next request', async () => {
  const key = await here.newKey()
  expect((await ask(here, key)).status).toBe(200)
  await manage('/key/delete', { keys: [key] })
  expect((await ask(here, key)).status).toBe(401)
})

test('a key is refused from the moment it expires', async () => {
  const key = await here.newKey({ duration: '2s' })
  expect((await ask(here, key)).status).toBe(200)
  const refused = await vi.waitFor(
    async () => {
      const answer = await ask(here, key)
      expect(answer.status).toBe(401)
      return answer
    },
    { timeout: 5_000, interval: 100 },
  )
  expect(JSON.parse(refused.text)).toMatchObject({
    error: { type: 'expired_key', code: '401', message: expect.stringContaining('Expired Key') },
  })
})

test('what a key may use changes with the next request', async () => {
  const key = await here.newKey({ models: ['plain'] })
  expect((await ask(here, key, 'other')).status).toBe(401)
  await manage('/key/update', { key, models: ['other'] })
  expect((await ask(here, key, 'other')).status).toBe(200)
  expect((await ask(here, key)).status).toBe(401)
})

test('a regenerated key replaces the old one at once', async () => {
  const old = await here.newKey()
  const { text } = await manage('/key/regenerate', { key: old })
  const { key }: { readonly key: string } = JSON.parse(text)
  expect((await ask(here, old)).status).toBe(401)
  expect((await ask(here, key)).status).toBe(200)
})

test('with a grace period the old key serves on for that long, on the same account', async () => {
  const old = await here.newKey()
  expect((await ask(here, old)).status).toBe(200)
  const { text } = await manage('/key/regenerate', { key: old, grace_period: '2s' })
  const { key }: { readonly key: string } = JSON.parse(text)
  expect((await ask(here, old)).status).toBe(200)
  expect((await ask(here, key)).status).toBe(200)

  const info = await here.get('/key/info', { key })
  const { info: account }: { readonly info: { readonly spend: number } } = JSON.parse(info.text)
  expect(account.spend.toFixed(8)).toBe((3 * 23e-6).toFixed(8))

  await vi.waitFor(async () => expect((await ask(here, old)).status).toBe(401), { timeout: 5_000, interval: 100 })
  expect((await ask(here, key)).status).toBe(200)
})

test('INV-20: what one replica is told, the other soon knows', async () => {
  const key = await here.newKey()
  expect((await ask(there, key)).status).toBe(200)
  await manage('/key/block', { key })
  await vi.waitFor(async () => expect((await ask(there, key)).status).toBe(401), { timeout: 2_000, interval: 20 })
  await manage('/key/unblock', { key })
  await vi.waitFor(async () => expect((await ask(there, key)).status).toBe(200), { timeout: 2_000, interval: 20 })
  await manage('/key/delete', { keys: [key] })
  await vi.waitFor(async () => expect((await ask(there, key)).status).toBe(401), { timeout: 2_000, interval: 20 })
})

test('two replicas add to one sum', async () => {
  const key = await here.newKey()
  await Promise.all(Array.from({ length: 20 }, (_, i) => ask(i % 2 === 0 ? here : there, key)))
  await vi.waitFor(
    async () => {
      const { text } = await here.get('/key/info', { key })
      const { info }: { readonly info: { readonly spend: number } } = JSON.parse(text)
      expect(info.spend.toFixed(8)).toBe((20 * 23e-6).toFixed(8))
    },
    { timeout: 5_000, interval: 50 },
  )
})
