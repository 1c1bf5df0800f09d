import { describe, expect, onTestFinished, test } from 'vitest'
import { startIdentityProvider } from '../../../test/support/identity-provider.ts'
import type { Failure, IdentityProvider } from '../../../test/support/identity-provider.ts'
import { openVerifier, profileOf, settingsOf } from '../../../test/support/open-verifier.ts'
import type { OpenVerifier } from '../../../test/support/open-verifier.ts'
import type { TestKey } from '../../../test/support/raw-token.ts'
import { makeKey, part, signToken } from '../../../test/support/raw-token.ts'
import { PROBLEMS } from '../../domain/problem.ts'

const rsa = makeKey('RS256', { kid: 'rs256' })
const ec = makeKey('ES256', { kid: 'es256' })
const keys = [rsa, ec]
const LATER = Math.floor(Date.now() / 1000) + 3_000

async function start(
  times: { keyTtlSeconds?: number; keyStaleSeconds?: number } = {},
): Promise<OpenVerifier & { provider: IdentityProvider; fetches: () => number; token: (kid?: string) => string }> {
  const provider = await startIdentityProvider({ keys })
  onTestFinished(() => provider.stop())
  const profile = profileOf(provider, { maxLifetimeSeconds: 1_000_000 })
  const verifier = openVerifier(Object.assign(settingsOf({ issuers: [profile] }), times))
  let count = 0
  return {
    ...verifier,
    provider,
    fetches: () => provider.counters.jwks,
    /** A new one each time, so that nothing is remembered, and by the key that signs a thousand in a moment. */
    token: (kid = 'es256') => {
      count += 1
      const exp = Math.floor(Date.now() / 1000) + 500_000
      return provider.token({ jti: `t${count}`, exp }, { alg: 'ES256', header: { kid } })
    },
  }
}

test('AT-043: one fetch for all tokens of a key set’s life', async () => {
  const { reason, token, fetches, pass } = await start()
  for (let i = 0; i < 5; i += 1) {
    expect(await reason(token())).toBe('allow')
    pass(50)
  }
  expect(fetches()).toBe(1)
})

test('AT-045: 50 first requests at once cause one fetch', async () => {
  const { reason, token, fetches, provider } = await start()
  provider.delay(50, 'jwks')
  const answers = await Promise.all(Array.from({ length: 50 }, () => reason(token())))
  expect(new Set(answers)).toEqual(new Set(['allow']))
  expect(fetches()).toBe(1)
})

test('a set that is kept for no time is good for those who waited for it', async () => {
  const { reason, token, fetches, provider } = await start({ keyTtlSeconds: 0, keyStaleSeconds: 0 })
  for (let i = 1; i <= 3; i += 1) {
    expect(await reason(token())).toBe('allow')
    expect(fetches()).toBe(i)
  }
  const again = token()
  expect([await reason(again), await reason(again)]).toEqual(['allow', 'allow'])
  expect(await reason(token('gone'))).toBe('jwt_kid_unknown')
  provider.fail('reset', 'jwks')
  expect(await reason(token())).toBe('jwks_unavailable')
})

test('and who comes while it is fetched may use it, though it took longer than it is kept', async () => {
  const { reason, token, fetches, provider, pass } = await start({ keyTtlSeconds: 1 })
  provider.delay(50, 'jwks')
  const first = reason(token())
  pass(2)
  expect(await Promise.all([first, reason(token())])).toEqual(['allow', 'allow'])
  expect(fetches()).toBe(1)
})

describe('AT-044, F-08: rotation', () => {
  test('a new key is good on its first use', async () => {
    const { reason, token, fetches, provider } = await start()
    expect(await reason(token())).toBe('allow')
    provider.rotate('RS256', { keepsOld: true })
    expect(await reason(provider.token())).toBe('allow')
    expect(await reason(signToken({ claims: provider.claims(), key: rsa }))).toBe('allow')
    expect(fetches()).toBe(2)
  })

  test('AC-032: unknown names cause one fetch per 30 seconds, and others go on', async () => {
    const { reason, token, fetches, pass } = await start()
    expect(await reason(token())).toBe('allow')
    const flood = await Promise.all(Array.from({ length: 1_000 }, (_, i) => reason(token(`random-${i}`))))
    expect(new Set(flood)).toEqual(new Set(['jwt_kid_unknown']))
    for (let i = 0; i < 100; i += 1) expect(await reason(token(`later-${i}`))).toBe('jwt_kid_unknown')
    expect(fetches()).toBe(2)
    expect(await reason(token())).toBe('allow')
    pass(31)
    expect(await reason(token('again'))).toBe('jwt_kid_unknown')
    expect(fetches()).toBe(3)
  })

  test('forged signatures cause one fetch per 30 seconds as well', async () => {
    const { reason, token, fetches, provider } = await start()
    const forger = makeKey('RS256', { kid: 'rs256' })
    expect(await reason(token())).toBe('allow')
    for (let i = 0; i < 20; i += 1)
      expect(await reason(signToken({ claims: { ...provider.claims(), i }, key: forger }))).toBe('jwt_sig_invalid')
    expect(fetches()).toBe(2)
  })

  test('a new key under the old name takes over, and what the old one signed is gone', async () => {
    const { reason, provider } = await start()
    const old = provider.token()
    expect(await reason(old)).toBe('allow')
    const successor = makeKey('RS256', { kid: 'rs256' })
    provider.publish([successor])
    expect(await reason(signToken({ claims: provider.claims(), key: successor }))).toBe('allow')
    expect(await reason(old)).toBe('jwt_sig_invalid')
  })

  test('also one for another algorithm', async () => {
    const { reason, provider, fetches } = await start()
    const [before, after] = [makeKey('ES256', { kid: 'same' }), makeKey('EdDSA', { kid: 'same' })]
    const by = (key: TestKey, jti: string) => signToken({ claims: { ...provider.claims(), jti }, key })
    provider.publish([before])
    expect(await reason(by(before, '1'))).toBe('allow')
    provider.publish([after])
    expect(await reason(by(after, '2'))).toBe('allow')
    expect(await reason(by(before, '3'))).toBe('jwt_alg_key_mismatch')
    expect(fetches()).toBe(2)
  })

  test('a token that names no key is good by a new only key on its first use', async () => {
    const { reason, provider, fetches } = await start()
    const [before, after] = [makeKey('ES256', { kid: 'before' }), makeKey('ES256', { kid: 'after' })]
    const by = (key: TestKey) => signToken({ claims: provider.claims(), key, header: { kid: undefined } })
    provider.publish([before])
    expect(await reason(by(before))).toBe('allow')
    provider.publish([after])
    expect(await reason(by(after))).toBe('allow')
    expect(fetches()).toBe(2)
  })

  test('INV-03: and by an only key no more, once there are two: remembered or not', async () => {
    const { reason, provider, pass } = await start()
    const only = makeKey('ES256', { kid: 'only' })
    const named = signToken({ claims: { ...provider.claims(), exp: LATER }, key: only })
    const unnamed = signToken({ claims: { ...provider.claims(), exp: LATER }, key: only, header: { kid: undefined } })
    provider.publish([only])
    expect([await reason(named), await reason(unnamed)]).toEqual(['allow', 'allow'])
    provider.publish([only, ec])
    pass(301)
    expect([await reason(named), await reason(unnamed)]).toEqual(['allow', 'jwt_kid_required'])
  })

  test('INV-22: a withdrawn key verifies nothing after 360 seconds, also nothing that it verified before', async () => {
    const { reason, token, pass, provider, isImmediate } = await start()
    const remembered = token()
    expect(await reason(remembered)).toBe('allow')
    provider.publish([rsa])
    expect(isImmediate(remembered)).toBe(true)
    pass(300)
    expect(await reason(remembered)).toBe('jwt_kid_unknown')
    expect(await reason(token())).toBe('jwt_kid_unknown')
  })

  test('a set is renewed behind the requests’ backs before it ends', async () => {
    const { reason, token, pass, fetches, isImmediate } = await start()
    const remembered = token()
    expect(await reason(remembered)).toBe('allow')
    pass(290)
    expect(isImmediate(remembered)).toBe(true)
    await expect.poll(fetches).toBe(2)
    await expect.poll(() => isImmediate(remembered)).toBe(true)
    pass(290)
    expect(isImmediate(remembered)).toBe(true)
    await expect.poll(fetches).toBe(3)
  })

  test('the object of a remembered token outlives renewals', async () => {
    const { verify, token, pass } = await start()
    const remembered = token()
    const first = await verify(remembered)
    pass(400)
    expect(await verify(remembered)).toBe(first)
  })
})

const ANSWERS: readonly { name: string; failure: Failure; say: string }[] = [
  { name: '500', failure: { status: 500, body: 'trace of a secret' }, say: 'JWKS endpoint returned status 500' },
  { name: '404', failure: { status: 404 }, say: 'JWKS endpoint returned status 404' },
  {
    name: 'a redirect',
    failure: { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
    say: 'JWKS endpoint returned status 302',
  },
  { name: 'a page', failure: { body: '<html>', type: 'text/html' }, say: 'JWKS endpoint did not answer in JSON' },
  { name: 'half a set', failure: { body: '{"keys":[' }, say: 'JWKS endpoint did not answer in valid JSON' },
  { name: 'another document', failure: { body: '{"error":"x"}' }, say: 'JWKS endpoint returned no key set' },
  { name: 'no list', failure: { body: '{"keys":{}}' }, say: 'JWKS endpoint returned no key set' },
  {
    name: 'too much',
    failure: { body: `{"keys":[],"x":"${'x'.repeat(300_000)}"}` },
    say: 'JWKS endpoint gave an answer that is not taken',
  },
  {
    name: 'too many keys',
    failure: { body: JSON.stringify({ keys: Array.from({ length: 65 }, () => ({ kty: 'RSA' })) }) },
    say: 'JWKS endpoint returned more than 64 keys',
  },
]

describe.each(ANSWERS)('AT-046, F-07: a key set endpoint that answers $name', ({ failure, say }) => {
  test('is 401, and the next request after recovery is served', async () => {
    const { verify, reason, token, provider } = await start()
    provider.fail(failure, 'jwks')
    const refused = await verify(token())
    expect(refused).toMatchObject({ problem: 'token-refused', because: 'jwks_unavailable' })
    expect(refused).toMatchObject({ say: `Authentication Error, JWT Auth: ${say}` })
    provider.recover()
    expect(await reason(token())).toBe('allow')
  })

  test('does not disturb keys that are known, and is not asked all the time', async () => {
    const { reason, token, pass, provider, fetches } = await start()
    expect(await reason(token())).toBe('allow')
    provider.fail(failure, 'jwks')
    provider.clear()
    pass(301)
    for (let i = 0; i < 20; i += 1) expect(await reason(token())).toBe('allow')
    expect(await reason(token('new'))).toBe('jwks_unavailable')
    expect(fetches()).toBe(1)
    provider.recover()
    pass(31)
    expect(await reason(token())).toBe('allow')
    expect(await reason(token('new'))).toBe('jwt_kid_unknown')
  })
})

describe('an endpoint out of reach', () => {
  test('AT-047: known keys go on within ttl and stale time, with a warning, and unknown ones are 503', async () => {
    const { reason, verify, token, pass, provider, logged } = await start()
    const remembered = token()
    expect(await reason(remembered)).toBe('allow')
    provider.fail('reset', 'jwks')
    pass(3_000)
    expect(await reason(token())).toBe('allow')
    expect(await reason(remembered)).toBe('allow')
    const refused = await verify(token('new'))
    if (refused.verdict === 'allow') throw new Error('unknown key')
    expect(PROBLEMS[refused.problem]).toMatchObject({ status: 503, type: 'auth_provider_unavailable', param: 'None' })
    expect(logged).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'old keys of the identity provider are used, because it gives no new ones',
        facts: expect.objectContaining({ ageSeconds: 3_000, trustedForSeconds: 900 }),
      }),
    )
    pass(1_000)
    expect(await reason(token())).toBe('jwks_unavailable')
    expect(await reason(remembered)).toBe('jwks_unavailable')
  })

  test('AT-048: without stale time 503 as soon as the copy is expired', async () => {
    const { reason, token, pass, provider } = await start({ keyTtlSeconds: 60, keyStaleSeconds: 0 })
    expect(await reason(token())).toBe('allow')
    provider.fail('reset', 'jwks')
    pass(61)
    expect(await reason(token())).toBe('jwks_unavailable')
    provider.recover()
    pass(31)
    expect(await reason(token())).toBe('allow')
  })

  test('AT-049: a lower stale time counts at once', async () => {
    const times = { keyTtlSeconds: 60, keyStaleSeconds: 3_600 }
    const provider = await startIdentityProvider({ keys })
    onTestFinished(() => provider.stop())
    const settings = settingsOf({ issuers: [profileOf(provider, { maxLifetimeSeconds: 1_000_000 })] })
    Object.defineProperty(settings, 'keyStaleSeconds', { get: () => times.keyStaleSeconds })
    const { reason, pass } = openVerifier(settings)
    const token = provider.token({ exp: Math.floor(Date.now() / 1000) + 500_000 })
    expect(await reason(token)).toBe('allow')
    provider.fail('reset', 'jwks')
    pass(1_000)
    expect(await reason(token)).toBe('allow')
    times.keyStaleSeconds = 100
    expect(await reason(token)).toBe('jwks_unavailable')
  })

  test('AT-050: one burst of three attempts per 30 seconds', async () => {
    const { reason, token, pass, provider, fetches, waits } = await start()
    provider.fail('reset', 'jwks')
    const answers = await Promise.all(Array.from({ length: 30 }, () => reason(token())))
    for (let i = 0; i < 10; i += 1) answers.push(await reason(token()))
    expect(new Set(answers)).toEqual(new Set(['jwks_unavailable']))
    expect(fetches()).toBe(3)
    expect(waits).toEqual([250, 500])
    pass(31)
    expect(await reason(token())).toBe('jwks_unavailable')
    expect(fetches()).toBe(6)
  })

  test('another issuer is not affected', async () => {
    const [down, up] = await Promise.all([startIdentityProvider({ keys }), startIdentityProvider({ keys })])
    onTestFinished(async () => {
      await Promise.all([down.stop(), up.stop()])
    })
    down.fail('reset')
    down.delay(200)
    const { reason } = openVerifier(settingsOf({ issuers: [profileOf(down), profileOf(up)] }))
    let isOver = false
    const waiting = reason(down.token()).finally(() => {
      isOver = true
    })
    expect(await reason(up.token())).toBe('allow')
    expect(isOver).toBe(false)
    expect(await waiting).toBe('jwks_unavailable')
  })
})

test('AC-038: a token is judged by all of it', async () => {
  const { reason, provider } = await start()
  const pad = 'x'.repeat(600)
  const tokens = Array.from({ length: 50 }, (_, i) => provider.token({ pad, sub: `user-${i}` }))
  for (const token of tokens) expect(await reason(token)).toBe('allow')
  for (const token of tokens) {
    const bytes = Buffer.from(token.split('.')[2] ?? '', 'base64url')
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
    expect(await reason(`${token.slice(0, token.lastIndexOf('.'))}.${part(bytes)}`)).toBe('jwt_sig_invalid')
    expect(await reason(token)).toBe('allow')
  }
})

test('a remembered token ends with its leeway', async () => {
  const { verify, reason, pass, provider, isImmediate } = await start()
  const token = provider.token({ exp: Math.floor(Date.now() / 1000) + 100 })
  await verify(token)
  pass(128)
  expect(isImmediate(token)).toBe(true)
  pass(4)
  expect(await reason(token)).toBe('jwt_expired')
})

test('J-32: refusals are remembered for ten seconds', async () => {
  const { reason, pass, provider, isImmediate } = await start()
  const token = provider.token({ aud: 'other' })
  expect(await reason(token)).toBe('jwt_aud_mismatch')
  expect(isImmediate(token)).toBe(true)
  pass(11)
  expect(isImmediate(token)).toBe(false)
  expect(await reason(token)).toBe('jwt_aud_mismatch')
})
