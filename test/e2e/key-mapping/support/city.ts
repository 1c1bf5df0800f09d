import { afterAll, beforeAll } from 'vitest'
import type { RunningGateway } from '../../../support/gateway.ts'
import { startGateway } from '../../../support/gateway.ts'
import type { IdentityProvider } from '../../../support/identity-provider.ts'
import { startIdentityProvider } from '../../../support/identity-provider.ts'
import type { MockUpstream } from '../../../support/mock-upstream/start-mock-upstream.ts'
import { startMockUpstream } from '../../../support/mock-upstream/start-mock-upstream.ts'
import { createDatabase } from '../../../support/stores.ts'
import { good, textAt } from '../../authority/support/caller.ts'
import type { Json } from '../../authority/support/caller.ts'
import type { Town, TownOptions } from '../../jwt/support/town.ts'
import { SLOW, around, configure } from '../../jwt/support/town.ts'

export const STORES = [{ store: 'the embedded database' }, { store: 'a PostgreSQL server' }] as const

export type StoreName = (typeof STORES)[number]['store']

/** One process, and who calls it. */
export type Replica = Pick<Town, 'master' | 'holder'> & { readonly gateway: RunningGateway }

/** Gateways before one store, a provider whose tokens they take, and an upstream. */
export interface City extends Replica {
  readonly idp: IdentityProvider
  readonly upstream: MockUpstream
  /** Empty where the store is embedded. */
  readonly databaseUrl: string
  /** One more before the same store, or in place of this one, which ends. */
  open(options?: TownOptions): Promise<Replica>
  close(): Promise<void>
}

export const CLIENT = { user_id_jwt_field: 'sub', virtual_key_claim_field: 'client_id' }

export async function openCity(store: StoreName, options: TownOptions): Promise<City> {
  const upstream = await startMockUpstream()
  upstream.script(SLOW, { words: 600, gapMs: 50 })
  const idp = options.idp ?? (await startIdentityProvider())
  const database = store === 'a PostgreSQL server' ? await createDatabase() : undefined
  const running = new Set<RunningGateway>()
  const open = async (more: TownOptions = options): Promise<Replica> => {
    const databaseUrl = database?.url
    const gateway = await startGateway({
      ...configure(more, idp, upstream),
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
    })
    running.add(gateway)
    return { ...around(gateway), gateway }
  }
  const first = await open()
  return {
    ...first,
    idp,
    upstream,
    databaseUrl: database?.url ?? '',
    open,
    async close() {
      await Promise.all([...running].map((gateway) => gateway.stop()))
      await upstream.close()
      if (options.idp === undefined) await idp.stop()
      await database?.drop()
    },
  }
}

/** A city for the tests of a `describe`. */
export function openedCity(store: StoreName, options: TownOptions | (() => TownOptions)): () => City {
  let city: City | undefined
  beforeAll(async () => {
    city = await openCity(store, typeof options === 'function' ? options() : options)
  })
  afterAll(() => city?.close())
  return () => {
    if (city === undefined) throw new Error('there is no city yet')
    return city
  }
}

/** A mapping as the API shows it. */
export async function map(place: Pick<Town, 'master'>, value: string, key: string, more: object = {}): Promise<Json> {
  const body = { jwt_claim_name: 'client_id', jwt_claim_value: value, key, ...more }
  return good(await place.master.post('/jwt/key/mapping/new', body))
}

export async function mappings(place: Pick<Town, 'master'>): Promise<readonly Json[]> {
  const found: Json[] = []
  for (let page = 1; ; page += 1) {
    const listed = good(await place.master.get(`/jwt/key/mapping/list?page=${page}&size=100`))
    const rows: unknown = listed['mappings']
    if (!Array.isArray(rows)) throw new Error(`no mappings in ${JSON.stringify(listed).slice(0, 300)}`)
    found.push(...rows)
    if (rows.length < 100) return found
  }
}

/** Of one value of the claim. */
export async function mappingsOf(place: Pick<Town, 'master'>, value: string): Promise<readonly Json[]> {
  return (await mappings(place)).filter((mapping) => textAt(mapping, 'jwt_claim_value') === value)
}

/** Keys that were made for a value of the claim. */
export async function registeredKeys(place: Pick<Town, 'master'>, value: string): Promise<readonly Json[]> {
  const found: Json[] = []
  for (let page = 1; ; page += 1) {
    const listed = good(await place.master.get(`/key/list?page=${page}&size=100&return_full_object=true`))
    const keys: unknown = listed['keys']
    if (!Array.isArray(keys)) throw new Error(`no keys in ${JSON.stringify(listed).slice(0, 300)}`)
    found.push(...keys)
    if (keys.length < 100) break
  }
  return found.filter((key) => {
    const metadata: unknown = key['metadata']
    return typeof metadata === 'object' && metadata !== null && Object.values(metadata).includes(value)
  })
}
