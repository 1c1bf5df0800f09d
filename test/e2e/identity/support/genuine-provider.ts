import { generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import { signIn } from './sign-in.ts'

/** What the provider tells about somebody who logs in under this name. */
export type Person = Readonly<Record<string, unknown>>

export interface ProviderOptions {
  readonly signs?: 'RS256' | 'PS256' | 'ES256' | 'EdDSA'
  /** Claims of access tokens that a client gets for itself. */
  readonly robot?: Person
}

export interface GenuineProvider {
  readonly issuer: string
  readonly discoveryUrl: string
  readonly userinfoUrl: string
  readonly introspectionUrl: string
  /** Requests to a path since the start. */
  asked(path: string): number
  /** Somebody may log in as `login` from now on. */
  employs(login: string, person?: Person): void
  /** Client credentials, for the gateway or another application of the provider. */
  robotToken(resource?: string): Promise<string>
  /** Authorization code: a log-in, a consent, a code, and what it is good for. Without a resource the token is opaque. */
  personToken(login: string, resource?: string): Promise<PersonTokens>
  /** Signs with a key of a new name from now on, and goes on to publish those before. */
  rotate(): void
  /** Publishes the key that it signs with, and no other. */
  withdrawOldKeys(): void
  stop(): Promise<void>
}

export interface PersonTokens {
  readonly access: string
  readonly id: string
}

export const AUDIENCE = 'latchkey'
/** Resource indicators (RFC 8707). The first two get JWTs, the third opaque tokens. */
export const GATEWAY = 'https://gateway.example.com'
export const OTHER_APPLICATION = 'https://payroll.example.com'
export const OPAQUE_GATEWAY = 'https://opaque.example.com'

export const CLIENT = { id: 'console', secret: 'secret-of-the-console-0123456789' }
export const ROBOT = { id: 'robot', secret: 'secret-of-the-robot-0123456789' }
/** The gateway's own client, which may introspect and nothing else. */
export const INTROSPECTOR = { id: 'latchkey-gateway', secret: 'secret&of+the gateway: 0123456789' }

const SCOPE = 'openid email groups'

/** A certified OpenID provider on a loopback port. */
export async function startGenuineProvider(options: ProviderOptions = {}): Promise<GenuineProvider> {
  const people = new Map<string, Person>()
  const paths: string[] = []
  let answer = (_: IncomingMessage, response: ServerResponse): void => void response.writeHead(503).end()
  const server = createServer((request, response) => {
    paths.push(request.url?.split('?')[0] ?? '')
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { signs = 'RS256' } = options

  let keys = [makeKey(signs, 1)]
  let made = 1
  const publish = (next: readonly object[]): void => {
    keys = [...next]
    answer = new Provider(issuer, describeProvider({ keys, people, signs, robot: options.robot })).callback()
  }
  publish(keys)

  const grant = async (client: typeof CLIENT, form: Readonly<Record<string, string>>): Promise<Person> => {
    const response = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { authorization: basic(client) },
      body: new URLSearchParams(form),
    })
    const tokens: Person = JSON.parse(await response.text())
    if (response.status !== 200) throw new Error(`${response.status}: ${JSON.stringify(tokens)}`)
    return tokens
  }
  return {
    issuer,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    userinfoUrl: `${issuer}/me`,
    introspectionUrl: `${issuer}/token/introspection`,
    asked: (path) => paths.filter((each) => each === path).length,
    employs: (login, person = {}) => void people.set(login, person),
    async robotToken(resource = GATEWAY) {
      const tokens = await grant(ROBOT, { grant_type: 'client_credentials', resource, scope: 'models' })
      return String(tokens['access_token'])
    },
    async personToken(login, resource) {
      const wanted = resource === undefined ? {} : { resource }
      const asked = { client_id: CLIENT.id, redirect_uri: REDIRECT, scope: `${SCOPE} models`, ...wanted }
      const { code, verifier } = await signIn(`${issuer}/auth`, asked, login)
      const form = {
        grant_type: 'authorization_code',
        code,
        redirect_uri: REDIRECT,
        code_verifier: verifier,
        ...wanted,
      }
      const tokens = await grant(CLIENT, form)
      return { access: String(tokens['access_token']), id: String(tokens['id_token']) }
    },
    rotate() {
      made += 1
      publish([makeKey(signs, made), ...keys])
    },
    withdrawOldKeys: () => publish(keys.slice(0, 1)),
    async stop() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => void server.close(() => resolve()))
    },
  }
}

const REDIRECT = 'https://console.example.com/callback'

interface Description {
  readonly keys: readonly object[]
  readonly people: ReadonlyMap<string, Person>
  readonly signs: string
  readonly robot: Person | undefined
}

function describeProvider({ keys, people, signs, robot }: Description): Readonly<Record<string, unknown>> {
  const client = ({ id, secret }: typeof CLIENT, more: object): object => ({
    client_id: id,
    client_secret: secret,
    id_token_signed_response_alg: signs,
    ...more,
  })
  const none = { redirect_uris: [], response_types: [] }
  const tokenFor = (audience: string, accessTokenFormat: 'jwt' | 'opaque'): object => ({
    scope: 'models',
    audience,
    accessTokenFormat,
    accessTokenTTL: 300,
    ...(accessTokenFormat === 'jwt' ? { jwt: { sign: { alg: signs } } } : {}),
  })
  const resources: Readonly<Record<string, object>> = {
    [GATEWAY]: tokenFor(AUDIENCE, 'jwt'),
    [OTHER_APPLICATION]: tokenFor('payroll', 'jwt'),
    [OPAQUE_GATEWAY]: tokenFor(AUDIENCE, 'opaque'),
  }
  return {
    jwks: { keys },
    cookies: { keys: ['a secret of these cookies only'] },
    clients: [
      client(CLIENT, { redirect_uris: [REDIRECT], grant_types: ['authorization_code'] }),
      client(ROBOT, { ...none, grant_types: ['client_credentials'] }),
      client(INTROSPECTOR, { ...none, grant_types: [] }),
    ],
    clientDefaults: { id_token_signed_response_alg: signs },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'] },
    ttl: { AccessToken: 300, ClientCredentials: 300, Grant: 600, IdToken: 300, Interaction: 300, Session: 600 },
    findAccount: (_: unknown, id: string) =>
      people.has(id) ? { accountId: id, claims: () => ({ sub: id, ...people.get(id) }) } : undefined,
    extraTokenClaims: (_: unknown, token: { readonly accountId?: string }) =>
      token.accountId === undefined ? robot : people.get(token.accountId),
    features: {
      clientCredentials: { enabled: true },
      introspection: {
        enabled: true,
        allowedPolicy: (_: unknown, asking: { readonly clientId: string }) => asking.clientId === INTROSPECTOR.id,
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_: unknown, indicator: string) => resources[indicator],
        defaultResource: () => undefined,
      },
    },
  }
}

function makeKey(alg: string, number: number): object {
  return { ...makePair(alg).export({ format: 'jwk' }), alg, use: 'sig', kid: `key-${number}` }
}

function makePair(alg: string): KeyObject {
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519').privateKey
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
}

/** RFC 6749 §2.3.1. */
function basic({ id, secret }: typeof CLIENT): string {
  return `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`
}
