import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import type { Members, TestKey } from '../../support/raw-token.ts'
import { makeKey, signToken } from '../../support/raw-token.ts'
import type { Verdict } from './support/asks.ts'
import { chat, chatAsk, chatOnce, read } from './support/asks.ts'
import type { Settings, Town } from './support/town.ts'
import { fresh, openTown } from './support/town.ts'

const PEOPLE = { user_id_jwt_field: 'sub', user_id_upsert: true }
/** A key set of these towns is old after a second. */
const SHORT_LIVED = { ...PEOPLE, public_key_ttl: 1 }
const OLD_MS = 1_200

let idp: IdentityProvider

beforeAll(async () => {
  idp = await startIdentityProvider({ keys: [makeKey('RS256', { kid: 'first' })] })
})

beforeEach(() => {
  idp.recover()
  idp.discover({})
  idp.publish([idp.keys.RS256])
  idp.clear()
})

afterAll(() => idp.stop())

async function inTown<T>(
  auth: Settings,
  act: (town: Town) => Promise<T>,
  env: Readonly<Record<string, string>> = {},
): Promise<T> {
  const town = await openTown({ idp, auth, env })
  try {
    return await act(town)
  } finally {
    await town.close()
  }
}

/** A gateway that believes the usual provider on the global path, and others as issuers. */
async function amongProviders(
  count: number,
  act: (town: Town, providers: readonly IdentityProvider[]) => Promise<void>,
): Promise<void> {
  const providers = await Promise.all(
    Array.from({ length: count }, () => startIdentityProvider({ keys: [idp.keys.RS256] })),
  )
  const issuers = providers.map(({ issuer, audience }) => ({ issuer, audience }))
  const env = { JWT_PUBLIC_KEY_URL: idp.jwksUrl, JWT_AUDIENCE: idp.audience, JWT_ISSUER: idp.issuer }
  try {
    await inTown({ ...PEOPLE, issuers, issuers_allow_fallthrough: true }, (town) => act(town, providers), env)
  } finally {
    await Promise.all(providers.map((provider) => provider.stop()))
  }
}

const unknownKey = (): string =>
  signToken({ key: { ...idp.keys.RS256, kid: fresh('kid') } satisfies TestKey, claims: idp.claims() })

describe('which key', () => {
  test('AT-040, AC-031: a token that names no key is good where there is one, and not where there are two', async () => {
    const nameless = (): string => idp.token({}, { header: { kid: undefined } })
    expect((await inTown(PEOPLE, (town) => chat(town, nameless()))).status).toBe(200)
    idp.publish([idp.keys.RS256, makeKey('RS256', { kid: 'second' })])
    expect(await inTown(PEOPLE, (town) => chat(town, nameless()))).toMatchObject({
      status: 401,
      reason: 'jwt_kid_required',
    })
  })

  test('4.6: a single key without a name is no key of another name; a bare key is a set of one', async () => {
    const { kid: _, ...bare } = idp.keys.RS256.jwk
    idp.publish(bare)
    await inTown(PEOPLE, async (town) => {
      expect((await chat(town, idp.token({}, { header: { kid: undefined } }))).status).toBe(200)
      expect(await chat(town, idp.token())).toMatchObject({ status: 401, reason: 'jwt_kid_unknown' })
    })
  })

  test('AT-041: discovery is followed', async () => {
    const env = { JWT_PUBLIC_KEY_URL: idp.discoveryUrl }
    await inTown(PEOPLE, async (town) => expect((await chat(town, idp.token())).status).toBe(200), env)
    expect(idp.counters).toMatchObject({ discovery: 1, jwks: 1 })
  })

  test('AT-042: discovery that names no keys is said so', async () => {
    idp.discover({ jwks_uri: undefined })
    const env = { JWT_PUBLIC_KEY_URL: idp.discoveryUrl }
    const { status, message } = await inTown(PEOPLE, (town) => chat(town, idp.token()), env)
    expect(status).toBe(401)
    expect(message).toContain('jwks_uri')
  })

  test('J-14: discovery of another issuer, or with keys at another host, is not believed', async () => {
    const other = await startIdentityProvider({ keys: [idp.keys.RS256] })
    const wrong: readonly ((own: IdentityProvider) => Members)[] = [
      () => ({ issuer: other.issuer }),
      (own) => ({ issuer: `${own.issuer}/` }),
      () => ({ jwks_uri: other.jwksUrl.replace('127.0.0.1', 'localhost') }),
      () => ({ jwks_uri: 'file:///etc/passwd' }),
      () => ({ jwks_uri: 'http://169.254.169.254/keys' }),
    ]
    await amongProviders(wrong.length, async (town, providers) => {
      for (const [at, provider] of providers.entries()) {
        const members = wrong[at]?.(provider) ?? {}
        provider.discover(members)
        const { status } = await chat(town, provider.token())
        expect([401, 503], JSON.stringify(members)).toContain(status)
      }
      expect((await chat(town, idp.token())).status).toBe(200)
    })
    expect(other.counters.jwks).toBe(0)
    await other.stop()
  })
})

describe('how often', () => {
  test('AT-043, AT-045: one fetch for fifty at once, and none for those after them', async () => {
    idp.delay(200, 'jwks')
    await inTown(PEOPLE, async (town) => {
      const first = await Promise.all(
        Array.from({ length: 50 }, () => chatOnce(town, idp.token({ sub: fresh('person') }))),
      )
      expect(first.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
      expect(idp.counters.jwks).toBe(1)
      expect((await chat(town, idp.token())).status).toBe(200)
      expect(idp.counters.jwks).toBe(1)
    })
  })

  test('AT-044: after a rotation the new key is good at once, and strangers cost one fetch', async () => {
    await inTown(PEOPLE, async (town) => {
      expect((await chat(town, idp.token())).status).toBe(200)
      idp.rotate('RS256', { keepsOld: true })
      expect((await chat(town, idp.token())).status).toBe(200)
      expect(idp.counters.jwks).toBe(2)
      const strangers = await Promise.all(
        Array.from({ length: 100 }, () => town.holder(unknownKey()).ask({ path: '/v1/models' })),
      )
      expect(new Set(strangers.map(({ status }) => status))).toEqual(new Set([401]))
      expect(idp.counters.jwks).toBeLessThanOrEqual(3)
    })
  })

  test('AC-032: random kids cost at most one fetch in thirty seconds, and honest callers nothing', async () => {
    await inTown(PEOPLE, async (town) => {
      expect((await chat(town, idp.token())).status).toBe(200)
      idp.clear()
      const since = Date.now()
      let sent = 0
      const flood = async (): Promise<void> => {
        while (sent < 800) {
          sent += 1
          const { status, headers } = await town.holder(unknownKey()).ask({ path: '/v1/models' })
          expect([status, headers['x-reject-reason']]).toEqual([401, 'jwt_kid_unknown'])
        }
      }
      const honest = async (): Promise<readonly Verdict[]> => {
        const verdicts: Verdict[] = []
        while (sent < 800) verdicts.push(await chatOnce(town, idp.token({ sub: 'honest' })))
        return verdicts
      }
      const [verdicts] = await Promise.all([honest(), ...Array.from({ length: 8 }, flood)])
      expect(idp.counters.jwks).toBeLessThanOrEqual(1 + Math.floor((Date.now() - since) / 30_000))
      expect(verdicts.length).toBeGreaterThan(0)
      expect(verdicts.every(({ status }) => status === 200)).toBe(true)
    })
  })
})

describe('a provider that is ill', () => {
  test('AT-046, D-04: an answer that is no key set is refused and not kept', async () => {
    const ills = [
      { status: 500, body: 'oops' },
      { status: 200, body: '{"error":"later"}' },
      { status: 200, body: '<html>' },
      { status: 302, body: '{}', headers: { location: '/jwks?again' } },
      { status: 403, body: '{"keys":[]}' },
    ]
    await amongProviders(ills.length - 1, async (town, providers) => {
      for (const [at, provider] of [idp, ...providers].entries()) {
        const ill = ills[at] ?? 'reset'
        provider.fail(ill, 'jwks')
        expect(await chatOnce(town, provider.token()), JSON.stringify(ill)).toMatchObject({ status: 401 })
        provider.recover()
        expect((await chatOnce(town, provider.token())).status, JSON.stringify(ill)).toBe(200)
      }
    })
  })

  test('AT-047: away, with a copy that is not too old: accepted, with a warning', async () => {
    await inTown(SHORT_LIVED, async (town) => {
      expect((await chat(town, idp.token())).status).toBe(200)
      idp.fail('reset')
      await pause(OLD_MS)
      expect((await chat(town, idp.token({ sub: fresh('person') }))).status).toBe(200)
      await pause(OLD_MS)
      expect((await chat(town, idp.token({ sub: fresh('person') }))).status).toBe(200)
      const said = (): string => town.gateway.stdout() + town.gateway.stderr()
      await expect.poll(said).toContain('old keys of the identity provider are used, because it gives no new ones')
      // One that names a key which nobody knows can't be judged now.
      expect(await chat(town, unknownKey())).toMatchObject({ status: 503, type: 'auth_provider_unavailable' })
    })
  })

  test('AT-048: away, and the copy may not be used', async () => {
    await inTown({ ...SHORT_LIVED, public_key_stale_ttl: 0 }, async (town) => {
      expect((await chat(town, idp.token())).status).toBe(200)
      idp.fail('reset')
      await pause(OLD_MS)
      const verdict = await chat(town, idp.token({ sub: fresh('person') }))
      expect(verdict).toMatchObject({
        status: 503,
        type: 'auth_provider_unavailable',
        code: '503',
        reason: 'jwks_unavailable',
      })
      expect(verdict.message).toMatch(
        /^Service Unavailable, the identity provider's JWKS endpoint is temporarily unreachable/,
      )
      idp.recover()
    })
  })

  test('AT-049: with a lower public_key_stale_ttl no copy of before helps', async () => {
    const first = await openTown({ idp, auth: SHORT_LIVED })
    expect((await chat(first, idp.token())).status).toBe(200)
    idp.fail('reset')
    await pause(OLD_MS)
    expect((await chat(first, idp.token({ sub: fresh('person') }))).status).toBe(200)
    const again = await openTown({
      idp,
      auth: { ...SHORT_LIVED, public_key_stale_ttl: 0 },
      databaseUrl: first.databaseUrl,
    })
    const verdict = await chat(again, idp.token())
    await again.close()
    await first.close()
    expect(verdict.status).toBe(503)
  })

  test('AT-050: while it is away it is asked three times in thirty seconds at most', async () => {
    idp.fail('reset')
    await inTown(PEOPLE, async (town) => {
      const wave = (): Promise<readonly Verdict[]> =>
        Promise.all(Array.from({ length: 20 }, () => chatOnce(town, idp.token())))
      const verdicts = [...(await wave()), ...(await wave())]
      await pause(1_500)
      verdicts.push(...(await wave()))
      expect(new Set(verdicts.map(({ status }) => status))).toEqual(new Set([503]))
      expect(idp.counters.jwks).toBeGreaterThan(0)
      expect(idp.counters.jwks).toBeLessThanOrEqual(3)
    })
  })

  test('J-14: one that never ends its answer is given up', async () => {
    idp.fail('hang')
    const started = performance.now()
    await inTown(PEOPLE, async (town) => {
      expect((await chatOnce(town, idp.token())).status).toBe(503)
    })
    expect(performance.now() - started).toBeLessThan(20_000)
  })

  test('a token that was verified goes on while its provider is away, and keys need no provider', async () => {
    await inTown({ ...SHORT_LIVED, public_key_stale_ttl: 3_600 }, async (town) => {
      const token = idp.token({ sub: fresh('person') })
      expect((await chat(town, token)).status).toBe(200)
      idp.fail('hang')
      await pause(OLD_MS)
      expect(read(await town.holder(token).ask(chatAsk())).status).toBe(200)
      expect((await town.master.chat('m1')).status).toBe(200)
    })
  })
})

describe('rotation under load', () => {
  test('one that comes as a surprise and two that are announced, the old keys kept beside: no request fails', async () => {
    await inTown(SHORT_LIVED, async (town) => {
      const ends = performance.now() + 7_000
      const failed: Verdict[] = []
      let served = 0
      const caller = async (): Promise<void> => {
        const sub = fresh('person')
        while (performance.now() < ends) {
          const verdict = await chatOnce(town, idp.token({ sub }))
          if (verdict.status === 200) served += 1
          else failed.push(verdict)
        }
      }
      const rotations = async (): Promise<void> => {
        const published = [idp.keys.RS256]
        await pause(1_000)
        idp.keys.RS256 = publishBeside(published)
        for (let turn = 0; turn < 2; turn += 1) {
          const next = publishBeside(published)
          await pause(2_000)
          idp.keys.RS256 = next
        }
      }
      await Promise.all([rotations(), ...Array.from({ length: 6 }, caller)])
      expect(failed.map(({ status, reason }) => [status, reason])).toEqual([])
      expect(served).toBeGreaterThan(100)
    })
  })

  test('INV-22: a withdrawn key ends with its set, also for tokens that are remembered', async () => {
    await inTown(SHORT_LIVED, async (town) => {
      const old = idp.token({ sub: fresh('person') })
      expect((await chat(town, old)).status).toBe(200)
      idp.rotate('RS256')
      expect((await chat(town, idp.token({ sub: fresh('person') }))).status).toBe(200)
      await pause(OLD_MS)
      await chat(town, idp.token({ sub: fresh('person') }))
      await expect.poll(async () => (await chatOnce(town, old)).status, { timeout: 5_000, interval: 100 }).toBe(401)
    })
  })
})

function publishBeside(published: TestKey[]): TestKey {
  const next = makeKey('RS256', { kid: fresh('kid') })
  published.push(next)
  idp.publish(published)
  return next
}
