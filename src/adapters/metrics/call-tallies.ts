import type { LedgerEntry } from '../../domain/ledger-entry.ts'
import { NO_MONEY, addUsd } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { EpochMs } from '../../domain/ids.ts'
import { BoundedTallies, modelLabel } from './bounded-tallies.ts'
import { DurationHistogram } from './histogram.ts'

/** Calls that came out alike. */
export interface CallTally {
  readonly requestedModel: string
  readonly model: string
  readonly deployment: string
  readonly status: string
  readonly errorClass: string
  calls: number
  /** From the request to the end of its answer, tries that failed before included. */
  readonly total: DurationHistogram
  /** Of the try that gave the answer. */
  readonly upstream: DurationHistogram
  readonly firstByte: DurationHistogram
}

/** What lines of one model add up to. */
export interface ChargeTally {
  readonly requestedModel: string
  readonly model: string
  inputTokens: number
  outputTokens: number
  spend: PicoUsd
  unpriced: number
}

const MOST_CALL_TALLIES = 2_000
const MOST_CHARGE_TALLIES = 2_000

export class CallTallies {
  readonly calls = new BoundedTallies<CallTally>(MOST_CALL_TALLIES)
  readonly charges = new BoundedTallies<ChargeTally>(MOST_CHARGE_TALLIES)

  charge(entry: LedgerEntry): void {
    const tally = this.charges.of(`${entry.modelGroup}\n${entry.upstreamModel}`, '', (isOther) => ({
      ...modelLabels(entry, isOther),
      inputTokens: 0,
      outputTokens: 0,
      spend: NO_MONEY,
      unpriced: 0,
    }))
    tally.inputTokens += entry.usage.inputTokens
    tally.outputTokens += entry.usage.outputTokens
    tally.spend = addUsd(tally.spend, entry.amount)
    if (entry.pricing === 'unpriced') tally.unpriced += 1
  }

  finish(entry: LedgerEntry, since: EpochMs): void {
    const { modelGroup, upstreamModel, deploymentId = '', httpStatus, errorClass = '' } = entry
    const outcome = `${httpStatus}\n${errorClass}`
    const tally = this.calls.of(`${deploymentId}\n${modelGroup}\n${upstreamModel}\n${outcome}`, outcome, (isOther) => ({
      ...modelLabels(entry, isOther),
      deployment: isOther ? 'other' : deploymentId,
      status: String(httpStatus),
      errorClass,
      calls: 0,
      total: new DurationHistogram(),
      upstream: new DurationHistogram(),
      firstByte: new DurationHistogram(),
    }))
    tally.calls += 1
    tally.total.observe((entry.endedAt - since) / 1000)
    if (entry.status === 'success') tally.upstream.observe((entry.endedAt - entry.startedAt) / 1000)
    if (entry.firstByteAt !== undefined) tally.firstByte.observe((entry.firstByteAt - entry.startedAt) / 1000)
  }
}

/** Where no deployment was asked, what was asked for stands for what would have answered. */
function modelLabels({ modelGroup, upstreamModel }: LedgerEntry, isOther: boolean) {
  return {
    requestedModel: modelLabel(modelGroup, isOther),
    model: modelLabel(upstreamModel === '' ? modelGroup : upstreamModel, isOther),
  }
}
