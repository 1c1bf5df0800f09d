import { afterAll, beforeAll } from 'vitest'
import type { RunningGateway } from '../../../support/gateway.ts'
import { mockModel, startGateway } from '../../../support/gateway.ts'
import type { MockUpstream } from '../../../support/mock-upstream/start-mock-upstream.ts'
import { startMockUpstream } from '../../../support/mock-upstream/start-mock-upstream.ts'
import { createDatabase } from '../../../support/stores.ts'
import type { Settings, Town } from '../../jwt/support/town.ts'
import { around } from '../../jwt/support/town.ts'
import type { StoreKind } from '../../management/support/desk.ts'

/** One gateway process, and whoever calls it. */
export interface Gate extends Pick<Town, 'master' | 'holder'> {
  readonly gateway: RunningGateway
}

/** Gateways over one database. `there` is `here` where there is only one. */
export interface Site {
  readonly here: Gate
  readonly there: Gate
  readonly upstream: MockUpstream
  close(): Promise<void>
}

export interface SiteOptions {
  readonly store?: StoreKind
  readonly replicas?: 1 | 2
  /** `general_settings.litellm_jwtauth`. */
  readonly auth: Settings
  readonly general?: Settings
  readonly env?: Readonly<Record<string, string>>
}

export async function openSite(options: SiteOptions): Promise<Site> {
  const upstream = await startMockUpstream()
  const database = options.store === 'embedded' ? undefined : await createDatabase()
  const gates: Gate[] = []
  const close = async (): Promise<void> => {
    await Promise.all(gates.map(({ gateway }) => gateway.stop()))
    await upstream.close()
    await database?.drop()
  }
  const open = async (): Promise<Gate> => {
    const where = database === undefined ? {} : { databaseUrl: database.url }
    const gateway = await startGateway({ config: configure(options, upstream), env: options.env ?? {}, ...where })
    const gate = { ...around(gateway), gateway }
    gates.push(gate)
    return gate
  }
  try {
    const here = await open()
    return { here, there: options.replicas === 2 ? await open() : here, upstream, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** A site for the tests of a `describe`. The options are asked for when those around it are ready. */
export function opened(options: () => SiteOptions): () => Site {
  let site: Site | undefined
  beforeAll(async () => {
    site = await openSite(options())
  })
  afterAll(() => site?.close())
  return () => {
    if (site === undefined) throw new Error('there is no site yet')
    return site
  }
}

function configure({ auth, general = {} }: SiteOptions, { apiBase }: MockUpstream): Record<string, unknown> {
  return {
    model_list: [mockModel('m1', apiBase), mockModel('m2', apiBase)],
    router_settings: { num_retries: 0, disable_cooldowns: true },
    general_settings: { enable_jwt_auth: true, expose_reject_reason: true, ...general, litellm_jwtauth: auth },
  }
}
