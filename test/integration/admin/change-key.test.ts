import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MASTER_KEY, openAdminApp, storeGone } from '../../support/admin-app.ts'
import type { AdminApp } from '../../support/admin-app.ts'
import { makeEntry } from '../../support/entries.ts'
import { parseKeyDigest } from '../../../src/domain/ids.ts'
import type { KeyDigest } from '../../../src/domain/ids.ts'
import { picoUsd } from '../../../src/domain/money.ts'

const HOUR = 3_600_000
const CHOSEN = 'sk-Zt7wQ2nB9xKe4LmVr8PdHs3GuYc6FaJ1Tb'

function digestOfKey(key: string): KeyDigest {
  return parseKeyDigest(createHash('sha256').update(key).digest('hex')) as KeyDigest
}

let app: AdminApp
beforeEach(async () => {
  app = await openAdminApp()
})
afterEach(() => app.close())

/** The key goes in the body unless the path names it. */
function named(path: string, key: string): { readonly key?: string } {
  return path.includes(digestOfKey(key)) ? {} : { key }
}

async function statusOf(key: string): Promise<number> {
  return (await app.get('/key/info', key)).status
}

describe('POST /key/update', () => {
  test('only what is sent is touched, and the answer is the whole row, and not the key again', async () => {
    const key = await app.makeKey({
      key_alias: 'svc',
      models: ['gpt-4o'],
      tags: ['prod'],
      user_id: 'ana',
      duration: '1d',
    })
    app.pass(1_000)
    const { status, json } = await app.post('/key/update', {
      key,
      metadata: { tier: 'gold' },
      key_alias: null,
      user_id: '',
    })
    expect(status).toBe(200)
    expect(json).toMatchObject({
      key: digestOfKey(key),
      token: digestOfKey(key),
      key_alias: 'svc',
      user_id: 'ana',
      models: ['gpt-4o'],
      metadata: { tier: 'gold', tags: ['prod'] },
      expires: '2026-01-16T12:00:00.000Z',
      created_at: '2026-01-15T12:00:00.000Z',
      updated_at: '2026-01-15T12:00:01.000Z',
      rotation_count: 0,
    })
  })

  test('a key may be named by its digest', async () => {
    const key = await app.makeKey()
    const { json } = await app.post('/key/update', { key: digestOfKey(key), models: ['o3'] })
    expect(json).toMatchObject({ key: digestOfKey(key), models: ['o3'] })
  })

  test('two changes within one millisecond have two times', async () => {
    const key = await app.makeKey()
    const times = [
      (await app.post('/key/update', { key, key_alias: 'one' })).json.updated_at,
      (await app.post('/key/update', { key, key_alias: 'two' })).json.updated_at,
    ]
    expect(times).toEqual(['2026-01-15T12:00:00.001Z', '2026-01-15T12:00:00.002Z'])
  })

  test.each([['-1'], [null]])('the duration %j takes the expiry away', async (duration) => {
    const key = await app.makeKey({ duration: '1h' })
    expect((await app.post('/key/update', { key, duration })).json.expires).toBeNull()
  })

  test.each(['-1s', '0', '1e9d', 'NaN', ' ', '10000000000d', '1d; x', '-2'])(
    'AC-048, K-10: the duration %j is refused and the expiry stays',
    async (duration) => {
      const key = await app.makeKey({ duration: '1h' })
      expect((await app.post('/key/update', { key, duration })).status).toBe(400)
      expect((await app.get('/key/info', key)).json.info.expires).toBe('2026-01-15T13:00:00.000Z')
    },
  )

  test('an empty duration, as resource managers send it, changes nothing; in a rotation it is refused', async () => {
    const key = await app.makeKey({ duration: '1h' })
    const { status, json } = await app.post('/key/update', { key, duration: '', max_budget: 3 })
    expect([status, json.expires, json.max_budget]).toEqual([200, '2026-01-15T13:00:00.000Z', 3])
    const bulk = await app.post('/key/bulk_update', { keys: [{ key, duration: '', max_budget: 4 }] })
    expect(bulk.json.successful_updates[0].key_info).toMatchObject({ expires: json.expires, max_budget: 4 })
    expect((await app.post('/key/regenerate', { key, duration: '' })).status).toBe(400)
  })

  test('an entry of the wrong shape is told by its place among the keys', async () => {
    const key = await app.makeKey()
    const good = { key, max_budget: 1 }
    const wrong = await app.post('/key/bulk_update', { keys: [good, good, { key, tpm_limit: 'many' }] })
    expect([wrong.status, wrong.json.detail[0].loc]).toEqual([422, ['body', 'keys', 2, 'tpm_limit']])
    const nameless = await app.post('/key/bulk_update', { keys: [good, { max_budget: 1 }] })
    expect([nameless.status, nameless.json.detail]).toEqual([
      422,
      [{ type: 'missing', loc: ['body', 'keys', 1, 'key'], msg: 'Field required', input: {} }],
    ])
    const later = await app.post('/key/bulk_update', { keys: [good, { key, guardrails: ['x'] }] })
    expect(later.status).toBe(400)
    expect(later.json.error.message).toMatch(/^keys\[1\]: `guardrails`: /)
    expect((await app.get('/key/info', key)).json.info.max_budget).toBeNull()
  })

  test('gateway-api 16.1: limits of 0 are kept, and the log says of which key', async () => {
    const warned: unknown[] = []
    const log = { warn: (_message: string, facts: unknown) => void warned.push(facts) }
    const watched = await openAdminApp({}, (ports) => ({ ...ports, log }))
    const key = await watched.makeKey({ max_budget: 5 })
    const { json } = await watched.post('/key/update', { key, max_budget: 0, tpm_limit: 0, rpm_limit: 7, team_id: '' })
    expect(json).toMatchObject({ max_budget: 0, tpm_limit: 0, team_id: null })
    const about = { event: 'zero_limits', key_name: json.key_name }
    expect(warned).toEqual([{ ...about, limits: 'max_budget, tpm_limit' }])

    await watched.post('/key/bulk_update', {
      keys: [
        { key, rpm_limit: 0 },
        { key: 'sk-nobody', rpm_limit: 0 },
      ],
    })
    expect(warned.slice(1)).toEqual([{ ...about, limits: 'rpm_limit' }])
    const made = await watched.post('/key/generate', { max_parallel_requests: 0 })
    expect(warned.slice(2)).toEqual([{ ...about, key_name: made.json.key_name, limits: 'max_parallel_requests' }])
    const rotated = await watched.post('/key/regenerate', { key: made.json.key, soft_budget: 0 })
    expect(warned.slice(3)).toEqual([{ ...about, key_name: rotated.json.key_name, limits: 'soft_budget' }])
    expect((await watched.post('/key/update', { key: 'sk-nobody', max_budget: 0 })).status).toBe(404)
    expect(warned).toHaveLength(4)
    await watched.close()
  })

  test('no change climbs over the operator’s bound', async () => {
    const bound = await openAdminApp({ keyUpperBounds: { duration: '30d' } })
    const key = await bound.makeKey()
    for (const duration of ['31d', '-1', null]) {
      expect((await bound.post('/key/update', { key, duration })).status).toBe(400)
      expect((await bound.post('/key/regenerate', { key, duration })).status).toBe(400)
    }
    await bound.close()
  })

  test('zeros that a resource manager sends are amounts, and its empty texts are nothing', async () => {
    const key = await app.makeKey({ models: ['o3'], max_budget: 5 })
    const { status, json } = await app.post('/key/update', {
      key,
      max_budget: 0,
      tpm_limit: 0,
      team_id: '',
      organization_id: '',
      blocked: 'false',
    })
    expect([status, json.max_budget, json.tpm_limit, json.team_id, json.models]).toEqual([200, 0, 0, null, ['o3']])
    expect((await app.post('/key/update', { key, max_budget: '', tpm_limit: null })).json).toMatchObject({
      max_budget: null,
      tpm_limit: null,
    })
  })

  test('an alias that another key has, and a key that nobody has, are refused', async () => {
    await app.makeKey({ key_alias: 'taken' })
    const key = await app.makeKey()
    expect((await app.post('/key/update', { key, key_alias: 'taken' })).json.error.param).toBe('key_alias')
    for (const unknown of [CHOSEN, '0'.repeat(64), 'svc']) {
      const { status, json } = await app.post('/key/update', { key: unknown })
      expect([status, json.error.type, json.error.param]).toEqual([404, 'not_found_error', 'key'])
    }
  })

  test('a body without a key is a 422', async () => {
    const { status, json } = await app.post('/key/update', { models: [] })
    expect([status, json.detail[0]]).toEqual([
      422,
      { type: 'missing', loc: ['body', 'key'], msg: 'Field required', input: {} },
    ])
  })

  test('AC-047: a user’s key raises nothing about itself, by update or by rotation, and lowers what it likes', async () => {
    const key = await app.makeKey({ user_id: 'ana', models: ['o3'], max_budget: 1, duration: '1h', rpm_limit: 5 })
    const raises = [
      { models: [] },
      { models: ['gpt-4o'] },
      { duration: null },
      { duration: '2h' },
      { max_budget: 2 },
      { max_budget: null },
      { rpm_limit: 6 },
      { user_id: 'root' },
      { team_id: 'team' },
    ]
    for (const path of ['/key/update', '/key/regenerate', `/key/${digestOfKey(key)}/regenerate`]) {
      for (const raise of raises) {
        const { status } = await app.post(path, { ...named(path, key), ...raise }, key)
        expect([path, raise, status]).toEqual([path, raise, 403])
      }
    }
    expect((await app.get('/key/info', key)).json.info).toMatchObject({
      models: ['o3'],
      max_budget: 1,
      rpm_limit: 5,
      user_id: 'ana',
      team_id: null,
      expires: '2026-01-15T13:00:00.000Z',
      rotation_count: 0,
    })
    expect((await app.post('/key/update', { key, max_budget: 0.5 }, key)).json.max_budget).toBe(0.5)
  })
})

describe('POST /key/block and /key/unblock', () => {
  test('a blocked key is refused at once and works again when it is unblocked', async () => {
    const key = await app.makeKey()
    const blocked = await app.post('/key/block', { key: digestOfKey(key) })
    expect(blocked.json).toMatchObject({ token: digestOfKey(key), blocked: true })
    const refused = await app.get('/key/info', key)
    expect([refused.status, refused.json.error.message]).toEqual([
      401,
      "Authentication Error, Key is blocked. Update via `/key/unblock` if you're an admin.",
    ])
    expect((await app.post('/key/unblock', { key })).json.blocked).toBe(false)
    expect(await statusOf(key)).toBe(200)
  })

  test('what is no key and what is no known key are told apart, and no key is said back', async () => {
    expect((await app.post('/key/block', { key: 'svc' })).json.error).toMatchObject({
      message: 'Invalid key format.',
      code: '400',
    })
    const { status, text } = await app.post('/key/block', { key: CHOSEN })
    expect(status).toBe(404)
    expect(text).toContain('Key sk-...J1Tb'.replace('J1Tb', CHOSEN.slice(-4)))
    expect(text).not.toContain(CHOSEN)
  })
})

describe('POST /key/delete', () => {
  test('keys are deleted by value, digest and alias, and the answer says no key back', async () => {
    const [one, two, three] = [await app.makeKey(), await app.makeKey(), await app.makeKey({ key_alias: 'svc' })]
    expect((await app.post('/key/delete', { keys: [one, digestOfKey(two)] })).json).toEqual({
      deleted_keys: [digestOfKey(one), digestOfKey(two)],
    })
    expect((await app.post('/key/delete', { key_aliases: ['svc'] })).json).toEqual({ deleted_keys: ['svc'] })
    expect(await Promise.all([one, two, three].map(statusOf))).toEqual([401, 401, 401])
  })

  test('with one of them unknown none is deleted', async () => {
    const key = await app.makeKey()
    for (const body of [{ keys: [key, CHOSEN] }, { keys: [key], key_aliases: ['nobody'] }, { keys: ['svc', key] }]) {
      expect((await app.post('/key/delete', body)).status).toBe(404)
    }
    expect(await statusOf(key)).toBe(200)
  })

  test.each([{}, { keys: [] }, { keys: null, key_aliases: [] }])('%j names nothing to delete', async (body) => {
    const { status, json } = await app.post('/key/delete', body)
    expect(status).toBe(422)
    expect(json.detail[0]).toMatchObject({
      type: 'value_error',
      msg: "Value error, At least one of 'keys' or 'key_aliases' must be provided.",
    })
  })
})

describe('POST /key/regenerate', () => {
  test('K-09: the row keeps its history and its spend, and the secret so far is dead at once', async () => {
    const key = await app.makeKey({ key_alias: 'svc', duration: '1d' })
    await app.charge(
      makeEntry(1, {
        payer: { kind: 'key', digest: digestOfKey(key), alias: 'svc' },
        amount: picoUsd(250_000_000_000n),
      }),
    )
    app.pass(1_000)
    const { status, headers, json } = await app.post(`/key/${digestOfKey(key)}/regenerate`)
    expect([status, headers['cache-control']]).toEqual([200, 'no-store'])
    expect(json).toMatchObject({
      key_alias: 'svc',
      spend: 0.25,
      expires: '2026-01-16T12:00:00.000Z',
      token_id: digestOfKey(json.key),
    })
    expect([await statusOf(key), await statusOf(json.key)]).toEqual([401, 200])
    expect((await app.get('/key/info', json.key)).json.info).toMatchObject({
      spend: 0.25,
      rotation_count: 1,
      last_rotation_at: '2026-01-15T12:00:01.000Z',
    })
  })

  test('AC-046: with grace both work; after a second rotation only the newest; after a block none', async () => {
    const first = await app.makeKey()
    const second = (await app.post('/key/regenerate', { key: first, grace_period: '1h' })).json.key
    expect([await statusOf(first), await statusOf(second)]).toEqual([200, 200])
    expect((await app.get(`/key/info?key=${first}`, first)).status).toBe(200)
    const third = (await app.post('/key/regenerate', { key: second })).json.key
    expect([await statusOf(first), await statusOf(second), await statusOf(third)]).toEqual([401, 401, 200])
    await app.post('/key/block', { key: third })
    expect([await statusOf(first), await statusOf(second), await statusOf(third)]).toEqual([401, 401, 401])
  })

  test('AC-046: a block ends the secret in its grace period too', async () => {
    const first = await app.makeKey()
    const second = (await app.post('/key/regenerate', { key: first, grace_period: '7d' })).json.key
    await app.post('/key/block', { key: second })
    expect([await statusOf(first), await statusOf(second)]).toEqual([401, 401])
  })

  test.each(['secret', 'digest'])('K-09: whoever finds an old %s in its grace can end what it opens', async (named) => {
    const first = await app.makeKey()
    const name = named === 'secret' ? first : digestOfKey(first)
    const second = (await app.post('/key/regenerate', { key: first, grace_period: '7d' })).json.key
    expect((await app.post('/key/block', { key: name })).json).toMatchObject({
      token: digestOfKey(second),
      blocked: true,
    })
    expect([await statusOf(first), await statusOf(second)]).toEqual([401, 401])
    await app.post('/key/unblock', { key: name })
    expect([await statusOf(first), await statusOf(second)]).toEqual([200, 200])

    expect((await app.post('/key/delete', { keys: [name, second] })).status).toBe(200)
    expect([await statusOf(first), await statusOf(second)]).toEqual([401, 401])
    expect((await app.post('/key/delete', { keys: [name] })).status).toBe(404)
  })

  test('K-09: once its grace is over an old secret names nothing', async () => {
    const key = await app.makeKey()
    await app.post('/key/regenerate', { key, grace_period: '1h' })
    app.pass(HOUR)
    expect((await app.post('/key/block', { key })).status).toBe(404)
    expect((await app.post('/key/delete', { keys: [key] })).status).toBe(404)
  })

  test('K-09: a grace period ends when it said', async () => {
    const key = await app.makeKey()
    await app.post('/key/regenerate', { key, grace_period: '1h' })
    app.pass(HOUR - 1)
    expect(await statusOf(key)).toBe(200)
    app.pass(1)
    expect(await statusOf(key)).toBe(401)
  })

  test.each(['8d', '1mo', '7d1s', '-1h', '169h', 'soon'])(
    'K-09: the grace period %j is refused and nothing is rotated',
    async (grace_period) => {
      const key = await app.makeKey()
      expect((await app.post('/key/regenerate', { key, grace_period })).status).toBe(400)
      expect(await statusOf(key)).toBe(200)
    },
  )

  test('the operator’s grace period holds unless the caller says otherwise, and never beyond 7 days', async () => {
    const usual = await openAdminApp({ keyRotationGraceMs: 30 * 24 * HOUR })
    const [one, two] = [await usual.makeKey(), await usual.makeKey()]
    await usual.post('/key/regenerate', { key: one })
    await usual.post('/key/regenerate', { key: two, grace_period: '0s' })
    expect([(await usual.get('/key/info', one)).status, (await usual.get('/key/info', two)).status]).toEqual([200, 401])
    usual.pass(7 * 24 * HOUR)
    expect((await usual.get('/key/info', one)).status).toBe(401)
    await usual.close()
  })

  test('a rotation may carry changes and a chosen key, under the rules of update and generate', async () => {
    const key = await app.makeKey()
    expect((await app.post('/key/regenerate', { key, new_key: 'sk-1234' })).status).toBe(400)
    expect((await app.post('/key/regenerate', { key, new_key: key })).status).toBe(400)
    expect((await app.post('/key/regenerate', { key, max_budget: -50 })).status).toBe(400)
    const order = { key, new_key: CHOSEN, models: ['o3'], duration: '1d', max_budget: 50 }
    const { json } = await app.post('/key/regenerate', order)
    expect(json).toMatchObject({ key: CHOSEN, models: ['o3'], duration: '1d', max_budget: 50 })
    expect(json.expires).toBe('2026-01-16T12:00:00.000Z')
  })

  test('what it cannot do is said', async () => {
    const key = await app.makeKey()
    const messages = await Promise.all(
      [{}, { key: CHOSEN }, { key, new_master_key: 'sk-x' }, { key: MASTER_KEY }].map(
        async (body) => (await app.post('/key/regenerate', body)).json.error,
      ),
    )
    expect(messages).toMatchObject([
      { code: '400', message: 'No key passed in.' },
      { code: '404', message: `Key sk-...${CHOSEN.slice(-4)} not found.` },
      { code: '400', message: expect.stringContaining('configuration') },
      { code: '400', message: expect.stringContaining('configuration') },
    ])
    expect((await app.post(`/key/${digestOfKey(key)}/regenerate`, { key: CHOSEN })).status).toBe(400)
  })

  test('a key that has expired gets no new secret that has expired as well', async () => {
    const key = await app.makeKey({ duration: '1h', key_alias: 'once' })
    app.pass(3_600_000)
    const refused = await app.post('/key/regenerate', { key, max_budget: 1 })
    expect([refused.status, refused.json.error.message]).toEqual([400, expect.stringContaining('`duration`')])
    expect((await app.get(`/key/info?key=${key}`)).json.info).toMatchObject({ rotation_count: 0, max_budget: null })

    const renewed = await app.post('/key/regenerate', { key, duration: '1h' })
    expect(renewed).toMatchObject({ status: 200, json: { key_alias: 'once' } })
    expect((await app.get('/key/info', renewed.json.key)).status).toBe(200)
    expect((await app.get('/key/info', key)).status).toBe(401)
  })

  test('a holder is never left without the new secret: spend is asked before the old one is gone', async () => {
    const broken = await openAdminApp({}, (ports) => ({
      ...ports,
      ledger: { ...ports.ledger, spendOfKeys: () => Promise.reject(storeGone()) },
    }))
    const key = await broken.makeKey()
    expect((await broken.post('/key/regenerate', { key })).status).toBe(503)
    const row = await broken.manage.registry.rooms.keys.find(digestOfKey(key))
    expect(row?.rotationCount).toBe(0)
    await broken.close()
  })
})
