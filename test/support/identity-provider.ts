import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SigningAlgorithm } from '../../src/domain/token-settings.ts'
import type { Members, TestKey } from './raw-token.ts'
import { SIGNING_ALGORITHMS, makeKey, signToken } from './raw-token.ts'

export type Endpoint = 'discovery' | 'jwks' | 'userinfo' | 'introspection'

/** How an endpoint goes wrong. `reset` and `hang` are outages of the transport; the others are answers. */
export type Failure =
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  /** A 200 with this body. */
  | { readonly body: string | Uint8Array; readonly type?: string }
  | 'reset'
  | 'hang'

export interface SeenRequest {
  readonly endpoint: Endpoint | 'other'
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface IdentityProviderOptions {
  /** Without: a key for each of the ten algorithms, `kid` being the algorithm in lower case. */
  readonly keys?: readonly TestKey[]
  /** Added to the origin to make the issuer: '/', '/tenant'. */
  readonly issuerPath?: string
  readonly audience?: string
}

const PATHS: Readonly<Record<Endpoint, string>> = {
  discovery: '/.well-known/openid-configuration',
  jwks: '/jwks',
  userinfo: '/userinfo',
  introspection: '/introspect',
}

export async function startIdentityProvider(options: IdentityProviderOptions = {}): Promise<IdentityProvider> {
  const provider = new IdentityProvider(options)
  await provider.listen()
  return provider
}

/** A provider of identities on a loopback port, which does as the test says, wrong things included. */
export class IdentityProvider {
  /** Requests since the start or the last `clear`. */
  readonly counters: Record<Endpoint | 'other', number> = {
    discovery: 0,
    jwks: 0,
    userinfo: 0,
    introspection: 0,
    other: 0,
  }
  readonly seen: SeenRequest[] = []
  /** What `token` signs with; `rotate` replaces. Also keys that are not published any more. */
  readonly keys: Record<SigningAlgorithm, TestKey>
  issuer = ''
  origin = ''
  jwksUrl = ''
  discoveryUrl = ''
  userinfoUrl = ''
  introspectionUrl = ''
  readonly audience: string
  readonly #options: IdentityProviderOptions
  readonly #server = createServer((request, response) => {
    this.#receive(request, response).catch(() => response.destroy())
  })
  readonly #failures = new Map<Endpoint, Failure>()
  readonly #delays = new Map<Endpoint, number>()
  readonly #people = new Map<string, unknown>()
  readonly #introspected = new Map<string, unknown>()
  #keySet: unknown
  #discovery: Members = {}
  #rotations = 0

  constructor(options: IdentityProviderOptions) {
    this.#options = options
    this.audience = options.audience ?? 'gw'
    const rsa = options.keys?.find(({ alg }) => isRsa(alg)) ?? makeKey('RS256')
    this.keys = Object.fromEntries(
      SIGNING_ALGORITHMS.map((alg) => {
        const given = options.keys?.find((key) => key.alg === alg)
        return [alg, given ?? makeKey(alg, { kid: alg.toLowerCase(), ...(isRsa(alg) ? { of: rsa } : {}) })]
      }),
    ) as Record<SigningAlgorithm, TestKey>
    this.publish(options.keys ?? Object.values(this.keys))
  }

  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    this.issuer = `${this.origin}${this.#options.issuerPath ?? ''}`
    const base = this.issuer.replace(/\/+$/, '')
    this.discoveryUrl = `${base}${PATHS.discovery}`
    this.jwksUrl = `${base}${PATHS.jwks}`
    this.userinfoUrl = `${base}${PATHS.userinfo}`
    this.introspectionUrl = `${base}${PATHS.introspection}`
  }

  /** A token that every check lets pass; `claims` and `header` replace members, `undefined` takes one away. */
  token(
    claims: Members = {},
    { alg = 'RS256', header = {} }: { alg?: SigningAlgorithm; header?: Members } = {},
  ): string {
    return signToken({ key: this.keys[alg], header, claims: { ...this.claims(), ...claims } })
  }

  /** The claims of `token()`: good for five minutes. */
  claims(): { iss: string; aud: string; sub: string; iat: number; exp: number } {
    const now = Math.floor(Date.now() / 1000)
    return { iss: this.issuer, aud: this.audience, sub: 'user-1', iat: now, exp: now + 300 }
  }

  /** Replaces the key set: keys, or a document as it is to be served. */
  publish(keys: readonly TestKey[] | Members): void {
    this.#keySet = Array.isArray(keys) ? { keys: (keys as readonly TestKey[]).map(({ jwk }) => jwk) } : keys
  }

  /** A new key of a new `kid`; the one before is withdrawn, unless it is kept beside. */
  rotate(alg: SigningAlgorithm = 'RS256', { keepsOld = false }: { keepsOld?: boolean } = {}): TestKey {
    const before = this.keys[alg]
    const others = Object.values(this.keys).filter((key) => keepsOld || key !== before)
    this.#rotations += 1
    const key = makeKey(alg, { kid: `${alg.toLowerCase()}-${this.#rotations}` })
    this.keys[alg] = key
    this.publish([...(this.#options.keys === undefined ? others : keepsOld ? [before] : []), key])
    return key
  }

  /** From now on, at these endpoints, or at all. */
  fail(failure: Failure, ...endpoints: readonly Endpoint[]): void {
    for (const endpoint of endpoints.length > 0 ? endpoints : ENDPOINTS) this.#failures.set(endpoint, failure)
  }

  recover(): void {
    this.#failures.clear()
    this.#delays.clear()
  }

  /** Milliseconds before an answer. */
  delay(ms: number, ...endpoints: readonly Endpoint[]): void {
    for (const endpoint of endpoints.length > 0 ? endpoints : ENDPOINTS) this.#delays.set(endpoint, ms)
  }

  /** Replaces members of the discovery document; `undefined` takes one away. */
  discover(members: Members): void {
    this.#discovery = members
  }

  /** What UserInfo says about the bearer of this opaque token; others get 401. */
  knows(token: string, person: unknown): void {
    this.#people.set(token, person)
  }

  /** What introspection says about this token; others are `{"active":false}`. */
  introspects(token: string, answer: unknown): void {
    this.#introspected.set(token, answer)
  }

  clear(): void {
    this.seen.length = 0
    for (const endpoint of Object.keys(this.counters) as Endpoint[]) this.counters[endpoint] = 0
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const { method = '', url: path = '', headers } = request
    const endpoint = ENDPOINTS.find((each) => path.split('?')[0]?.endsWith(PATHS[each]))
    this.counters[endpoint ?? 'other'] += 1
    this.seen.push({ endpoint: endpoint ?? 'other', method, path, headers, body })
    if (endpoint === undefined) return send(response, 404, {})

    const delay = this.#delays.get(endpoint)
    if (delay !== undefined) await new Promise((resolve) => setTimeout(resolve, delay))
    const failure = this.#failures.get(endpoint)
    if (failure !== undefined) return goWrong(response, failure)
    switch (endpoint) {
      case 'discovery':
        return send(response, 200, this.#describe())
      case 'jwks':
        return send(response, 200, this.#keySet)
      case 'userinfo': {
        const person = this.#people.get(bearerOf(headers.authorization))
        return person === undefined ? send(response, 401, { error: 'invalid_token' }) : send(response, 200, person)
      }
      case 'introspection': {
        // The token in a form, as RFC 7662 has it, or the token itself, for an endpoint that tells about its bearer.
        const token = new URLSearchParams(body).get('token') ?? bearerOf(headers.authorization)
        return send(response, 200, this.#introspected.get(token) ?? INACTIVE)
      }
    }
  }

  #describe(): unknown {
    return {
      issuer: this.issuer,
      jwks_uri: this.jwksUrl,
      userinfo_endpoint: this.userinfoUrl,
      introspection_endpoint: this.introspectionUrl,
      authorization_endpoint: `${this.origin}/authorize`,
      token_endpoint: `${this.origin}/token`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: SIGNING_ALGORITHMS,
      ...this.#discovery,
    }
  }
}

const ENDPOINTS: readonly Endpoint[] = ['discovery', 'jwks', 'userinfo', 'introspection']
const INACTIVE = { active: false }

function goWrong(response: ServerResponse, failure: Failure): void {
  if (failure === 'hang') return
  if (failure === 'reset') {
    response.socket?.resetAndDestroy()
    return
  }
  const { status = 200, headers = {} } = 'status' in failure ? failure : {}
  const type = 'type' in failure ? failure.type : undefined
  response.writeHead(status, { 'content-type': type ?? 'application/json', ...headers }).end(failure.body ?? '{}')
}

function send(response: ServerResponse, status: number, document: unknown): void {
  const body = typeof document === 'string' ? document : JSON.stringify(document)
  response.writeHead(status, { 'content-type': 'application/json' }).end(body)
}

function isRsa(alg: SigningAlgorithm): boolean {
  return alg.startsWith('RS') || alg.startsWith('PS')
}

function bearerOf(authorization: string | undefined): string {
  return /^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? ''
}
