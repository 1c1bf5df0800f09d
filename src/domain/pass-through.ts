import type { JsonValue } from './json.ts'
import type { Secret } from './secret.ts'

export const PASS_THROUGH_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export type PassThroughMethod = (typeof PASS_THROUGH_METHODS)[number]

/** A prefix of paths whose calls go on to one destination, with a credential of the operator and as they came. */
export interface PassThrough {
  /** Where it is called here: `/bria`. */
  readonly path: string
  /** Who is behind it, by the name under which prices are known. */
  readonly provider: string
  /** Scheme, host and port, from the operator's configuration. Nothing that a caller sends changes them. */
  readonly origin: string
  /** Without a trailing slash. */
  readonly basePath: string
  /** What follows the path here follows the target's path there. */
  readonly takesSubpaths: boolean
  readonly methods: readonly PassThroughMethod[]
  /** False: open to everybody, and nobody is asked who they are. */
  readonly asksWho: boolean
  readonly credential: CredentialPlace
  /** Sent with every call; lower-case names. */
  readonly headers: ReadonlyMap<string, Secret>
  readonly clientHeaders: ClientHeaders
  /** Where the caller says nothing under the name; under the name of a credential, whatever the caller says. */
  readonly query: ReadonlyMap<string, Secret>
  /** Of a call, whatever it uses. Empty: by what it used, as far as that is known. */
  readonly prices: ReadonlyMap<string, JsonValue>
  readonly isBuiltIn: boolean
}

/** Where a caller's credential may stand, beside its usual places. */
export interface CredentialPlace {
  /** Lower case. What stands there counts alone. */
  readonly header: string | undefined
  /** `Basic` in `Authorization` is a user and a password, and the user is the credential. */
  readonly isBasicUser: boolean
}

/** Which headers of a caller go on, of those that ever may. */
export interface ClientHeaders {
  readonly names: readonly string[] | 'all'
  /** `x-pass-<name>` goes on as `<name>`. */
  readonly takesPassed: boolean
}
