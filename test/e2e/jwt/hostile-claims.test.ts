import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Members } from '../../support/raw-token.ts'
import { makeKey, rawToken, signToken } from '../../support/raw-token.ts'
import type { Verdict } from './support/asks.ts'
import { accountOf, chat, chatOnce, userIds } from './support/asks.ts'
import { newTeam } from './support/people.ts'
import { refused } from './support/refused.ts'
import type { Settings, Town } from './support/town.ts'
import { fresh, openTown } from './support/town.ts'

const PEOPLE = { user_id_jwt_field: 'sub', user_id_upsert: true, team_ids_jwt_field: 'groups' }
const now = (): number => Math.floor(Date.now() / 1000)
let town: Town

beforeAll(async () => {
  town = await openTown({ auth: PEOPLE })
  expect((await chatOnce(town, town.token({ sub: 'honest' }))).status).toBe(200)
})

afterAll(() => town.close())

/** Signed as ever, with claims as text: for what JSON.stringify doesn't write. */
function written(more: string, without: readonly string[] = []): string {
  const rest = Object.entries({ ...town.idp.claims(), sub: 'honest' }).filter(([name]) => !without.includes(name))
  const { RS256: key } = town.idp.keys
  const text = `{${more},${JSON.stringify(Object.fromEntries(rest)).slice(1)}`
  return rawToken({ header: { alg: 'RS256', kid: key.kid, typ: 'at+jwt' }, payload: text, key })
}

test('AC-001: the baseline is served, on the account of person and team, and the token goes no further', async () => {
  const [sub, team] = [fresh('person'), await newTeam(town)]
  const token = town.token({ sub, groups: [team] })
  const before = town.upstream.requests.total
  const account = await accountOf(town, await chat(town, token))
  expect(account).toMatchObject({ user: sub, team })
  const seen = town.upstream.requests.all.slice(before - town.upstream.requests.total)
  expect(seen).toHaveLength(2)
  const [head = '', payload = '', signature = ''] = token.split('.')
  for (const secret of [head, payload, signature, sub, town.idp.issuer]) {
    for (const { rawHeaders, body } of seen) expect(`${rawHeaders.join(' ')} ${body.toString()}`).not.toContain(secret)
  }
})

describe('AC-016, AC-017: exp', () => {
  test.each(['"1999999999"', 'null', 'true', '1e400', '-1e400', '-1', '0', String(2 ** 60), '[]', '{}', '""', '1e-5'])(
    '%s',
    async (exp) => {
      await refused(town, written(`"exp":${exp}`, ['exp']), 'jwt_time_type', 'jwt_expired', 'jwt_lifetime', 'jwt_json')
    },
  )

  test.each<readonly [string, () => Members, string]>([
    ['missing', () => ({ exp: undefined }), 'jwt_exp_missing'],
    ['long over', () => ({ iat: now() - 500, exp: now() - 60 }), 'jwt_expired'],
    ['in ten years', () => ({ exp: now() + 315_360_000 }), 'jwt_lifetime'],
    ['a day and an hour after iat', () => ({ iat: now() - 7_200, exp: now() + 82_900 }), 'jwt_lifetime'],
    ['in a day and an hour, without iat', () => ({ iat: undefined, exp: now() + 90_000 }), 'jwt_lifetime'],
  ])('%s', async (_, claims, reason) => {
    await refused(town, town.token({ sub: 'honest', ...claims() }), reason)
  })

  test('with a fraction', async () => {
    expect((await chat(town, town.token({ sub: 'honest', exp: now() + 60.5 }))).status).toBe(200)
  })
})

describe('AC-018: nbf and iat', () => {
  test.each<readonly [string, () => Members, string]>([
    ['nbf ahead', () => ({ nbf: now() + 90 }), 'jwt_not_yet_valid'],
    ['iat ahead', () => ({ iat: now() + 3_600, exp: now() + 7_200 }), 'jwt_iat_future'],
    ['exp before iat', () => ({ iat: now() + 10, exp: now() + 10 }), 'jwt_time_inconsistent'],
    ['exp before nbf', () => ({ iat: undefined, nbf: now() + 20, exp: now() + 15 }), 'jwt_time_inconsistent'],
  ])('%s', async (_, claims, reason) => {
    await refused(town, town.token({ sub: 'honest', ...claims() }), reason)
  })

  test.each(['nbf', 'iat'])('%s of a wrong form', async (name) => {
    for (const value of ['"x"', `"${now()}"`, 'null', 'true', '[]', '{}', '-1e400', '1e400']) {
      await refused(
        town,
        written(`"${name}":${value}`, [name]),
        'jwt_time_type',
        'jwt_json',
        'jwt_iat_future',
        'jwt_not_yet_valid',
      )
    }
  })
})

describe('AC-019: the leeway', () => {
  /** What may be said between these two moments; undefined: the border passed meanwhile. */
  const wanted = (isGood: (at: number) => boolean, from: number, to: number): boolean | undefined =>
    isGood(from) === isGood(to) ? isGood(to) : undefined

  async function decided(claims: Members): Promise<{ readonly verdict: Verdict; from: number; to: number }> {
    const from = Date.now() / 1000
    const verdict = await chatOnce(town, town.token({ sub: 'honest', ...claims }))
    return { verdict, from, to: Date.now() / 1000 }
  }

  test.each([-33, -32, -31, -30, -29, -28, -20])('exp %d seconds from now', async (offset) => {
    const exp = now() + offset
    const { verdict, from, to } = await decided({ iat: now() - 600, exp })
    const is = wanted((at) => at < exp + 30, from, to)
    if (is !== undefined) expect([verdict.status, verdict.reason]).toEqual(is ? [200, undefined] : [401, 'jwt_expired'])
  })

  test.each([20, 28, 29, 30, 31, 32, 40])('nbf and iat %d seconds from now', async (offset) => {
    const at = now() + offset
    for (const [name, reason] of [
      ['nbf', 'jwt_not_yet_valid'],
      ['iat', 'jwt_iat_future'],
    ] as const) {
      const { verdict, from, to } = await decided({ iat: undefined, [name]: at })
      const is = wanted((moment) => moment + 30 >= at, from, to)
      if (is !== undefined) expect([verdict.status, verdict.reason]).toEqual(is ? [200, undefined] : [401, reason])
    }
  })
})

test.each<readonly [unknown, string | undefined]>([
  [['gw'], undefined],
  [['x', 'gw'], undefined],
  [undefined, 'jwt_aud_missing'],
  ['', 'jwt_aud_'],
  [[], 'jwt_aud_'],
  [['other'], 'jwt_aud_mismatch'],
  [['gw2'], 'jwt_aud_mismatch'],
  ['gwx', 'jwt_aud_mismatch'],
  ['GW', 'jwt_aud_mismatch'],
  [' gw', 'jwt_aud_mismatch'],
  ['gw ', 'jwt_aud_mismatch'],
  ['other gw', 'jwt_aud_mismatch'],
  ['gw,other', 'jwt_aud_mismatch'],
  [['gw', 1], 'jwt_aud_type'],
  [['gw', ''], 'jwt_aud_type'],
  [['gw', null], 'jwt_aud_type'],
  [[['gw']], 'jwt_aud_type'],
  [Array.from({ length: 33 }, () => 'gw'), 'jwt_aud_type'],
  [{ gw: 1 }, 'jwt_aud_type'],
  [7, 'jwt_aud_type'],
  [true, 'jwt_aud_type'],
  [null, 'jwt_aud_'],
])('AC-020: aud %j', async (aud, reason) => {
  const verdict = await chat(town, town.token({ sub: 'honest', aud }))
  expect(verdict.status).toBe(reason === undefined ? 200 : 401)
  if (reason !== undefined) expect(verdict.reason).toContain(reason)
})

describe('AC-024: subjects', () => {
  test.each([
    7,
    null,
    '',
    ' a',
    'a ',
    '\u00a0a',
    '\ufeffa',
    'a\u0000',
    'a\nb',
    '\u0085x',
    'ö'.repeat(128),
    'x'.repeat(256),
    {},
    [],
    ['a'],
    true,
    undefined,
  ])('%j', async (sub) => {
    await refused(town, town.token({ sub }), 'jwt_sub_missing', 'jwt_sub_invalid')
  })

  test('of 255 bytes', async () => {
    const sub = fresh('x').padEnd(255, 'x')
    expect((await chat(town, town.token({ sub }))).status).toBe(200)
  })
})

test('AC-025, INV-06: each spelling of a subject is somebody else', async () => {
  const name = fresh('Zo\u00eb')
  const spellings = [name, name.toUpperCase(), name.toLowerCase(), name.normalize('NFD'), `${name}.`, `\u200b${name}`]
  const users: string[] = []
  for (const sub of spellings) users.push(String((await accountOf(town, await chat(town, town.token({ sub })))).user))
  expect(new Set(users).size).toBe(new Set(spellings).size)
  // And nobody else the next time.
  expect(new Set([...users, ...(await userIds(town)).filter((id) => users.includes(id))]).size).toBe(users.length)
  for (const [index, sub] of spellings.entries()) {
    expect((await accountOf(town, await chat(town, town.token({ sub })))).user).toBe(users[index])
  }
})

describe('AC-026, AC-028: tokens for something else', () => {
  test.each<readonly [Members, string]>([
    [{ nonce: 'n' }, 'jwt_type_wrong'],
    [{ at_hash: 'h' }, 'jwt_type_wrong'],
    [{ c_hash: 'h' }, 'jwt_type_wrong'],
    [{ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }, 'jwt_type_wrong'],
    [{ typ: 'ID' }, 'jwt_type_wrong'],
    [{ typ: 'Refresh' }, 'jwt_type_wrong'],
    [{ typ: 'Offline' }, 'jwt_type_wrong'],
    [{ typ: 'Logout' }, 'jwt_type_wrong'],
    [{ token_use: 'id' }, 'jwt_type_wrong'],
    [{ cnf: { jkt: 'x' } }, 'jwt_cnf_unsupported'],
    [{ cnf: { 'x5t#S256': 'x' } }, 'jwt_cnf_unsupported'],
    [{ cnf: {} }, 'jwt_cnf_unsupported'],
    [{ cnf: null }, 'jwt_cnf_unsupported'],
  ])('%j', async (claims, reason) => {
    await refused(town, town.token({ sub: 'honest', ...claims }), reason)
    await refused(town, town.idp.token({ sub: 'honest', ...claims }, { header: { typ: 'JWT' } }), reason)
  })

  test('what a token of this kind may say', async () => {
    for (const claims of [{ typ: 'Bearer' }, { token_use: 'access' }, { azp: 'app', client_id: 'app', jti: 'j' }]) {
      expect((await chat(town, town.token({ sub: 'honest', ...claims }))).status, JSON.stringify(claims)).toBe(200)
    }
  })
})

describe('AC-027: typ', () => {
  const GOOD = ['at+jwt', 'application/at+jwt', 'AT+JWT', 'Application/AT+JWT']
  const BAD = [
    'at+jwt;x=1',
    'jwt+at',
    'dpop+jwt',
    'logout+jwt',
    'JOSE',
    'at+jwt ',
    '',
    'application/',
    7,
    null,
    ['at+jwt'],
    {},
  ]
  const NONE = ['JWT', 'jwt', 'application/jwt', undefined]

  const asked = async (place: Town, typ: unknown): Promise<number> =>
    (await chat(place, place.idp.token({ sub: 'honest' }, { header: { typ } }))).status

  test('as it comes', async () => {
    for (const typ of [...GOOD, ...NONE]) expect([typ, await asked(town, typ)]).toEqual([typ, 200])
    for (const typ of BAD) {
      await refused(town, town.idp.token({ sub: 'honest' }, { header: { typ } }), 'jwt_type_wrong', 'jwt_malformed')
    }
  })

  test('with require_typ', async () => {
    const strict = await openTown({ idp: town.idp, auth: strictly({ require_typ: true }) })
    try {
      for (const typ of GOOD) expect([typ, await asked(strict, typ)]).toEqual([typ, 200])
      for (const typ of [...NONE, ...BAD]) expect([typ, await asked(strict, typ)]).toEqual([typ, 401])
    } finally {
      await strict.close()
    }
  })
})

function strictly(more: Settings): Settings {
  return { ...PEOPLE, issuers: [{ issuer: town.idp.issuer, audience: 'gw', jwks_url: town.idp.jwksUrl, ...more }] }
}

test('J-24: a condition that is left out, emptied or of another type is not met', async () => {
  const required_claims = [{ claim: 'department', equals: 'research' }]
  const strict = await openTown({ idp: town.idp, auth: strictly({ required_claims }) })
  try {
    expect((await chat(strict, town.token({ sub: 'honest', department: 'research' }))).status).toBe(200)
    for (const department of [
      undefined,
      null,
      '',
      [],
      ['research'],
      {},
      0,
      false,
      'Research',
      'research ',
      { research: 1 },
    ]) {
      const verdict = await chat(strict, town.token({ sub: 'honest', department }))
      expect([department, verdict.status]).toEqual([department, 401])
      expect(verdict.reason).toMatch(/^jwt_claim_(missing|denied)/)
    }
  } finally {
    await strict.close()
  }
})

test('INV-08: a token of the right key that is signed anew says who it is by its claims alone', async () => {
  const sub = fresh('person')
  const key = makeKey('ES256', { kid: 'another' })
  town.idp.publish([...Object.values(town.idp.keys), key])
  const first = await accountOf(town, await chat(town, town.token({ sub })))
  await expect
    .poll(async () => (await chatOnce(town, signToken({ key, claims: { ...town.idp.claims(), sub } }))).status)
    .toBe(200)
  const second = await accountOf(town, await chat(town, signToken({ key, claims: { ...town.idp.claims(), sub } })))
  expect(second.user).toBe(first.user)
})
