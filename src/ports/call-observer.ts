import type { LedgerEntry } from '../domain/ledger-entry.ts'
import type { Denied } from '../domain/decision.ts'
import type { DeploymentId } from '../domain/ids.ts'
import type { FailureClass } from '../domain/upstream-failure.ts'

/** Hears of every call and every refusal, for log and metrics. Must not throw and must not wait. */
export interface CallObserver {
  finished(entry: LedgerEntry, askedModel: string): void
  refused(denied: Denied, about: { readonly callId: string; readonly route: string; readonly status: number }): void
  attempted(deployment: DeploymentId, group: string, failure: FailureClass | undefined): void
  rested(deployment: DeploymentId, group: string): void
}
