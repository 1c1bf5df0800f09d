import { vi } from 'vitest'
import type { RunningGateway, StartOutcome } from '../../../support/gateway.ts'
import { MASTER_KEY, bearer, mockModel, startGateway, tryGateway } from '../../../support/gateway.ts'
import type { IdentityProvider } from '../../../support/identity-provider.ts'
import { startIdentityProvider } from '../../../support/identity-provider.ts'
import type { MockUpstream } from '../../../support/mock-upstream/start-mock-upstream.ts'
import { startMockUpstream } from '../../../support/mock-upstream/start-mock-upstream.ts'
import { createDatabase } from '../../../support/stores.ts'
import type { Caller } from '../../authority/support/caller.ts'
import { callerOf } from '../../authority/support/caller.ts'
import type { Members } from '../../../support/raw-token.ts'

export type Settings = Readonly<Record<string, unknown>>

/** A gateway that believes a provider of identities, and what is around it. */
export interface Town {
  readonly gateway: RunningGateway
  readonly upstream: MockUpstream
  readonly idp: IdentityProvider
  readonly databaseUrl: string
  readonly master: Caller
  /** Whoever holds this token or key. */
  holder(credential: string): Caller
  /** A proper token of the provider. */
  token(claims?: Members): string
  close(): Promise<void>
}

export interface TownOptions {
  /** `general_settings.litellm_jwtauth`. */
  readonly auth?: Settings | ((idp: IdentityProvider) => Settings)
  readonly general?: Settings
  readonly litellm?: Settings
  readonly config?: Settings
  /** Instead of the usual variables of the global path; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** One that is shared by several towns; it is not stopped with this one. */
  readonly idp?: IdentityProvider
  readonly databaseUrl?: string
}

export const MODELS = ['m1', 'm2', 'm3'] as const

/** One token a long word, thirty seconds of them. */
export const SLOW = 'm-slow'

export async function openTown(options: TownOptions = {}): Promise<Town> {
  const upstream = await startMockUpstream()
  upstream.script(SLOW, { words: 600, gapMs: 50 })
  const idp = options.idp ?? (await startIdentityProvider())
  const database = options.databaseUrl === undefined ? await createDatabase() : undefined
  const databaseUrl = options.databaseUrl ?? database?.url ?? ''
  const end = async (): Promise<void> => {
    await upstream.close()
    if (options.idp === undefined) await idp.stop()
    await database?.drop()
  }
  let gateway: RunningGateway
  try {
    gateway = await startGateway({ ...configure(options, idp, upstream), databaseUrl })
  } catch (error) {
    await end()
    throw error
  }
  return {
    ...around(gateway),
    gateway,
    upstream,
    idp,
    databaseUrl,
    token: (claims) => idp.token(claims),
    async close() {
      await gateway.stop()
      await end()
    },
  }
}

/** Whether a configuration starts, and what is said where it doesn't. */
export async function tryTown(
  options: TownOptions & { readonly idp: IdentityProvider; readonly databaseUrl: string },
): Promise<Refused | 'started'> {
  const upstream = await startMockUpstream()
  const { databaseUrl } = options
  const outcome: StartOutcome = await tryGateway({ ...configure(options, options.idp, upstream), databaseUrl })
  if (outcome.ok) await outcome.gateway.stop()
  await upstream.close()
  return outcome.ok ? 'started' : { code: outcome.code, said: outcome.stdout + outcome.stderr }
}

export interface Refused {
  readonly code: number | null
  readonly said: string
}

export function around({ port }: Pick<RunningGateway, 'port'>): Pick<Town, 'master' | 'holder'> {
  return { master: callerOf(port, MASTER_KEY), holder: (credential) => callerOf(port, credential) }
}

/** The configuration of a gateway that has not been started. */
export function configure(
  { auth = {}, general = {}, litellm, config = {}, env = {} }: TownOptions,
  idp: IdentityProvider,
  upstream: Pick<MockUpstream, 'apiBase'>,
): { readonly config: Record<string, unknown>; readonly env: Readonly<Record<string, string>> } {
  const litellm_jwtauth = typeof auth === 'function' ? auth(idp) : auth
  const shared =
    'issuers' in litellm_jwtauth
      ? {}
      : { JWT_PUBLIC_KEY_URL: idp.jwksUrl, JWT_AUDIENCE: idp.audience, JWT_ISSUER: idp.issuer }
  return {
    config: {
      model_list: [
        ...MODELS.map((name) => mockModel(name, upstream.apiBase, { info: { id: `deployment-of-${name}` } })),
        mockModel(SLOW, upstream.apiBase),
        mockModel('free', upstream.apiBase, { input_cost_per_token: 0, output_cost_per_token: 0 }),
      ],
      router_settings: { num_retries: 0, disable_cooldowns: true },
      ...(litellm === undefined ? {} : { litellm_settings: litellm }),
      general_settings: { enable_jwt_auth: true, expose_reject_reason: true, ...general, litellm_jwtauth },
      ...config,
    },
    env: defined({ ...shared, ...env }),
  }
}

function defined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  )
}

let made = 0

/** A name that nothing else in this run has. */
export function fresh(kind: string): string {
  made += 1
  return `${kind}-${process.pid.toString(36)}-${made.toString(36)}`
}

/** For what is written after the answer. */
export function eventually<T>(look: () => Promise<T>, timeout = 8_000): Promise<T> {
  return vi.waitFor(look, { timeout, interval: 25 })
}

export { bearer }
