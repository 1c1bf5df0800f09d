import type { JsonValue } from '../../../domain/json.ts'
import { PASS_THROUGH_METHODS } from '../../../domain/pass-through.ts'
import type { PassThrough } from '../../../domain/pass-through.ts'
import type { PassThroughEntry } from '../../../domain/pass-through-entry.ts'
import { Secret } from '../../../domain/secret.ts'
import { readBaseUrl } from '../read-base-url.ts'
import type { AddressFlaw, BaseUrl } from '../read-base-url.ts'
import { BUILT_INS } from './built-in.ts'
import type { BuiltIn } from './built-in.ts'

export interface Surroundings {
  readonly environment: ReadonlyMap<string, Secret>
  /** Hosts that no configuration can make a destination. */
  readonly forbidsHost: (host: string) => boolean
  /** Undefined: it may be called. */
  readonly judgesAddress: (url: string) => string | undefined
}

export type Built =
  | { readonly ok: true; readonly passThrough: PassThrough }
  | { readonly ok: false; readonly flaw: AddressFlaw | { readonly say: string } }

export function buildPassThrough(entry: PassThroughEntry, around: Surroundings): Built {
  const base = readTarget(entry.target, around)
  if (!base.ok) return base
  return {
    ok: true,
    passThrough: {
      path: entry.path,
      provider: providerAt(base.url.origin),
      origin: base.url.origin,
      basePath: base.url.path,
      takesSubpaths: entry.includesSubpath,
      methods: entry.methods,
      asksWho: entry.auth,
      credential: { header: entry.userKeyHeader, isBasicUser: entry.isLangfuse },
      headers: withLangfuse(entry.headers),
      clientHeaders: { names: entry.forwardsHeaders ? 'all' : [], takesPassed: entry.forwardsHeaders },
      query: entry.defaultQueryParams,
      prices: pricesOf(entry.costPerRequest),
      isBuiltIn: false,
    },
  }
}

/** Undefined: the environment does not say what it needs. */
export function buildBuiltIn(builtIn: BuiltIn, around: Surroundings): Built | undefined {
  const find = (names: readonly string[]): Secret | undefined =>
    names.map((name) => around.environment.get(name)).find((value) => value !== undefined)
  const text = find(builtIn.baseVariables)?.reveal() ?? builtIn.baseUrl
  const key = find(builtIn.keyVariables)
  if (text === undefined || (key === undefined && builtIn.needsKey)) return undefined
  const base = readTarget(text, around)
  if (!base.ok) return base
  const { name, scheme } = builtIn.keyHeader
  return {
    ok: true,
    passThrough: {
      path: builtIn.path,
      provider: builtIn.provider,
      origin: base.url.origin,
      basePath: base.url.path,
      takesSubpaths: true,
      methods: PASS_THROUGH_METHODS,
      asksWho: true,
      credential: { header: 'litellm_user_api_key', isBasicUser: false },
      headers: new Map(key === undefined ? [] : [[name, new Secret(scheme + key.reveal())]]),
      clientHeaders: { names: builtIn.clientHeaders, takesPassed: true },
      query: new Map(),
      prices: new Map(),
      isBuiltIn: true,
    },
  }
}

/** The two keys of an account there, which go along as one credential. */
function withLangfuse(headers: ReadonlyMap<string, Secret>): ReadonlyMap<string, Secret> {
  const [user, password] = [headers.get('langfuse_public_key'), headers.get('langfuse_secret_key')]
  if (user === undefined || password === undefined) return headers
  const basic = new Secret(`Basic ${btoa(`${user.reveal()}:${password.reveal()}`)}`)
  const others = [...headers].filter(([name]) => !name.startsWith('langfuse_'))
  return new Map([...others, ['authorization', basic]])
}

type ReadTarget =
  | { readonly ok: true; readonly url: BaseUrl }
  | { readonly ok: false; readonly flaw: AddressFlaw | { readonly say: string } }

function readTarget(text: string, { forbidsHost, judgesAddress }: Surroundings): ReadTarget {
  const url = readBaseUrl(text, forbidsHost)
  if (typeof url === 'string') return { ok: false, flaw: url }
  const say = judgesAddress(text)
  return say === undefined ? { ok: true, url } : { ok: false, flaw: { say } }
}

/** Who is called where no prefix of ours says it. */
const ANYBODY = 'pass_through'

function providerAt(origin: string): string {
  return BUILT_INS.find(({ baseUrl }) => baseUrl === origin)?.provider ?? ANYBODY
}

const FREE: ReadonlyMap<string, JsonValue> = new Map([
  ['input_cost_per_token', 0],
  ['output_cost_per_token', 0],
])

export function pricesOf(costPerRequest: number | undefined): ReadonlyMap<string, JsonValue> {
  if (costPerRequest === undefined) return new Map()
  return costPerRequest === 0 ? FREE : new Map([['input_cost_per_request', costPerRequest]])
}
