import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import type { TestKey } from '../../support/raw-token.ts'
import { makeKey, signToken } from '../../support/raw-token.ts'
import type { Verdict } from './support/asks.ts'
import { chatOnce, read } from './support/asks.ts'
import { newUser } from './support/people.ts'
import type { Town } from './support/town.ts'
import { fresh, openTown } from './support/town.ts'

const PEOPLE = { user_id_jwt_field: 'sub' }
const LIST = { path: '/v1/models' }
const AT_ONCE = 100

let idp: IdentityProvider
let town: Town
let honest: string

beforeEach(async () => {
  idp = await startIdentityProvider({ keys: [makeKey('ES256', { kid: 'first' })] })
  town = await openTown({ idp, auth: PEOPLE })
  honest = await newUser(town)
  expect((await chatOnce(town, token())).status).toBe(200)
  idp.clear()
})

afterEach(async () => {
  await town.close()
  await idp.stop()
})

const token = (key: TestKey = idp.keys.ES256): string =>
  signToken({ key, claims: { ...idp.claims(), sub: honest, jti: fresh('j') } })
const stranger = makeKey('ES256')
const ofNobody = (): string => token({ ...stranger, kid: fresh('kid') })

/** A thousand, a hundred at a time. */
async function burst(next: () => string, count = 1_000): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = []
  for (let sent = 0; sent < count; sent += AT_ONCE) {
    const some = Array.from({ length: AT_ONCE }, async () => read(await town.holder(next()).ask(LIST)))
    verdicts.push(...(await Promise.all(some)))
  }
  return verdicts
}

const outcomes = (verdicts: readonly Verdict[]): ReadonlySet<string> =>
  new Set(verdicts.map(({ status, reason }) => `${status} ${String(reason)}`))

/** As many fetches as half minutes that have begun since, and never more: time passes, however slow the machine is. */
function allowed(since: number): number {
  return 1 + Math.floor((Date.now() - since) / 30_000)
}

describe('AC-032, J-14: what a burst of bad tokens costs the provider', () => {
  test('a thousand names of keys: at most one fetch in thirty seconds', async () => {
    const since = Date.now()
    expect(outcomes(await burst(ofNobody))).toEqual(new Set(['401 jwt_kid_unknown']))
    expect(idp.counters.jwks).toBeLessThanOrEqual(allowed(since))
    expect(idp.counters.jwks).toBeGreaterThan(0)
    expect((await chatOnce(town, token())).status).toBe(200)
  })

  test('a thousand forged signatures under a name that is known: the same', async () => {
    const since = Date.now()
    const forged = (): string => token({ ...stranger, kid: 'first' })
    expect(outcomes(await burst(forged))).toEqual(new Set(['401 jwt_sig_invalid']))
    expect(idp.counters.jwks).toBeLessThanOrEqual(allowed(since))
  })

  test('both, with tokens without a name and of other algorithms between: the same', async () => {
    const since = Date.now()
    let turn = 0
    const kinds = [
      ofNobody,
      () => token({ ...stranger, kid: 'first' }),
      () => token({ ...makeKey('ES256', { of: stranger }), kid: undefined }),
      () => token({ ...idp.keys.ES256, kid: undefined }),
      () => token({ ...stranger, kid: '__proto__' }),
    ]
    const verdicts = await burst(() => {
      turn += 1
      return kinds[turn % kinds.length]?.() ?? ''
    })
    // One key is published, so that a token of it need not name it.
    expect(verdicts.filter(({ status }) => status === 200)).toHaveLength(200)
    expect(idp.counters.jwks).toBeLessThanOrEqual(allowed(since))
  })

  test('refused without a fetch at all: what is wrong before the key is asked for', async () => {
    const bad = [
      () => `${ofNobody()}=`,
      () =>
        signToken({ key: { ...stranger, kid: fresh('kid') }, claims: { ...idp.claims(), iss: 'https://x.example' } }),
      () => signToken({ key: { ...stranger, kid: fresh('kid') }, claims: idp.claims(), header: { alg: 'none' } }),
      () => signToken({ key: { ...stranger, kid: fresh('kid') }, claims: idp.claims(), header: { crit: ['x'] } }),
    ]
    let turn = 0
    const verdicts = await burst(() => {
      turn += 1
      return bad[turn % bad.length]?.() ?? ''
    }, 400)
    expect(new Set(verdicts.map(({ status }) => status))).toEqual(new Set([401]))
    expect(idp.counters.jwks).toBe(0)
  })
})

describe('F-07: the provider is down', () => {
  test.each(['reset', { status: 500 }, { body: '<html>' }] as const)(
    'known keys go on, by %j, and unknown ones wait',
    async (failure) => {
      idp.fail(failure)
      const known = await burst(() => token(), 200)
      expect(outcomes(known)).toEqual(new Set(['200 undefined']))
      const unknown = await burst(ofNobody, 200)
      expect(outcomes(unknown)).toEqual(
        new Set([failure === 'reset' ? '503 jwks_unavailable' : '401 jwks_unavailable']),
      )
      expect(outcomes(await burst(() => token(), 200))).toEqual(new Set(['200 undefined']))
      // One look, in three attempts.
      expect(idp.counters.jwks).toBeLessThanOrEqual(3)
      idp.recover()
      expect((await chatOnce(town, token())).status).toBe(200)
    },
  )
})

describe('rotation under load', () => {
  test('keys come and go while everybody calls, and nobody who comes with a published key fails', async () => {
    await town.close()
    town = await openTown({ idp, auth: { ...PEOPLE, user_id_upsert: true, public_key_ttl: 1 } })
    const published = [idp.keys.ES256]
    const failed: Verdict[] = []
    let served = 0
    let isOver = false
    const caller = async (): Promise<void> => {
      while (!isOver) {
        const verdict = await chatOnce(town, token())
        if (verdict.status === 200) served += 1
        else failed.push(verdict)
      }
    }
    const rotations = async (): Promise<void> => {
      for (let turn = 1; turn <= 4; turn += 1) {
        const next = makeKey('ES256', { kid: `turn-${turn}` })
        // Announced first: the new key stands beside the old one until everybody may have seen it.
        published.push(next)
        if (published.length > 2) published.shift()
        idp.publish(published)
        const seen = idp.counters.jwks
        await expect.poll(() => idp.counters.jwks, { timeout: 20_000, interval: 20 }).toBeGreaterThan(seen + 1)
        idp.keys.ES256 = next
        const before = served
        await expect.poll(() => served, { timeout: 20_000, interval: 20 }).toBeGreaterThan(before + 50)
      }
      isOver = true
    }
    try {
      await Promise.all([rotations(), ...Array.from({ length: 6 }, caller)])
    } finally {
      isOver = true
    }
    expect(failed.map(({ status, reason }) => [status, reason])).toEqual([])
    expect(served).toBeGreaterThan(200)
  })
})
