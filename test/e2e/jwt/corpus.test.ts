import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SigningAlgorithm } from '../../../src/domain/token-settings.ts'
import type { Members, TestKey } from '../../support/raw-token.ts'
import { SIGNING_ALGORITHMS, makeKey, part, rawToken, signBytes, signToken } from '../../support/raw-token.ts'
import { chatOnce, reasonOf, userIds } from './support/asks.ts'
import type { Town } from './support/town.ts'
import { openTown } from './support/town.ts'

/** Beside the project, where the people who work on it keep what is not ours. */
const VECTORS = join(import.meta.dirname, '../../../../shared/vectors')
const SEED = 20_261_121
/** Cheap, and refused like every other call. */
const ASK = { path: '/v1/models' }

let town: Town
let strangers: Readonly<Record<SigningAlgorithm, TestKey>>
let known: readonly string[]

beforeAll(async () => {
  town = await openTown({ auth: { user_id_jwt_field: 'sub', user_id_upsert: true, team_ids_jwt_field: 'groups' } })
  const rsa = makeKey('RS256')
  strangers = Object.fromEntries(
    SIGNING_ALGORITHMS.map((alg) => [
      alg,
      makeKey(alg, { kid: alg.toLowerCase(), ...(/^[RP]S/.test(alg) ? { of: rsa } : {}) }),
    ]),
  ) as Record<SigningAlgorithm, TestKey>
  for (const alg of SIGNING_ALGORITHMS) {
    expect((await chatOnce(town, town.idp.token({ sub: 'honest' }, { alg }))).status).toBe(200)
  }
  known = await userIds(town)
})

afterAll(async () => {
  expect(await userIds(town)).toEqual(known)
  await town.close()
})

interface Mutant {
  readonly what: string
  readonly token: string
}

/** What was accepted, or was no refusal of the token. */
async function surviving(mutants: readonly Mutant[]): Promise<readonly unknown[]> {
  const survivors: unknown[] = []
  for (const { what, token } of mutants) {
    const answer = await town.holder(token).ask(ASK)
    if (answer.status !== 401) survivors.push([what, answer.status, reasonOf(answer), token])
  }
  return survivors
}

const sample = <T>(of: fc.Arbitrary<T>, numRuns: number): readonly T[] => fc.sample(of, { seed: SEED, numRuns })
const claims = (): Members => ({
  ...town.idp.claims(),
  sub: 'honest',
  groups: [],
  scope: 'openid',
  realm: { role: 'x' },
})
const decoded = (text: string): Members => JSON.parse(Buffer.from(text, 'base64url').toString()) as Members
const VALUES: readonly unknown[] = [
  undefined,
  null,
  '',
  ' ',
  'x',
  0,
  1,
  -1,
  2 ** 53,
  1e300,
  true,
  false,
  [],
  {},
  [''],
  ['x'],
  [null],
  { x: 1 },
  'admin',
  '*',
]

describe.each(SIGNING_ALGORITHMS)('a token signed by %s, changed after it was signed', (alg) => {
  const parts = (): readonly [string, string, string] => {
    const [head = '', payload = '', signature = ''] = town.idp.token(claims(), { alg }).split('.')
    return [head, payload, signature]
  }

  test('in any claim', async () => {
    const [head, payload, signature] = parts()
    const before = decoded(payload)
    const mutants = [
      ...Object.keys(before),
      'nbf',
      'jti',
      'azp',
      'team',
      'roles',
      'email',
      'email_verified',
      'act',
    ].flatMap((name) =>
      VALUES.filter((value) => JSON.stringify(value) !== JSON.stringify(before[name])).map((value) => ({
        what: `${name}: ${JSON.stringify(value)}`,
        token: `${head}.${part({ ...before, [name]: value })}.${signature}`,
      })),
    )
    expect(await surviving(mutants)).toEqual([])
  })

  test('in any member of the header', async () => {
    const [head, payload, signature] = parts()
    const before = decoded(head)
    const names = [
      ...Object.keys(before),
      'jwk',
      'jku',
      'x5c',
      'x5u',
      'crit',
      'b64',
      'cty',
      'zip',
      'enc',
      'p2c',
      'x5t',
      'other',
    ]
    const values = [
      ...VALUES,
      ...SIGNING_ALGORITHMS,
      ...SIGNING_ALGORITHMS.map((each) => each.toLowerCase()),
      'none',
      'HS256',
      'at+jwt',
      'JWT',
    ]
    const mutants = names.flatMap((name) =>
      values
        .filter((value) => JSON.stringify(value) !== JSON.stringify(before[name]))
        .map((value) => ({
          what: `${name}: ${JSON.stringify(value)}`,
          token: `${part({ ...before, [name]: value })}.${payload}.${signature}`,
        })),
    )
    expect(await surviving(mutants)).toEqual([])
  })

  test('in any byte: another, one more, one less, two changed places', async () => {
    const token = parts().join('.')
    const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/~')
    const place = fc.nat(token.length - 1)
    const mutants = sample(fc.tuple(place, fc.constantFrom(...letters), fc.nat(3), place), 150).map(
      ([at, by, how, to]): Mutant => {
        const [left, right] = [token.slice(0, at), token.slice(at + 1)]
        switch (how) {
          case 0:
            return { what: `${at} becomes ${by}`, token: left + by + right }
          case 1:
            return { what: `${by} before ${at}`, token: left + by + token.slice(at) }
          case 2:
            return { what: `${at} is left out`, token: left + right }
          default: {
            const swapped = Array.from(token)
            ;[swapped[at], swapped[to]] = [token[to] ?? '', token[at] ?? '']
            return { what: `${at} and ${to} change places`, token: swapped.join('') }
          }
        }
      },
    )
    expect(await surviving(mutants.filter((mutant) => mutant.token !== token))).toEqual([])
  })

  test('in its parts: left out, doubled, exchanged, or of another token', async () => {
    const own = parts()
    const other = town.idp.token({ ...claims(), sub: 'victim' }, { alg }).split('.')
    const orders = [
      [0, 1],
      [0, 2],
      [1, 2],
      [0],
      [0, 2, 1],
      [1, 0, 2],
      [2, 1, 0],
      [0, 1, 1],
      [0, 0, 2],
      [0, 1, 2, 2],
      [0, 1, 2, 0, 1],
    ]
    const mutants = orders.map((order) => ({ what: order.join(), token: order.map((at) => own[at]).join('.') }))
    mutants.push({ what: 'its signature on another', token: [other[0], other[1], own[2]].join('.') })
    mutants.push({ what: 'another signature on it', token: [own[0], own[1], other[2]].join('.') })
    for (const length of [0, 1, 16, 31, 32, 48, 64, 96, 132, 256]) {
      const zeros = Buffer.alloc(length).toString('base64url')
      const random = Buffer.from(own[2].repeat(8)).subarray(0, length).toString('base64url')
      for (const signature of [zeros, random]) {
        mutants.push({ what: `${length} bytes for a signature`, token: `${own[0]}.${own[1]}.${signature}` })
      }
    }
    expect(await surviving(mutants)).toEqual([])
  })

  test('in its key: another of the same name, another of ours, another algorithm', async () => {
    const mutants: Mutant[] = [
      { what: 'a stranger', token: signToken({ key: strangers[alg], claims: claims() }) },
      ...SIGNING_ALGORITHMS.filter((each) => each !== alg).flatMap((used) => {
        const header = { alg, kid: town.idp.keys[alg].kid, typ: 'at+jwt' }
        const key = town.idp.keys[used]
        return [
          { what: `${alg} said, ${used} used`, token: rawToken({ header, payload: claims(), key, algorithm: used }) },
          {
            what: `the key of ${alg} named, ${used} said and used`,
            token: rawToken({ header: { ...header, alg: used }, payload: claims(), key, algorithm: used }),
          },
          {
            what: `the key of ${used} named, ${alg} said and used`,
            token: rawToken({ header: { ...header, kid: key.kid }, payload: claims(), key: town.idp.keys[alg] }),
          },
        ]
      }),
    ]
    expect(await surviving(mutants)).toEqual([])
  })

  if (alg.startsWith('ES')) {
    test('in the writing of its signature: DER, halves exchanged, out of range', async () => {
      const [head, payload, signature] = parts()
      const bytes = Buffer.from(signature, 'base64url')
      const half = bytes.length / 2
      const [r, s] = [bytes.subarray(0, half), bytes.subarray(half)]
      const der = signBytes(`${head}.${payload}`, town.idp.keys[alg])
      const written = [
        Buffer.concat([Buffer.of(0x30, 2 * half + 4, 2, half), r, Buffer.of(2, half), s]),
        Buffer.concat([s, r]),
        Buffer.concat([r, Buffer.alloc(half)]),
        Buffer.concat([Buffer.alloc(half), s]),
        Buffer.concat([Buffer.of(0), r, Buffer.of(0), s]),
        Buffer.concat([r, Buffer.alloc(half, 255)]),
        Buffer.concat([der, Buffer.of(0)]),
      ]
      expect(
        await surviving(
          written.map((each) => ({ what: each.toString('hex'), token: `${head}.${payload}.${part(each)}` })),
        ),
      ).toEqual([])
    })
  }
})

describe('a token that is well signed and says something else', () => {
  /** Of what is about the token itself, these are as good as what a plain token says. */
  const HARMLESS: Readonly<Record<string, readonly unknown[]>> = {
    iat: [undefined, 0, 1],
    nbf: [undefined, 0, 1, -1],
    exp: [],
    aud: [],
    iss: [],
    sub: ['x', 'admin', '*'],
  }

  test.each(['iss', 'aud', 'exp', 'sub', 'iat', 'nbf'])('in %s', async (name) => {
    const mutants = VALUES.filter((value) => !(HARMLESS[name] ?? []).includes(value)).map((value) => ({
      what: JSON.stringify(value) ?? 'undefined',
      token: town.token({ ...claims(), [name]: value }),
    }))
    expect(await surviving(mutants)).toEqual([])
  })

  test.each(['groups', 'scope', 'sub'])('in %s, of any other type', async (name) => {
    const bad = [0, 1, -1, 2 ** 53, true, false, {}, { x: 1 }, [null], [{}], [[]], [1]]
    const mutants = bad.map((value) => ({
      what: JSON.stringify(value),
      token: town.token({ ...claims(), [name]: value }),
    }))
    expect(await surviving(mutants)).toEqual([])
  })
})

interface Vector {
  readonly tcId: number
  readonly comment: string
  readonly jws?: string | object
  readonly jwe?: string | object
}

interface Group {
  readonly public?: object
  readonly private?: object
  readonly tests: readonly Vector[]
}

const isThere = existsSync(VECTORS)
if (!isThere) console.warn(`The public test vectors are not in ${VECTORS}: none of them is sent in this run.`)

describe('AC-010, J-15: public vectors', () => {
  test.each(['signature', 'key', 'crypto', 'encryption'])(
    'of json_web_%s: none of them is a credential',
    async (name) => {
      const testGroups = groupsOf(`json_web_${name}_test.json`)
      // As open as an operator can make it, with every key of the vectors published.
      const keys = testGroups.flatMap((group) => [group.public, group.private].flatMap((one) => keysOf(one)))
      town.idp.publish({ keys: keys.slice(0, 60) })
      const open = await openTown({
        idp: town.idp,
        auth: {
          allow_unscoped_tokens: true,
          allow_tokens_without_exp: true,
          user_id_jwt_field: 'sub',
          user_id_upsert: true,
        },
        env: { JWT_AUDIENCE: undefined, JWT_ISSUER: undefined },
      })
      try {
        let sent = 0
        for (const { tests } of testGroups) {
          for (const { tcId, comment, jws, jwe } of tests) {
            const signed = jws ?? jwe ?? ''
            const text = typeof signed === 'string' ? signed : JSON.stringify(signed)
            if (text === '' || !/^[\u0021-\u007e][\u0020-\u007e]*$/.test(text)) continue
            const { status } = await open.holder(text).ask(ASK)
            expect([401, 431], `${tcId} ${comment}: ${status}`).toContain(status)
            sent += 1
          }
        }
        expect(sent > 20 || !isThere).toBe(true)
      } finally {
        await open.close()
        town.idp.publish(Object.values(town.idp.keys))
      }
    },
  )
})

function groupsOf(file: string): readonly Group[] {
  if (!isThere) return []
  return (JSON.parse(readFileSync(join(VECTORS, file), 'utf8')) as { readonly testGroups: readonly Group[] }).testGroups
}

function keysOf(document: object | undefined): readonly object[] {
  if (document === undefined) return []
  return 'keys' in document && Array.isArray(document.keys) ? (document.keys as object[]) : [document]
}
