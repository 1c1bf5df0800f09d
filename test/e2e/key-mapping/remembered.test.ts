import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import { runSql } from '../../support/stores.ts'
import { good } from '../authority/support/caller.ts'
import { accountOf, chatOnce } from '../jwt/support/asks.ts'
import { newKey, newUser } from '../jwt/support/people.ts'
import { eventually, fresh } from '../jwt/support/town.ts'
import { CLIENT, map, mappingsOf, openCity, openedCity, registeredKeys } from './support/city.ts'
import type { City } from './support/city.ts'

let idp: IdentityProvider

beforeAll(async () => {
  idp = await startIdentityProvider()
})
afterAll(() => idp.stop())

/** While it lasts, whoever asks for a mapping gets an error: what is answered was remembered. */
async function withoutMappings(city: City, work: () => Promise<void>): Promise<void> {
  await runSql(city.databaseUrl, 'alter table latchkey.jwt_key_mapping rename to hidden_mapping')
  try {
    await work()
  } finally {
    await runSql(city.databaseUrl, 'alter table latchkey.hidden_mapping rename to jwt_key_mapping')
  }
}

const auth = (behaviour: string): object => ({
  ...CLIENT,
  user_id_upsert: true,
  unregistered_jwt_client_behavior: behaviour,
})

describe('a second request asks for no mapping', () => {
  const falling = openedCity('a PostgreSQL server', () => ({ idp, auth: { ...auth('fallback_team_mapping') } }))
  const refusing = openedCity('a PostgreSQL server', () => ({ idp, auth: { ...auth('reject') } }))
  const registering = openedCity('a PostgreSQL server', () => ({ idp, auth: { ...auth('auto_register') } }))

  async function isRemembered(city: City, credential: string): Promise<void> {
    // News of what the test itself has just written may still be on its way, and makes the next request ask once more.
    await eventually(async () => {
      const first = await chatOnce(city, credential)
      await withoutMappings(city, async () => {
        const { status, message } = await chatOnce(city, credential)
        expect({ status, message }).toEqual({ status: first.status, message: first.message })
        const unknown = idp.token({ sub: fresh('person'), client_id: fresh('nobody') })
        expect((await chatOnce(city, unknown)).status, 'whom nobody asked about is asked about').toBe(503)
      })
    })
  }

  test('AT-145: of a client with a key', async () => {
    const client = fresh('client')
    await map(falling(), client, await newKey(falling(), {}))
    await isRemembered(falling(), idp.token({ sub: fresh('person'), client_id: client }))
  })

  test('AT-146: of one without, who is judged by itself', async () => {
    const client = fresh('client')
    await isRemembered(falling(), idp.token({ sub: fresh('person'), client_id: client }))
  })

  test('AT-147: of one without, who is refused', async () => {
    const client = fresh('client')
    await isRemembered(refusing(), idp.token({ sub: fresh('person'), client_id: client }))
  })

  test('AT-156: of an administrator', async () => {
    const client = fresh('client')
    const credential = idp.token({ sub: fresh('root'), client_id: client, scope: 'litellm_proxy_admin' })
    expect((await registering().holder(credential).get('/key/list')).status).toBe(200)
    await withoutMappings(registering(), async () => {
      expect((await registering().holder(credential).get('/key/list')).status).toBe(200)
    })
    expect(await mappingsOf(registering(), client)).toEqual([])
  })

  test('INV-04: a missing claim is refused without asking', async () => {
    for (const city of [refusing(), registering()]) {
      await withoutMappings(city, async () => {
        expect((await chatOnce(city, idp.token({ sub: fresh('person') }))).status).toBe(403)
      })
    }
  })
})

describe('no earlier configuration changes an outcome', () => {
  test('AT-158, AT-159: a client that was remembered as nobody’s, and an administrator’s, under the next policy', async () => {
    const city = await openCity('a PostgreSQL server', { idp, auth: { ...auth('fallback_team_mapping') } })
    const [client, root] = [fresh('client'), fresh('client')]
    const credential = idp.token({ sub: fresh('person'), client_id: client })
    const admin = await newUser(city, { user_role: 'proxy_admin' })
    good(await city.master.post('/user/identity/link', { user_id: admin, issuer: idp.issuer, subject: admin }))
    const asAdmin = idp.token({ sub: admin, client_id: root })
    expect((await chatOnce(city, credential)).status).toBe(200)

    const registering = await city.open({ idp, auth: { ...auth('auto_register') } })
    expect((await registering.holder(asAdmin).get('/key/list')).status).toBe(200)
    expect((await accountOf(city, await chatOnce(registering, credential))).line['api_key']).toMatch(/^[0-9a-f]{64}$/)
    expect(await registeredKeys(city, client)).toHaveLength(1)

    const refusing = await city.open({ idp, auth: { ...auth('reject') } })
    expect((await refusing.holder(asAdmin).get('/key/list')).status).toBe(403)
    expect((await chatOnce(refusing, credential)).status).toBe(200)
    await city.close()
  })

  test('TTL 0: every request asks', async () => {
    const city = await openCity('a PostgreSQL server', {
      idp,
      auth: { ...auth('reject'), virtual_key_mapping_cache_ttl: 0 },
    })
    const client = fresh('client')
    const credential = idp.token({ sub: fresh('person'), client_id: client })
    expect((await chatOnce(city, credential)).status).toBe(403)
    await withoutMappings(city, async () => {
      await eventually(async () => expect((await chatOnce(city, credential)).status).toBeGreaterThanOrEqual(500))
    })
    await city.close()
  })
})

describe('a store that does not answer', () => {
  test('AT-151, D-52: is a 503 under every policy; what is known goes on being known for its moment', async () => {
    for (const behaviour of ['fallback_team_mapping', 'reject', 'auto_register']) {
      const city = await openCity('a PostgreSQL server', { idp, auth: { ...auth(behaviour) } })
      const client = fresh('client')
      await map(city, client, await newKey(city, {}))
      await runSql(city.databaseUrl, 'alter table latchkey.jwt_key_mapping rename to hidden_mapping')
      for (const claims of [{ client_id: client }, { client_id: fresh('client') }]) {
        const verdict = await chatOnce(city, idp.token({ sub: fresh('person'), ...claims }))
        expect(verdict.status, behaviour).toBe(503)
      }
      expect((await chatOnce(city, idp.token({ sub: fresh('person') }))).status, behaviour).toBe(
        behaviour === 'fallback_team_mapping' ? 200 : 403,
      )
      await city.close()
    }
  })
})
