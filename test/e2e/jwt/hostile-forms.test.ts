import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import type { Members } from '../../support/raw-token.ts'
import { SIGNING_ALGORITHMS, makeKey, part, rawToken, signToken } from '../../support/raw-token.ts'
import { callGateway } from '../hostile/support/stand.ts'
import { chat, chatOnce, userIds } from './support/asks.ts'
import { refused } from './support/refused.ts'
import type { Town } from './support/town.ts'
import { openTown } from './support/town.ts'

/** The attacker's: whoever asks it anything lost. */
let attacker: IdentityProvider
let town: Town
let before: readonly string[]

beforeAll(async () => {
  attacker = await startIdentityProvider()
  town = await openTown({ auth: { user_id_jwt_field: 'sub', user_id_upsert: true, team_ids_jwt_field: 'groups' } })
  expect((await chatOnce(town, town.token({ sub: 'honest' }))).status).toBe(200)
  before = await userIds(town)
})

afterAll(async () => {
  const { gateway } = town
  await town.close()
  await attacker.stop()
  // Each line of the log is one whole record, whatever the tokens had in them.
  for (const line of gateway.stdout().split('\n')) {
    if (line.startsWith('{')) expect(() => JSON.parse(line), line.slice(0, 200)).not.toThrow()
  }
})

const key = () => town.idp.keys.RS256
const header = (more: Members = {}): Members => ({ alg: 'RS256', kid: key().kid, typ: 'at+jwt', ...more })
const claims = () => town.idp.claims()
/** A proper signature over a header and a payload that are written by hand. */
const written = (payload: string | Uint8Array, head: Members | string | Uint8Array = header()): string =>
  rawToken({ header: head, payload, key: key() })
const json = (more: Members = {}): string => JSON.stringify({ ...claims(), ...more })

test.each(['none', 'None', 'NONE', 'nOnE', 'none ', 'NoNe\u0000'])('AC-002: no algorithm, written %j', async (alg) => {
  const head = header({ alg })
  await refused(town, rawToken({ header: head, payload: claims() }), 'jwt_malformed')
  await refused(town, rawToken({ header: head, payload: claims(), signature: 'AAAA' }), 'jwt_alg_not_allowed')
  await refused(town, written(json(), head), 'jwt_alg_not_allowed')
})

describe('AC-003: HMAC with what everybody knows', () => {
  const secrets = (): Record<string, string | Uint8Array> => {
    const { publicKey } = key()
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
    return {
      pem,
      'pem with CRLF': pem.replaceAll('\n', '\r\n'),
      'pem without its last line feed': pem.trimEnd(),
      'pem after a blank': ` ${pem}`,
      pkcs1: publicKey.export({ format: 'pem', type: 'pkcs1' }).toString(),
      der: publicKey.export({ format: 'der', type: 'spki' }),
      'the published key': JSON.stringify(key().jwk),
      'its modulus': String(key().jwk['n']),
      'its name': String(key().kid),
      nothing: '',
    }
  }

  test.each(['HS256', 'HS384', 'HS512'] as const)('%s', async (alg) => {
    for (const secret of Object.values(secrets())) {
      const token = rawToken({ header: header({ alg }), payload: claims(), hmac: { alg, secret } })
      await refused(town, token, 'jwt_alg_not_allowed')
    }
  })

  test('under the name of an algorithm that is allowed', async () => {
    for (const secret of Object.values(secrets())) {
      const token = rawToken({ header: header(), payload: claims(), hmac: { alg: 'HS256', secret } })
      await refused(town, token, 'jwt_sig_invalid')
    }
  })
})

describe('AC-004, AC-005: keys that the token brings along', () => {
  const foreign = makeKey('RS256', { kid: 'foreign' })
  const members = (): Record<string, Members> => ({
    jwk: { jwk: foreign.jwk },
    jku: { jku: attacker.jwksUrl },
    x5u: { x5u: `${attacker.origin}/cert` },
    x5c: { x5c: [foreign.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')] },
    'jwk null': { jwk: null },
    'all of them': { jwk: foreign.jwk, jku: attacker.jwksUrl, x5u: attacker.jwksUrl, x5c: [] },
  })

  test('signed by the attacker, with its own name and with a name of ours', async () => {
    for (const more of Object.values(members())) {
      await refused(town, signToken({ key: foreign, claims: claims(), header: more }), 'jwt_embedded_key')
      await refused(
        town,
        signToken({ key: { ...foreign, kid: key().kid }, claims: claims(), header: more }),
        'jwt_embedded_key',
      )
    }
    expect(attacker.seen).toEqual([])
  })

  test('signed by the right key', async () => {
    for (const more of [...Object.values(members()), { jwk: key().jwk }, { jku: town.idp.jwksUrl }]) {
      await refused(town, town.idp.token({}, { header: more }), 'jwt_embedded_key')
    }
  })

  test('J-07: thumbprints mean nothing', async () => {
    const token = town.idp.token({ sub: 'honest' }, { header: { x5t: 'AAAA', 'x5t#S256': 'AAAA', unknown: { a: 1 } } })
    expect((await chat(town, token)).status).toBe(200)
  })
})

test.each([
  '../../dev/null',
  "' OR '1'='1",
  'k1\u0000',
  'http://127.0.0.1:1/key',
  'x'.repeat(257),
  'x'.repeat(3_000),
  'line\nlevel":"error',
  '%s%n',
  '__proto__',
  'constructor',
  'ключ',
  '',
  7,
  null,
  true,
  [],
  ['rs256'],
  {},
])('AC-006: kid %j', async (kid) => {
  const fetches = town.idp.counters.jwks
  await refused(town, town.idp.token({}, { header: { kid } }), 'jwt_kid_invalid', 'jwt_kid_unknown')
  expect(town.idp.counters.jwks - fetches).toBeLessThanOrEqual(1)
})

test.each<readonly [Members, string]>([
  [{ crit: ['exp'] }, 'jwt_crit_unsupported'],
  [{ crit: ['x'], x: 1 }, 'jwt_crit_unsupported'],
  [{ crit: [] }, 'jwt_crit_unsupported'],
  [{ crit: null }, 'jwt_crit_unsupported'],
  [{ crit: ['b64'], b64: true }, 'jwt_crit_unsupported'],
  [{ b64: false }, 'jwt_b64_unsupported'],
  [{ b64: true }, 'jwt_b64_unsupported'],
  [{ cty: 'JWT' }, 'jwt_nested'],
  [{ cty: 'application/json' }, 'jwt_nested'],
  ...['enc', 'zip', 'epk', 'apu', 'apv', 'iv', 'tag', 'p2s', 'p2c'].map((name): readonly [Members, string] => [
    { [name]: 'x' },
    'jwt_jwe_unsupported',
  ]),
])('AC-007, AC-008: header %j', async (more, reason) => {
  await refused(town, town.idp.token({}, { header: more }), reason)
})

test('AC-008: five parts are not decrypted, derived or inflated', async () => {
  for (const head of [
    { alg: 'dir', enc: 'A256GCM', zip: 'DEF' },
    { alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2s: 'AAAA', p2c: 1e9 },
    { alg: 'RSA-OAEP', enc: 'A128GCM', kid: key().kid },
  ]) {
    const token = `${part(head)}.${part('x'.repeat(100))}.${part('iv')}.${part('x'.repeat(2_000))}.${part('tag')}`
    await refused(town, token, 'jwt_jwe_unsupported')
  }
})

test('AC-009: a token in a token', async () => {
  await refused(town, written(town.token(), header({ cty: 'JWT' })), 'jwt_nested', 'jwt_json')
  await refused(town, written(json({ token: town.token() }), header({ cty: 'JWT' })), 'jwt_nested')
  await refused(town, written(JSON.stringify(town.token())), 'jwt_json')
  await refused(town, written(town.token()), 'jwt_json')
})

test('AC-010: the JSON serialisations', async () => {
  const [head, payload, signature] = town.token().split('.')
  const flat = { payload, protected: head, signature }
  const general = { payload, signatures: [{ protected: head, signature }] }
  for (const value of [flat, general, [town.token()], town.token()]) {
    await refused(town, JSON.stringify(value), 'jwt_malformed', 'cred_scheme', 'key_malformed')
  }
})

describe('AC-011: one spelling only', () => {
  test('of the whole', async () => {
    const token = town.token({ sub: 'honest' })
    const [head = '', payload = '', signature = ''] = token.split('.')
    const others = [
      `${token}=`,
      `${token}==`,
      `${token}.`,
      `.${token}`,
      `${head}=.${payload}.${signature}`,
      `${head}.${payload}=.${signature}`,
      `${head}.${payload} .${signature}`,
      `${head}..${payload}.${signature}`,
      `"${token}"`,
      `${token},${token}`,
      `${token}%3D`,
      `${token}A`,
      `${token}\u00a0`,
    ]
    for (const other of others) {
      const { status, reason } = await chat(town, other)
      expect(
        [status, /^(jwt_malformed|jwt_b64_noncanonical|jwt_sig_invalid|cred_|key_malformed)/.test(reason ?? '')],
        other.slice(-60),
      ).toEqual([401, true])
    }
    expect((await chat(town, token)).status).toBe(200)
  })

  test.each(SIGNING_ALGORITHMS)('of the last bits of a signature by %s', async (alg) => {
    const token = town.idp.token({ sub: 'honest' }, { alg })
    const bytes = Buffer.from(token.split('.')[2] ?? '', 'base64url')
    const others = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')
      .map((letter) => token.slice(0, -1) + letter)
      .filter((other) => other !== token)
    const twins = others.filter((other) => Buffer.from(other.split('.')[2] ?? '', 'base64url').equals(bytes))
    for (const other of others) {
      const reasons = twins.includes(other) ? ['jwt_b64_noncanonical'] : ['jwt_sig_invalid', 'jwt_b64_noncanonical']
      const { status, reason } = await chatOnce(town, other, { path: '/v1/chat/completions' })
      expect([status, reasons.includes(reason ?? '')], `${other.slice(-6)} ${String(reason)}`).toEqual([401, true])
    }
    expect((await chatOnce(town, token)).status).toBe(200)
  })

  test('of its letters', async () => {
    // Payloads until one has a letter that the plain alphabet writes otherwise.
    for (let pad = 0; ; pad += 1) {
      const token = town.token({ sub: 'honest', pad: '~?'.repeat(pad) })
      if (!/[-_]/.test(token)) continue
      await refused(
        town,
        token.replaceAll('-', '+').replaceAll('_', '/'),
        'jwt_malformed',
        'cred_scheme',
        'key_malformed',
      )
      return
    }
  })
})

describe('AC-012, AC-013: long, deep and wide', () => {
  test('one byte too many', async () => {
    const short = town.token({ sub: 'honest', pad: '' }).length
    const fill = Math.floor(((12_288 - short) * 3) / 4)
    const fitting = Array.from({ length: 12 }, (_, less) => town.token({ sub: 'honest', pad: 'x'.repeat(fill - less) }))
    const longest = fitting.find(({ length }) => length <= 12_288) ?? ''
    expect(longest.length).toBeGreaterThan(12_270)
    expect((await chatOnce(town, longest)).status).toBe(200)
    await refused(town, town.token({ sub: 'honest', pad: 'x'.repeat(fill + 20) }), 'jwt_too_large')
  })

  test('a megabyte ends before the token is looked at', async () => {
    const answer = await callGateway(town.gateway.port, {
      path: '/v1/models',
      headers: { authorization: `Bearer ${town.token({ pad: 'x'.repeat(1_000_000) })}` },
    }).then(
      ({ status }) => status,
      () => 431,
    )
    expect([401, 431]).toContain(answer)
  })

  test.each<readonly [string, string]>([
    ['thirteen deep', `{"a":${'['.repeat(13)}${']'.repeat(13)}}`],
    ['as deep as fits', `{"a":${'['.repeat(4_000)}${']'.repeat(4_000)}}`],
    ['as deep as fits, of objects', `{"a":${'{"a":'.repeat(1_200)}1${'}'.repeat(1_200)}}`],
    ['and never closed', `{"a":${'['.repeat(8_000)}`],
    ['2,001 groups', JSON.stringify({ groups: Array.from({ length: 2_001 }, () => '') })],
    ['257 members', JSON.stringify(Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`m${index}`, 1])))],
    ['a name of 257 bytes', JSON.stringify({ ['n'.repeat(257)]: 1 })],
  ])('%s', async (_, text) => {
    await refused(
      town,
      written(`${text.slice(0, -1)},${json().slice(1)}`),
      'jwt_too_complex',
      'jwt_json',
      'jwt_too_large',
    )
  })
})

describe('AC-014: a member twice', () => {
  test.each(['sub', 'iss', 'aud', 'exp', 'groups'])('%s, whichever of the two is good', async (name) => {
    const good = JSON.stringify({ ...claims(), sub: 'honest', groups: [] })
    for (const text of [`{"${name}":"victim",${good.slice(1)}`, `${good.slice(0, -1)},"${name}":"victim"}`]) {
      await refused(town, written(text), 'jwt_json_duplicate')
    }
    // Written otherwise, it is the same name.
    const escaped = `\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}`
    await refused(town, written(`{"${escaped}":"victim",${good.slice(1)}`), 'jwt_json_duplicate')
  })

  test('deep inside, and in the header', async () => {
    await refused(town, written(`{"realm":{"roles":["a"],"roles":["admin"]},${json().slice(1)}`), 'jwt_json_duplicate')
    const head = JSON.stringify(header())
    await refused(town, written(json(), `{"alg":"none",${head.slice(1)}`), 'jwt_json_duplicate')
    await refused(town, written(json(), `${head.slice(0, -1)},"kid":"other"}`), 'jwt_json_duplicate')
  })

  test.each(['__proto__', 'constructor', 'prototype'])('J-06: the name %s', async (name) => {
    await refused(town, written(`{"${name}":{"sub":"victim"},${json().slice(1)}`), 'jwt_json_name')
    await refused(town, written(`{"a":{"${name}":1},${json().slice(1)}`), 'jwt_json_name')
    await refused(town, written(json(), `{"${name}":1,${JSON.stringify(header()).slice(1)}`), 'jwt_json_name')
  })
})

test.each<readonly [string, () => string | Uint8Array]>([
  ['a byte-order mark', () => `\ufeff${json()}`],
  ['UTF-16', () => Buffer.from(json(), 'utf16le')],
  [
    'bytes that are no text',
    () => Buffer.concat([Buffer.from('{"sub":"'), Buffer.of(0xff), Buffer.from(`",${json().slice(1)}`)]),
  ],
  [
    'an overlong letter',
    () => Buffer.concat([Buffer.from('{"x":"'), Buffer.of(0xc0, 0xaf), Buffer.from(`",${json().slice(1)}`)]),
  ],
  ['half a letter', () => json().replace('"user-1"', '"\\ud800"')],
  ['something after the end', () => `${json()}}`],
  ['a zero after the end', () => `${json()}\u0000`],
  ['two documents', () => `${json()}${json()}`],
  ['a list', () => `[${json()}]`],
  ['a text', () => '"x"'],
  ['nothing', () => ''],
  ['a comment', () => `${json().slice(0, -1)}/**/}`],
  ['a comma too many', () => `${json().slice(0, -1)},}`],
  ['single quotes', () => json().replaceAll('"', "'")],
  ['NaN', () => `{"x":NaN,${json().slice(1)}`],
])('AC-015: claims with %s', async (_, payload) => {
  await refused(town, written(payload()), 'jwt_json', 'jwt_malformed')
})

test('and all of that had no effect, and the honest are served', async () => {
  expect((await chat(town, town.token({ sub: 'honest' }))).status).toBe(200)
  expect(await userIds(town)).toEqual(before)
  process.kill(town.gateway.pid, 0)
  expect(attacker.seen).toEqual([])
})
