import type {
  DeploymentId,
  EndUserId,
  EntryId,
  EpochMs,
  HoldId,
  KeyDigest,
  OrganizationId,
  TeamId,
  UserId,
} from './ids.ts'
import type { JsonObject } from './json.ts'
import type { PicoUsd } from './money.ts'
import type { IdentityLink } from './token-facts.ts'
import type { Usage } from './usage.ts'

export type CallType =
  | 'acompletion'
  | 'atext_completion'
  | 'aembedding'
  | 'aimage_generation'
  | 'aresponses'
  | 'amoderation'
  | 'arealtime'
  | 'pass_through_endpoint'

/** Who pays. `master` stands for the master key, which has no digest that is shown or stored. */
export type Payer =
  | { readonly kind: 'key'; readonly digest: KeyDigest; readonly alias: string | undefined }
  | { readonly kind: 'master' }
  /** Whoever came with a token of an identity provider: the user or the team of the line. */
  | { readonly kind: 'token' }

/** One line of the append-only ledger: one call, one payer, one amount. */
export interface LedgerEntry {
  readonly entryId: EntryId
  /** What the client knows the call by: the reply's `id`, else the call id. Not unique. */
  readonly requestId: string
  readonly callId: string
  readonly callType: CallType
  readonly payer: Payer
  readonly userId: UserId | undefined
  readonly teamId: TeamId | undefined
  readonly organizationId: OrganizationId | undefined
  readonly endUserId: EndUserId | undefined
  readonly amount: PicoUsd
  /** Why the amount is what it is; `unpriced` is a zero that somebody should look at. */
  readonly pricing: 'priced' | 'free' | 'unpriced' | 'not-charged'
  readonly usage: Usage
  readonly usageFrom: 'upstream' | 'estimated' | 'none'
  readonly status: 'success' | 'failure'
  /** The client left or the stream broke before the end. */
  readonly cutShort: boolean
  readonly startedAt: EpochMs
  readonly firstByteAt: EpochMs | undefined
  readonly endedAt: EpochMs
  readonly modelGroup: string
  readonly upstreamModel: string
  readonly deploymentId: DeploymentId | undefined
  readonly provider: string
  readonly httpStatus: number
  /** Closed set of words, never upstream text. */
  readonly errorClass: string | undefined
  readonly retries: number
  readonly tags: readonly string[]
  readonly sessionId: string | undefined
  readonly clientAddress: string | undefined
  /** The caller's own `metadata`, as far as it is theirs to set, and in it what they note on the line (`spend_logs_metadata`). */
  readonly callerMetadata: JsonObject
  /** Whose token stood for the key that paid. */
  readonly bearer?: IdentityLink | undefined
  /** The reservation that this line settles. */
  readonly holdId?: HoldId | undefined
  /** When the call was admitted, where budgets go by that and not by `startedAt`. */
  readonly countedAt?: EpochMs | undefined
}
