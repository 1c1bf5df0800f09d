import type { Deployment } from '../../domain/deployment.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { LedgerEntry } from '../../domain/ledger-entry.ts'
import type { UpstreamFailure } from '../../domain/upstream-failure.ts'
import type { AnswerHeaders } from './exchange-whole.ts'

/** Where a call stands on its way through groups and deployments. */
export interface CallProgress {
  readonly retries: number
  readonly maxRetries: number
  readonly fallbacks: number
}

export type AttemptResult =
  | { readonly kind: 'answered' }
  /** The client is gone, or its stream broke half-way: settled, and nothing more can be done. */
  | { readonly kind: 'ended'; readonly failure: UpstreamFailure | undefined }
  | FailedAttempt

export interface FailedAttempt {
  readonly kind: 'failed'
  readonly failure: UpstreamFailure
  readonly headers: AnswerHeaders
  /** Of the deployment, to be kept out of what is shown. */
  readonly secrets: readonly string[]
  /** Undefined: there was nobody to ask. */
  readonly deployment: Deployment | undefined
  readonly upstreamModel: string
  readonly group: string
  readonly startedAt: EpochMs
  /** Its own line in the ledger, where it may have been billed. */
  readonly kept: LedgerEntry | undefined
}

/** Why a group came to nothing: its last try, and how often it was tried. */
export interface GroupFailure {
  readonly result: FailedAttempt
  readonly retries: number
  readonly maxRetries: number
}
