import type { LedgerEntry } from '../domain/ledger-entry.ts'
import type { Denied } from '../domain/decision.ts'
import type { Deployment } from '../domain/deployment.ts'
import type { EpochMs } from '../domain/ids.ts'
import type { ResolvedModel } from '../domain/model-catalogue.ts'
import type { UpstreamFailure } from '../domain/upstream-failure.ts'

/** What a line of the ledger is about: a call as it came out, or a try of it that may have been billed. */
export type LineOf = 'call' | 'try'

/** Hears of every call and every refusal, for log and metrics. Must not throw and must not wait. */
export interface CallObserver {
  /** A line was kept. One call may have several: its own, and one for each try that may have been billed. */
  charged(entry: LedgerEntry, of: LineOf): void
  /** Once per call, with what came out in the end. Its line begins with its last try; the call began at `since`. */
  finished(entry: LedgerEntry, since: EpochMs): void
  refused(denied: Denied, about: { readonly callId: string; readonly route: string; readonly status: number }): void
  attempted(deployment: Deployment, model: ResolvedModel, failure: UpstreamFailure | undefined): void
  rested(deployment: Deployment, model: ResolvedModel, failure: UpstreamFailure): void
}
