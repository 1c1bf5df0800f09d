import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStatementTap } from '../../support/statement-tap.ts'
import type { StatementTap } from '../../support/statement-tap.ts'
import { createDatabase, runSql } from '../../support/stores.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { good } from '../authority/support/caller.ts'
import { chatBody } from '../hostile/support/stand.ts'
import { openCity, STORES } from '../key-mapping/support/city.ts'
import type { City, Replica } from '../key-mapping/support/city.ts'
import { newKey, newUser } from './support/people.ts'
import { REVOKED, next, openStream, revoke, takeBack } from './support/revoke.ts'
import { SLOW, eventually, fresh, openTown } from './support/town.ts'
import type { Town } from './support/town.ts'

/** INV-20: a change at one replica is a rule at the other after this. */
const SPREAD = { timeout: 1_000, interval: 20 }
const STREAM_MS = 5_000

const auth = ({ issuer, audience, jwksUrl }: IdentityProvider): object => ({
  user_id_upsert: true,
  virtual_key_claim_field: 'client_id',
  issuers: [{ issuer, audience, jwks_url: jwksUrl, user_id_jwt_field: 'sub' }],
})

interface Person {
  readonly sub: string
  readonly jti: string
  readonly token: string
}

const ORDERS: readonly (readonly [name: string, order: (person: Person, issuer: string) => object])[] = [
  ['by itself', ({ token }) => ({ token })],
  ['by its jti', ({ jti }, issuer) => ({ issuer, jti })],
  ['with its subject', ({ sub }, issuer) => ({ issuer, subject: sub })],
  ['with its user', ({ sub }) => ({ user_id: sub })],
]

describe('J-31, INV-20: two processes on one PostgreSQL', () => {
  let idp: IdentityProvider
  let here: City
  let there: Replica

  beforeAll(async () => {
    idp = await startIdentityProvider()
    here = await openCity('a PostgreSQL server', { idp, auth: { ...auth(idp) } })
    there = await here.open()
  })
  afterAll(async () => {
    await here.close()
    await idp.stop()
  })

  /** Whose token is warm at both. */
  async function newPerson(claims: object = {}): Promise<Person> {
    const sub = await newUser(here)
    const jti = fresh('jti')
    const token = idp.token({ sub, jti, iat: Math.trunc(Date.now() / 1000) - 5, ...claims })
    for (const gate of [here, there, here, there]) expect(await next(gate, token)).toBe('200')
    return { sub, jti, token }
  }

  test.each(ORDERS)(
    'a token that is revoked %s is refused here at once, there within a second, and back again',
    async (_, order) => {
      const person = await newPerson()
      const bystander = await newPerson()
      const made = await revoke(here, order(person, idp.issuer))
      expect(await next(here, person.token)).toBe(REVOKED)
      await expect.poll(() => next(there, person.token), SPREAD).toBe(REVOKED)
      for (const gate of [here, there]) expect(await next(gate, bystander.token)).toBe('200')
      await takeBack(there, made)
      expect(await next(there, person.token)).toBe('200')
      await expect.poll(() => next(here, person.token), SPREAD).toBe('200')
    },
  )

  test('also one that stands for a key', async () => {
    const client = fresh('client')
    const key = await newKey(here, {})
    const mapping = { jwt_claim_name: 'client_id', jwt_claim_value: client, key }
    good(await here.master.post('/jwt/key/mapping/new', mapping))
    const token = idp.token({ client_id: client })
    for (const gate of [here, there]) {
      await expect.poll(() => next(gate, token), SPREAD).toBe('200')
    }
    await revoke(there, { token })
    expect(await next(there, token)).toBe(REVOKED)
    await expect.poll(() => next(here, token), SPREAD).toBe(REVOKED)
    for (const gate of [here, there]) expect(await next(gate, key)).toBe('200')
  })

  test.each(ORDERS)(
    'a running stream of a token that is revoked %s ends within five seconds, at both',
    async (_, order) => {
      const person = await newPerson()
      const body = chatBody(SLOW)
      const streams = await Promise.all([here, there].map(({ gateway }) => openStream(gateway.url, person.token, body)))
      await revoke(here, order(person, idp.issuer))
      const revoked = performance.now()
      for (const { text } of streams) {
        expect(await text).not.toContain('"finish_reason":"stop"')
        expect(performance.now() - revoked).toBeLessThan(STREAM_MS)
      }
    },
  )

  test('a row that somebody writes by hand counts on both', async () => {
    const { jti, token } = await newPerson()
    await runSql(
      here.databaseUrl,
      `insert into latchkey.token_revocation
         (revocation_id, kind, issuer, value, created_at, created_by, updated_at, updated_by)
       values ('${jti}', 'jti', '${idp.issuer}', '${jti}', now(), 'x', now(), 'x')`,
    )
    for (const gate of [here, there]) await expect.poll(() => next(gate, token), SPREAD).toBe(REVOKED)
    await runSql(here.databaseUrl, `delete from latchkey.token_revocation where revocation_id = '${jti}'`)
    for (const gate of [here, there]) await expect.poll(() => next(gate, token), SPREAD).toBe('200')
  })

  test('what was revoked before a start is so after it', async () => {
    const { token } = await newPerson()
    await revoke(here, { token })
    expect(await next(await here.open(), token)).toBe(REVOKED)
  })

  test('twenty that revoke the same at once, at both, make one', async () => {
    const { sub } = await newPerson()
    const ids = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => (await revoke(n % 2 === 0 ? here : there, { user_id: sub }))['id']),
    )
    expect(new Set(ids).size).toBe(1)
  })
})

describe.each(STORES)('J-31: a stream at one process, on $store', ({ store }) => {
  test('ends when its token is revoked', async () => {
    const city = await openCity(store, { auth: { user_id_jwt_field: 'sub', user_id_upsert: true } })
    try {
      const token = city.idp.token({ sub: fresh('person') })
      const { text } = await openStream(city.gateway.url, token, chatBody(SLOW))
      await revoke(city, { token })
      expect(await text).not.toContain('"finish_reason":"stop"')
    } finally {
      await city.close()
    }
  })
})

describe('J-31: a warm path', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>
  let tap: StatementTap
  let town: Town

  beforeAll(async () => {
    database = await createDatabase()
    tap = await openStatementTap(database.url)
    town = await openTown({ databaseUrl: tap.url, auth: { user_id_jwt_field: 'sub', user_id_upsert: true } })
  })
  afterAll(async () => {
    await town.close()
    await tap.close()
    await database.drop()
  })

  /** What is asked while the tokens come again and again, beside the books and the heartbeat. */
  async function asked(tokens: readonly string[]): Promise<readonly string[]> {
    const list = async (): Promise<void> => {
      for (const token of [...tokens, ...tokens]) expect((await town.holder(token).get('/v1/models')).status).toBe(200)
    }
    await list()
    tap.taken()
    await list()
    return tap.taken().filter((text) => !text.includes('pg_notify'))
  }

  test('asks the store nothing, be there revocations of others or none', async () => {
    const tokens = [1, 2, 3].map((n) => town.token({ sub: fresh('person'), n }))
    // News of what the test itself has just written may still be on its way, and makes the next request ask once more.
    await eventually(async () => expect(await asked(tokens)).toEqual([]))
    await revoke(town, { token: town.token({ sub: fresh('person') }) })
    await eventually(async () => expect(await asked(tokens)).toEqual([]))
  })
})
