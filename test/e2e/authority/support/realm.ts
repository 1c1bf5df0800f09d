import type { RunningGateway } from '../../../support/gateway.ts'
import { mockModel, startGateway } from '../../../support/gateway.ts'
import type { MockUpstream } from '../../../support/mock-upstream/start-mock-upstream.ts'
import { startMockUpstream } from '../../../support/mock-upstream/start-mock-upstream.ts'
import { createDatabase } from '../../../support/stores.ts'
import type { Cast } from './cast.ts'
import { buildCast } from './cast.ts'

/** One gateway on the embedded store, its provider, and the cast. */
export interface Realm {
  readonly gateway: RunningGateway
  readonly upstream: MockUpstream
  readonly cast: Cast
  readonly port: number
  close(): Promise<void>
}

export interface RealmOptions {
  readonly models?: (upstream: MockUpstream) => readonly object[]
  readonly config?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string>>
}

export async function startRealm(options: RealmOptions = {}): Promise<Realm> {
  const upstream = await startMockUpstream()
  const { env = {} } = options
  const gateway = await startGateway({ config: configure(upstream, options), env })
  const close = async (): Promise<void> => {
    await gateway.stop()
    await upstream.close()
  }
  return { gateway, upstream, cast: await buildCast(gateway.port).catch(closing(close)), port: gateway.port, close }
}

/** A cast that can't be built leaves no process behind. */
function closing(close: () => Promise<void>): (error: unknown) => Promise<never> {
  return async (error) => {
    await close()
    throw error instanceof Error ? error : new Error(String(error))
  }
}

/** Two processes over one PostgreSQL. The cast was built at the first. */
export interface Twins {
  readonly here: RunningGateway
  readonly there: RunningGateway
  readonly upstream: MockUpstream
  readonly cast: Cast
  readonly databaseUrl: string
  close(): Promise<void>
}

export async function startTwins(options: RealmOptions = {}): Promise<Twins> {
  const upstream = await startMockUpstream()
  const database = await createDatabase()
  const config = configure(upstream, options)
  const here = await startGateway({ config, databaseUrl: database.url })
  const there = await startGateway({ config, databaseUrl: database.url })
  const close = async (): Promise<void> => {
    await Promise.all([here.stop(), there.stop()])
    await upstream.close()
    await database.drop()
  }
  const cast = await buildCast(here.port).catch(closing(close))
  return { here, there, upstream, cast, databaseUrl: database.url, close }
}

function configure(upstream: MockUpstream, { models, config = {} }: RealmOptions): Record<string, unknown> {
  upstream.script('m-slow', { words: 600, gapMs: 50 })
  return {
    model_list: [
      mockModel('m1', upstream.apiBase, { info: { id: 'deployment-of-m1' } }),
      mockModel('m2', upstream.apiBase, { info: { id: 'deployment-of-m2' } }),
      mockModel('m-slow', upstream.apiBase),
      ...(models?.(upstream) ?? []),
    ],
    router_settings: { num_retries: 0, disable_cooldowns: true },
    ...config,
  }
}
