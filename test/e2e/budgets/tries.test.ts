import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { bearer, mockModel, startGateway } from '../../support/gateway.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import type { MockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { startMockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { createDatabase } from '../../support/stores.ts'
import { CHAT, chat, reach } from '../serving/support/rig.ts'
import { query } from './support/rows.ts'

let mock: MockUpstream
let database: Awaited<ReturnType<typeof createDatabase>>
let gateway: RunningGateway
let newKey: ReturnType<typeof reach>['newKey']
let post: ReturnType<typeof reach>['post']

beforeAll(async () => {
  mock = await startMockUpstream()
  database = await createDatabase()
  const models = [
    mockModel('metered', mock.apiBase),
    mockModel('short', mock.apiBase, { info: { max_output_tokens: 100 } }),
    mockModel('dear', mock.apiBase, { input_cost_per_token: 1e-3, output_cost_per_token: 2e-3 }),
    mockModel('failing', mock.apiBase),
    mockModel('failing-to-dear', mock.apiBase),
  ]
  gateway = await startGateway({
    config: {
      model_list: models,
      router_settings: {
        num_retries: 2,
        disable_cooldowns: true,
        fallbacks: [{ failing: ['metered'] }, { 'failing-to-dear': ['dear'] }],
      },
    },
    databaseUrl: database.url,
  })
  ;({ newKey, post } = reach(gateway))
})
beforeEach(() => mock.clear())
afterAll(async () => {
  await gateway.stop()
  await mock.close()
  await database.drop()
})

interface Sums {
  readonly spent: number
  readonly held: number
}

/** Of the one account that a key's budget made, once every line has arrived. */
async function settled(alias: string): Promise<Sums> {
  return vi.waitFor(async () => {
    const [row] = await query(
      database.url,
      `select spent_pico::text as spent, held_pico::text as held,
        (select coalesce(sum(amount_pico), 0)::text from latchkey.ledger_entry line where line.key_digest = k.digest) as lines
      from latchkey.virtual_key k join latchkey.budget_account a on a.kind = 'key' and a.id = k.digest where k.alias = '${alias}'`,
    )
    expect(row).toMatchObject({ held: '0', spent: row?.['lines'] })
    return { spent: Number(row?.['spent']) / 1e12, held: 0 }
  })
}

async function stream(key: string, body: object): Promise<string> {
  const response = await fetch(gateway.url + CHAT, {
    method: 'POST',
    headers: { ...bearer(key), 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, stream: true }),
  })
  return response.text()
}

test('AC-108, Z-35: a stream without an end is ended at what was reserved, with a reason, and spends no more', async () => {
  mock.script('short', { words: 10_000, gapMs: 1 })
  const key = await newKey({ max_budget: 0.0004, key_alias: 'endless' })
  const text = await stream(key, chat('short'))
  const last = text.trimEnd().split('\n\n').at(-1) ?? ''
  expect(JSON.parse(last.replace(/^data: /, ''))).toMatchObject({
    error: { type: 'budget_exceeded', code: '429', message: expect.stringContaining('Budget has been exceeded!') },
  })
  const { spent } = await settled('endless')
  expect(spent).toBeGreaterThan(0.0002)
  expect(spent).toBeLessThanOrEqual(0.0004)
  await expect.poll(() => mock.bill.entries.at(-1)?.outcome).toBe('aborted-by-caller')
})

test('a stream that keeps to its limit is not ended early', async () => {
  mock.script('metered', { words: 90 })
  const key = await newKey({ max_budget: 0.0005, key_alias: 'honest' })
  const text = await stream(key, chat('metered', { max_tokens: 100 }))
  expect(text).toContain('data: [DONE]')
  expect((await settled('honest')).spent).toBeCloseTo(7e-6 + 90 * 2e-6, 9)
})

test('a model of unknown length is told where to stop', async () => {
  const key = await newKey({ max_budget: 1 })
  await post(CHAT, chat('metered'), { key })
  expect(JSON.parse(String(mock.requests.all.at(-1)?.body))).toMatchObject({ max_tokens: 4096 })
  await post(CHAT, chat('metered'), { key: await newKey() })
  expect(JSON.parse(String(mock.requests.all.at(-1)?.body))).not.toHaveProperty('max_tokens')
})

test('AC-110: a client that leaves is charged for what was done, and nothing stays held', async () => {
  mock.script('metered', { words: 200, gapMs: 20 })
  const key = await newKey({ max_budget: 0.01, key_alias: 'leaver' })
  const leaving = new AbortController()
  const response = await fetch(gateway.url + CHAT, {
    method: 'POST',
    headers: { ...bearer(key), 'content-type': 'application/json' },
    body: JSON.stringify(chat('metered', { max_tokens: 300, stream: true })),
    signal: leaving.signal,
  })
  const reader = response.body?.getReader()
  await reader?.read()
  leaving.abort()
  await reader?.read().catch(() => undefined)
  const { spent } = await settled('leaver')
  expect(spent).toBeGreaterThan(0)
  expect(spent).toBeLessThan(0.0005)
})

test('AC-110: tries that fail unbilled leave the hold to the one that answers', async () => {
  mock.script('metered', { words: 10, times: 2, refusal: { status: 500, headers: {}, body: '{}' } })
  const key = await newKey({ max_budget: 300e-6, key_alias: 'retried' })
  const { status } = await post(CHAT, chat('metered', { max_tokens: 100 }), { key })
  expect(status).toBe(200)
  await settled('retried')
})

test('a try that may have been billed needs a new reservation for the next one, or there is none', async () => {
  mock.script('metered', { cut: { afterChunks: -1, how: 'reset' } })
  const body = chat('metered', { max_tokens: 100 })
  const rich = await newKey({ max_budget: 1, key_alias: 'billed' })
  expect((await post(CHAT, body, { key: rich })).status).toBe(500)
  expect(mock.requests.total).toBe(3)
  expect((await settled('billed')).spent).toBeGreaterThan(0)

  mock.clear()
  mock.script('metered', { cut: { afterChunks: -1, how: 'reset' } })
  const poor = await newKey({ max_budget: 60e-6, key_alias: 'billed-poor' })
  expect((await post(CHAT, body, { key: poor })).status).toBe(500)
  expect(mock.requests.total).toBe(1)
  const { spent } = await settled('billed-poor')
  expect(spent).toBeLessThanOrEqual(60e-6)
})

test('a fallback within the budget answers; one beyond it is passed over', async () => {
  const refusal = { status: 500, headers: {}, body: '{}' }
  mock.script('failing', { refusal })
  mock.script('failing-to-dear', { refusal })
  const key = await newKey({ max_budget: 0.01, key_alias: 'falling' })
  expect((await post(CHAT, chat('failing', { max_tokens: 100 }), { key })).status).toBe(200)
  expect((await post(CHAT, chat('failing-to-dear', { max_tokens: 100 }), { key })).status).toBe(500)
  expect(mock.bill.entries.every(({ model }) => model !== 'dear')).toBe(true)
  await settled('falling')
})

test('a call that the upstream refuses costs nothing and leaves nothing held', async () => {
  mock.script('metered', { refusal: { status: 400, headers: {}, body: '{"error":{"message":"no"}}' } })
  const key = await newKey({ max_budget: 0.01, key_alias: 'refused' })
  expect((await post(CHAT, chat('metered'), { key })).status).toBe(400)
  expect((await settled('refused')).spent).toBe(0)
})

describe('a response in the background costs what it may write at most, because it goes on without us', () => {
  const QUEUED = { id: 'resp_queued', object: 'response', status: 'queued', background: true, output: [] }
  const ask = (key: string, more: object = {}): ReturnType<typeof post> =>
    post('/v1/responses', { model: 'short', input: 'Take your time', background: true, ...more }, { key })

  test.each([
    ['nothing', {}],
    ['zeros', { usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 } }],
  ])('when its answer tells %s', async (_what, usage) => {
    const body = JSON.stringify({ ...QUEUED, ...usage })
    mock.script('short', { refusal: { status: 200, headers: { 'content-type': 'application/json' }, body } })
    for (const fields of [{}, { max_budget: 1 }]) {
      const key = await newKey(fields)
      const { status, headers } = await ask(key)
      expect(status).toBe(200)
      // A hundred tokens are what the model may write.
      expect(Number(headers.get('x-litellm-response-cost'))).toBeGreaterThan(100 * 2e-6)
      const shorter = await ask(key, { max_output_tokens: 30 })
      expect(Number(shorter.headers.get('x-litellm-response-cost'))).toBeLessThan(100 * 2e-6)
    }
  })

  test('within the budget, as often as that pays for it', async () => {
    const body = JSON.stringify(QUEUED)
    mock.script('short', { refusal: { status: 200, headers: { 'content-type': 'application/json' }, body } })
    const key = await newKey({ max_budget: 3 * 100 * 2e-6 })
    const statuses = []
    for (let n = 0; n < 5; n += 1) statuses.push((await ask(key, { max_output_tokens: 100 })).status)
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(3)
    expect(statuses.at(-1)).toBe(429)
  })
})
