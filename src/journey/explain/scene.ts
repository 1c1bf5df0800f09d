import type { Claims } from '../../domain/claims.ts'
import type { KeyDigest, TeamId, UserId } from '../../domain/ids.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { VerifiedToken } from '../../domain/token-facts.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import type { RouteFacts } from '../1-intake/arrival.ts'
import type { Operation } from '../1-intake/operations.ts'
import type { RoutePolicy } from '../4-authorise/decide-route.ts'
import type { ImaginedFacts } from './imagined-directory.ts'

/** Whose call is explained. */
export type Subject =
  | { readonly is: 'master' }
  /** A text that is presented: it goes the whole way, and may fail on it. */
  | { readonly is: 'credential'; readonly text: string }
  | { readonly is: 'key'; readonly digest: KeyDigest }
  /** As if with a personal key without limits of its own; of a team where one is named. */
  | { readonly is: 'user'; readonly userId: UserId; readonly teamId: TeamId | undefined }
  | { readonly is: 'token'; readonly token: VerifiedToken }
  /** As if a token said this. */
  | { readonly is: 'claims'; readonly issuer: string; readonly claims: Claims }

export interface ExplainedCall {
  readonly route: RouteFacts
  readonly method: string
  /** Undefined: a route that asks for no model. */
  readonly operation: Operation | undefined
  readonly pathModel: string | undefined
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  /** Of a call of a model. */
  readonly body: JsonObject
}

export interface ImaginedSettings {
  readonly policy: TokenPolicy | undefined
  readonly routes: RoutePolicy
}

/** Everything that decides about a call: as it is, or as it would be after a change. */
export interface Scene {
  readonly subject: Subject
  readonly call: ExplainedCall
  readonly facts: ImaginedFacts
  readonly settings: ImaginedSettings
}

/** What somebody would have to do, in the words of whoever does it. */
export type ChangeStep =
  | { readonly api: { readonly method: 'POST' | 'PATCH'; readonly path: string; readonly body: JsonObject } }
  /** At the identity provider. */
  | { readonly claim: string; readonly value: JsonValue }
  | { readonly setting: string; readonly add: JsonValue }
  | { readonly setting: string; readonly remove: JsonValue }
  | { readonly setting: string; readonly set: JsonValue }
  /** In the call itself; `null` is what is left out. */
  | { readonly request: { readonly headers?: JsonObject; readonly body?: JsonObject } }

/** One thing that could be different. Whether it helps is found out by imagining it. */
export interface Change {
  /** A sentence that says what to do. */
  readonly say: string
  readonly steps: readonly ChangeStep[]
  /** It follows from settings that are not everybody's to know. */
  readonly forOperators?: true
  readonly imagine: (scene: Scene) => Scene
}
