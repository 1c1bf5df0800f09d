import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bearer, startGateway } from '../../support/gateway.ts'
import { callGateway } from '../hostile/support/stand.ts'
import type { Caller } from './support/caller.ts'
import { DEAD, NOT_FOR_YOU, REFUSED, TOO_MUCH, callerOf, digestOf, good, textAt } from './support/caller.ts'
import { TEAM, newKey } from './support/cast.ts'
import { freshKey, freshName, freshTeam } from './support/fresh.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'
import { keyRow, stateOf } from './support/state.ts'

let realm: Realm

beforeAll(async () => {
  realm = await startRealm()
})

afterAll(() => realm.close())

function using(key: string): Caller {
  return callerOf(realm.port, key)
}

const BAD_DURATIONS = ['-1s', '0', '0s', '1e9d', 'NaN', '', '10000000000d', '1d; x', '1.5d', ' 1d', '١d']

describe('AC-043, K-01: a chosen key', () => {
  test('a key that exists already, in life or in retirement, makes no row', async () => {
    const { master, pa } = realm.cast
    const chosen = 'sk-Qm7vX2pLr9TzK4wBn8YcH5dGs3FjA6eU0iOy'
    good(await pa.post('/key/generate', { key: chosen }))
    const before = await stateOf(master)

    for (const key of [chosen, master.key, realm.cast.u2.key]) {
      expect((await pa.post('/key/generate', { key })).status, key.slice(0, 6)).toBe(400)
    }
    expect(await stateOf(master)).toBe(before)
  })

  test('only an administrator chooses', async () => {
    const { master, u2, oa1, u1 } = realm.cast
    const before = await stateOf(master)
    for (const caller of [u2, u1, oa1]) {
      const key = `sk-Wp3nV8xLq1TzK6wBm2YcH9dGs4FjA7eU5i${caller.id.slice(0, 3)}`
      expect(TOO_MUCH).toContain((await caller.post('/key/generate', { key })).status)
    }
    expect(await stateOf(master)).toBe(before)
  })
})

describe('AC-046, K-09: rotation with grace', () => {
  test('both serve; a second rotation ends all earlier secrets; a block ends the last', async () => {
    const { master, u2 } = realm.cast
    const first = await newKey(master, { user_id: u2.id })
    const second = await rotate(u2, first, { grace_period: '1h' })
    expect((await using(first).chat('m1')).status).toBe(200)
    expect((await using(second).chat('m1')).status).toBe(200)

    const third = await rotate(u2, second, {})
    expect((await using(first).chat('m1')).status).toBe(401)
    expect((await using(second).chat('m1')).status).toBe(401)
    expect((await using(third).chat('m1')).status).toBe(200)

    good(await u2.post('/key/block', { key: digestOf(third) }))
    for (const key of [first, second, third]) expect(DEAD).toContain((await using(key).chat('m1')).status)
  })

  test('a block ends an old secret in its grace too', async () => {
    const { master, u2 } = realm.cast
    const first = await newKey(master, { user_id: u2.id })
    const second = await rotate(u2, first, { grace_period: '1h' })

    good(await u2.post('/key/block', { key: digestOf(second) }))

    for (const key of [first, second]) expect(DEAD).toContain((await using(key).chat('m1')).status)
  })

  test.each(['8d', '1mo', '-1s', 'NaN', '1e9d', 'for ever'])('a grace of %j is refused', async (grace_period) => {
    const { master, u2 } = realm.cast
    const { key, hash } = await freshKey(master, { user_id: u2.id })

    const { status } = await u2.post('/key/regenerate', { key: hash, grace_period })

    expect([400, 422]).toContain(status)
    expect((await using(key).chat('m1')).status).toBe(200)
  })

  async function rotate(caller: Caller, key: string, more: object): Promise<string> {
    return textAt(good(await caller.post('/key/regenerate', { key: digestOf(key), ...more })), 'key')
  }
})

describe('AC-047: a rotation raises nothing', () => {
  const RAISES: readonly (readonly [name: string, body: () => object])[] = [
    ['budget', () => ({ max_budget: 10_000 })],
    ['no budget', () => ({ max_budget: null })],
    ['models', () => ({ models: ['m1', 'm2'] })],
    ['every model', () => ({ models: ['*'] })],
    ['no model list', () => ({ models: [] })],
    ['another owner', () => ({ user_id: realm.cast.pa.id })],
    ['another team', () => ({ team_id: TEAM.cobalt })],
    ['no expiry', () => ({ duration: null })],
    ['no expiry, as -1', () => ({ duration: '-1' })],
    ['a later expiry', () => ({ duration: '900d' })],
    ['routes', () => ({ allowed_routes: ['/*'] })],
    ['rates', () => ({ rpm_limit: 100_000 })],
    ['no rates', () => ({ tpm_limit: null })],
  ]
  test.each(RAISES)('%s', async (_, body) => {
    const { master, u2 } = realm.cast
    const limits = { models: ['m1'], max_budget: 1, duration: '1d', rpm_limit: 1_000, tpm_limit: 100_000 }
    const { key, hash } = await freshKey(master, { user_id: u2.id, ...limits, allowed_routes: ['llm_api_routes'] })
    const before = await keyRow(master, hash)

    const { status } = await u2.post('/key/regenerate', { key: hash, ...body() })

    expect(TOO_MUCH).toContain(status)
    expect(await keyRow(master, hash)).toEqual(before)
    expect((await using(key).chat('m1')).status).toBe(200)
    expect(DEAD).toContain((await using(key).chat('m2')).status)
  })
})

describe('AC-047: a key without a user changes nothing about itself', () => {
  const BODIES: readonly (readonly [name: string, more: object, headers: Readonly<Record<string, string>>])[] = [
    ['with a short body', {}, {}],
    ['with a body near the limit', { metadata: { note: 'x'.repeat(1_000_000) } }, {}],
    ['asking first whether to send it', { metadata: { note: 'x'.repeat(1_000_000) } }, { expect: '100-continue' }],
  ]
  test.each(BODIES)('%s', async (_, more, headers) => {
    const { master } = realm.cast
    const limits = { models: ['m1'], max_budget: 1, duration: '1d' }
    const { key, hash } = await freshKey(master, limits)
    const before = await keyRow(master, hash)

    for (const path of ['/key/update', '/key/regenerate', `/key/${hash}/regenerate`]) {
      for (const raise of [{ max_budget: 10_000 }, { models: [] }, { duration: null }, { user_id: realm.cast.pa.id }]) {
        const body = { key: hash, ...raise, ...more }
        const { status } = await using(key).ask({ method: 'POST', path, body, headers })
        expect(status, path).toBe(401)
      }
    }

    expect(await keyRow(master, hash)).toEqual(before)
    expect((await using(key).chat('m1')).status).toBe(200)
  })
})

describe('AC-048, K-10: a duration that is none never makes a key without an end', () => {
  test.each(BAD_DURATIONS)('%j, by an administrator and by a user, in making and in changing', async (duration) => {
    const { master, pa, u2 } = realm.cast
    const { hash } = await freshKey(master, { user_id: u2.id, duration: '1d' })
    const { expires } = await keyRow(master, hash)
    const before = await stateOf(master)

    for (const caller of [pa, u2]) {
      for (const [path, body] of [
        ['/key/generate', { duration }],
        // Resource managers send an empty text for what was never set: there it leaves the expiry as it is.
        ...(duration === '' ? [] : [['/key/update', { key: hash, duration }] as const]),
        ['/key/regenerate', { key: hash, duration }],
        ['/user/new', { user_id: freshName('user', 'amber'), duration }],
      ] as const) {
        const { status } = await caller.post(path, body)
        expect.soft(caller === pa ? [400, 422] : REFUSED, `${path} ${status}`).toContain(status)
      }
    }
    expect(await stateOf(master)).toBe(before)
    expect((await keyRow(master, hash))['expires']).toBe(expires)
  })

  test('a user does not lengthen the life of a key', async () => {
    const { master, u2 } = realm.cast
    const { hash } = await freshKey(master, { user_id: u2.id, duration: '1d' })
    const { expires } = await keyRow(master, hash)

    for (const duration of ['2d', '1mo', null, '-1']) {
      expect(TOO_MUCH, String(duration)).toContain((await u2.post('/key/update', { key: hash, duration })).status)
    }
    expect((await keyRow(master, hash))['expires']).toBe(expires)
    expect((await u2.post('/key/update', { key: hash, duration: '1h' })).status).toBe(200)
  })
})

describe('AC-050: a key in a URL', () => {
  test('is judged by policy, and written nowhere', async () => {
    // u3 is a member of that key's team, which lets its members look at its keys (identity 1.3).
    const { u1, u2, pa } = realm.cast
    const path = `/key/info?key=${u2.key}`
    for (const caller of [u2, pa]) {
      const { status, text } = await caller.get(path)
      expect(status).toBe(200)
      expect(text).not.toContain(u2.key)
    }
    for (const caller of [u1]) {
      const { status, text } = await caller.get(`/key/info?key=${realm.cast.inTeam.u4.key}`)
      expect(NOT_FOR_YOU).toContain(status)
      expect(text).not.toContain(realm.cast.inTeam.u4.key)
    }
    const said = realm.gateway.stdout() + realm.gateway.stderr()
    expect(said).not.toContain(u2.key)
    expect(said).not.toContain(realm.cast.inTeam.u4.key)
  })
})

describe('AC-049: two credentials of two people', () => {
  test('are none, in any two headers, whoever comes first', async () => {
    const { u2, u3, master } = realm.cast
    for (const [first, second] of [
      [u2.key, u3.key],
      [u3.key, u2.key],
      [u2.key, master.key],
    ] as const) {
      for (const name of ['x-api-key', 'api-key', 'x-goog-api-key']) {
        const headers = { ...bearer(first), [name]: second }
        const { status } = await callGateway(realm.port, { path: '/user/info', headers })
        expect(status, name).toBe(401)
      }
    }
  })
})

describe('AC-051, K-12: a member who leaves', () => {
  test('the key of the team dies with the membership; the personal key does not', async () => {
    const { master, u1, u2 } = realm.cast
    const team_id = await freshTeam(master, 'amber')
    const inTeam = using((await freshKey(master, { user_id: u2.id, team_id })).key)
    const personal = using((await freshKey(master, { user_id: u2.id })).key)
    expect((await inTeam.chat('m1')).status).toBe(200)
    const called = realm.upstream.requests.total

    good(await u1.post('/team/member_delete', { team_id, user_id: u2.id }))

    expect((await inTeam.chat('m1')).status).toBe(403)
    expect((await inTeam.get('/v1/models')).status).toBe(403)
    expect(realm.upstream.requests.total).toBe(called)
    expect((await personal.chat('m1')).status).toBe(200)
    expect(NOT_FOR_YOU).toContain((await u2.post('/key/generate', { team_id })).status)
  })
})

describe('K-05: what a dead key learns', () => {
  test('a deleted key is answered as one that never was', async () => {
    const { master, u2 } = realm.cast
    const { key, hash } = await freshKey(master, { user_id: u2.id })
    const never = await freshKeyOfAnotherGateway()
    good(await master.post('/key/delete', { keys: [hash] }))

    const [deleted, unknown] = await Promise.all([using(key).get('/v1/models'), using(never).get('/v1/models')])

    expect(deleted.status).toBe(401)
    expect(unknown.status).toBe(401)
    expect(deleted.text.replaceAll(key.slice(-4), 'XXXX')).toBe(unknown.text.replaceAll(never.slice(-4), 'XXXX'))
  })

  /** Of the right form and checksum. */
  async function freshKeyOfAnotherGateway(): Promise<string> {
    const other = await startGateway()
    try {
      return await newKey(callerOf(other.port, realm.cast.master.key), {})
    } finally {
      await other.stop()
    }
  }
})

test('AC-052 in small: what blocks a key has ended it before the answer says so', async () => {
  const { master, u2 } = realm.cast
  for (let i = 0; i < 20; i += 1) {
    const { key, hash } = await freshKey(master, { user_id: u2.id })
    expect((await using(key).get('/v1/models')).status).toBe(200)
    good(await master.post('/key/block', { key: hash }))
    expect(DEAD).toContain((await using(key).get('/v1/models')).status)
  }
})
