import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MASTER_KEY, openAdminApp, storeGone } from '../../support/admin-app.ts'
import type { AdminApp } from '../../support/admin-app.ts'
import { makeEntry, NOON } from '../../support/entries.ts'
import { epochMs, parseKeyDigest, parseUserId } from '../../../src/domain/ids.ts'
import type { KeyDigest, UserId } from '../../../src/domain/ids.ts'
import type { LedgerEntry } from '../../../src/domain/ledger-entry.ts'
import { NO_MONEY, picoUsd } from '../../../src/domain/money.ts'

const DAY = 86_400_000
const ANA = parseUserId('ana') as UserId
const MICRO = 1_000_000n

let app: AdminApp
beforeEach(async () => {
  app = await openAdminApp()
})
afterEach(() => app.close())

function digestOfKey(key: string): KeyDigest {
  return parseKeyDigest(createHash('sha256').update(key).digest('hex')) as KeyDigest
}

function charge(number: number, key: string, more: Partial<LedgerEntry> = {}): Promise<void> {
  return app.charge(makeEntry(number, { payer: { kind: 'key', digest: digestOfKey(key), alias: 'svc' }, ...more }))
}

function requestIds(rows: readonly { request_id: string }[]): readonly string[] {
  return rows.map((row) => row.request_id)
}

describe('GET /spend/logs', () => {
  test('a line has the columns that clients of the compatible API read', async () => {
    const key = await app.makeKey({ key_alias: 'svc' })
    await charge(1, key, {
      userId: ANA,
      amount: picoUsd(13_500_000n),
      firstByteAt: epochMs(NOON + 200),
      tags: ['prod'],
      sessionId: 's-1',
      clientAddress: '203.0.113.7',
      callerMetadata: { trip: 'north', spend_logs_metadata: { leg: 2 } },
    })
    const { status, json } = await app.get('/spend/logs?request_id=chatcmpl-1')
    expect(status).toBe(200)
    expect(json).toEqual([
      {
        request_id: 'chatcmpl-1',
        call_type: 'acompletion',
        api_key: digestOfKey(key),
        spend: 0.0000135,
        total_tokens: 15,
        prompt_tokens: 10,
        completion_tokens: 5,
        startTime: '2026-01-15T12:00:00.000Z',
        endTime: '2026-01-15T12:00:00.800Z',
        completionStartTime: '2026-01-15T12:00:00.200Z',
        request_duration_ms: 800,
        model: 'gpt-4o-2024-08-06',
        model_id: '',
        model_group: 'gpt-4o',
        custom_llm_provider: 'openai',
        api_base: '',
        user: 'ana',
        team_id: null,
        organization_id: null,
        end_user: '',
        agent_id: null,
        cache_hit: 'False',
        cache_key: 'Cache OFF',
        messages: {},
        response: {},
        proxy_server_request: {},
        request_tags: ['prod'],
        requester_ip_address: '203.0.113.7',
        session_id: 's-1',
        status: 'success',
        mcp_namespaced_tool_name: null,
        metadata: expect.objectContaining({
          user_api_key: digestOfKey(key),
          user_api_key_alias: 'svc',
          user_api_key_user_id: 'ana',
          status: 'success',
          pricing: 'priced',
          spend_logs_metadata: { leg: 2 },
          requester_metadata: { trip: 'north' },
          error_information: null,
          usage_object: expect.objectContaining({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }),
          model_map_information: { model_map_key: 'gpt-4o-2024-08-06', model_map_value: {} },
        }),
      },
    ])
  })

  test('a call without a price is seen as such', async () => {
    await charge(1, await app.makeKey(), { pricing: 'unpriced', amount: NO_MONEY })
    const [row] = (await app.get('/spend/logs')).json
    expect([row.spend, row.metadata.pricing, row.metadata.model_map_information.model_map_value]).toEqual([
      0,
      'unpriced',
      null,
    ])
  })

  test('a failure says which, in our words', async () => {
    await charge(1, await app.makeKey(), {
      status: 'failure',
      httpStatus: 504,
      errorClass: 'timeout',
      amount: NO_MONEY,
    })
    const [row] = (await app.get('/spend/logs')).json
    expect(row.status).toBe('failure')
    expect(row.metadata.error_information).toMatchObject({ error_code: '504', error_class: 'timeout' })
  })

  test('lines of the master key go by its alias, never by its digest', async () => {
    await app.charge(makeEntry(1, { payer: { kind: 'master' } }))
    const { json, text } = await app.get('/spend/logs')
    expect([json[0].api_key, json[0].metadata.user_api_key, json[0].user]).toEqual([
      'litellm_proxy_master_key',
      'litellm_proxy_master_key',
      'default_user_id',
    ])
    expect(text).not.toContain(digestOfKey(MASTER_KEY))
    const days = await app.get('/spend/logs?start_date=2026-01-15&end_date=2026-01-15')
    expect(days.json[0]).toMatchObject({ litellm_proxy_master_key: 0.0000135, spend: 0.0000135 })
    for (const name of ['litellm_proxy_master_key', MASTER_KEY]) {
      expect((await app.get(`/spend/logs?api_key=${name}`)).status).toBe(400)
    }
  })

  test('filters hold together, and what is unknown has no lines', async () => {
    const [one, two] = [await app.makeKey(), await app.makeKey()]
    await charge(1, one, { userId: ANA })
    await charge(2, two, { userId: ANA, startedAt: epochMs(NOON + 1) })
    await charge(3, two, { startedAt: epochMs(NOON + DAY) })
    const found = async (query: string) => requestIds((await app.get(`/spend/logs?${query}`)).json)
    expect(await found('')).toEqual(['chatcmpl-3', 'chatcmpl-2', 'chatcmpl-1'])
    expect(await found(`api_key=${two}`)).toEqual(['chatcmpl-3', 'chatcmpl-2'])
    expect(await found(`api_key=${digestOfKey(two)}&user_id=ana`)).toEqual(['chatcmpl-2'])
    expect(await found('user_id=ana')).toEqual(['chatcmpl-2', 'chatcmpl-1'])
    expect(await found('start_date=2026-01-15&end_date=2026-01-15&summarize=false')).toEqual([
      'chatcmpl-2',
      'chatcmpl-1',
    ])
    for (const nothing of ['request_id=none', 'api_key=svc', `api_key=${'0'.repeat(64)}`, 'user_id=bob']) {
      expect(await found(nothing)).toEqual([])
    }
  })

  test('with dates and nothing else there is one sum a day, up to the last of them', async () => {
    const [one, two] = [await app.makeKey(), await app.makeKey()]
    await charge(1, one, { userId: ANA, amount: picoUsd(250_000n * MICRO) })
    await charge(2, two, { modelGroup: 'o3', amount: picoUsd(500_000n * MICRO) })
    await charge(3, one, { startedAt: epochMs(NOON + DAY), amount: picoUsd(1_000_000n * MICRO) })
    await charge(4, one, { startedAt: epochMs(NOON + 9 * DAY) })
    expect((await app.get('/spend/logs?start_date=2026-01-10&end_date=2026-01-18')).json).toEqual([
      {
        startTime: '2026-01-15',
        spend: 0.75,
        [digestOfKey(one)]: 0.25,
        [digestOfKey(two)]: 0.5,
        users: { ana: 0.25 },
        models: { 'gpt-4o': 0.25, o3: 0.5 },
      },
      { startTime: '2026-01-16', spend: 1, [digestOfKey(one)]: 1, users: {}, models: { 'gpt-4o': 1 } },
      { startTime: '2026-01-17', spend: 0, users: {}, models: {} },
      { startTime: '2026-01-18', spend: 0, users: {}, models: {} },
    ])
  })

  test('what a key spent before it was rotated is among its lines', async () => {
    const key = await app.makeKey()
    await charge(1, key)
    const next = (await app.post('/key/regenerate', { key })).json.key
    await charge(2, next, { startedAt: epochMs(NOON + 1) })
    expect(requestIds((await app.get('/spend/logs', next)).json)).toEqual(['chatcmpl-2', 'chatcmpl-1'])
  })

  test('INV-14: a virtual key reads its own lines, whatever it asks for', async () => {
    const [mine, other] = [await app.makeKey(), await app.makeKey()]
    await charge(1, mine)
    await charge(2, other)
    await app.charge(makeEntry(3, { payer: { kind: 'master' } }))
    const found = async (query: string) => requestIds((await app.get(`/spend/logs?${query}`, mine)).json)
    for (const query of ['', `api_key=${mine}`, `api_key=${digestOfKey(mine)}`, 'request_id=chatcmpl-1']) {
      expect(await found(query)).toEqual(['chatcmpl-1'])
    }
    const foreign = [
      `api_key=${other}`,
      'request_id=chatcmpl-2',
      'request_id=chatcmpl-3',
      'user_id=ana',
      `api_key=${MASTER_KEY}`,
    ]
    for (const query of foreign) expect(await found(query)).toEqual([])
    const days = (await app.get('/spend/logs?start_date=2026-01-15&end_date=2026-01-15', mine)).json
    expect(Object.keys(days[0])).toEqual([digestOfKey(mine), 'startTime', 'spend', 'users', 'models'])
  })

  test.each([
    'start_date=2026-01-15',
    'end_date=2026-01-15',
    'start_date=2026-02-30&end_date=2026-03-01',
    'start_date=15.01.2026&end_date=16.01.2026',
    'start_date=2026-01-16&end_date=2026-01-15',
    'start_date=1000-01-01&end_date=2026-01-15',
    'start_date=2026-1-1&end_date=2026-01-15',
  ])('dates that make no range are refused: %s', async (query) => {
    expect((await app.get(`/spend/logs?${query}`)).status).toBe(400)
  })

  test('without a filter the newest thousand lines', async () => {
    const key = await app.makeKey()
    for (let n = 1; n <= 1_001; n += 1) await charge(n, key, { startedAt: epochMs(NOON + n) })
    const rows = (await app.get('/spend/logs')).json
    expect([rows.length, rows[0].request_id, rows.at(-1).request_id]).toEqual([1_000, 'chatcmpl-1001', 'chatcmpl-2'])
    expect((await app.get(`/spend/logs?api_key=${key}`)).json.length).toBe(1_001)
  })
})

test('GET /spend/keys: the keys by what they spent; GET /global/spend: all of it', async () => {
  const [one, two] = [await app.makeKey(), await app.makeKey()]
  await charge(1, one, { amount: picoUsd(250_000n * MICRO) })
  await charge(2, two, { amount: picoUsd(500_000n * MICRO) })
  await app.charge(makeEntry(3, { payer: { kind: 'master' }, amount: picoUsd(1_000_000n * MICRO) }))
  const keys: { token: string; spend: number }[] = (await app.get('/spend/keys')).json
  expect(keys.map(({ token, spend }) => [token, spend])).toEqual([
    [digestOfKey(two), 0.5],
    [digestOfKey(one), 0.25],
  ])
  expect((await app.get('/global/spend')).json).toEqual({ spend: 1.75, max_budget: 0 })
})

test('a ledger that does not answer is a 503 and not an empty list', async () => {
  const down = await openAdminApp({}, (ports) => ({
    ...ports,
    ledger: { ...ports.ledger, entries: () => Promise.reject(storeGone()) },
  }))
  expect((await down.get('/spend/logs')).status).toBe(503)
  await down.close()
})
