import type { UpstreamFailure } from '../../domain/upstream-failure.ts'
import type { Attempt } from './attempt-context.ts'
import type { AttemptResult, FailedAttempt } from './attempt-result.ts'
import type { AnswerHeaders } from './exchange-whole.ts'
import type { Outcome } from './outcome.ts'
import { settle } from './settle.ts'
import type { Settled } from './settle.ts'

/** What the end of a try adds to what was known at its beginning. */
export type Told = Partial<
  Omit<Outcome, 'deployment' | 'upstreamModel' | 'group' | 'startedAt' | 'endedAt' | 'retries'>
>

/** Settles a try. A charge that can't be kept is a fault, and the client gets no end of its answer. */
export function keep(attempt: Attempt, told: Told): Promise<Settled> {
  const outcome: Outcome = {
    of: told.of ?? 'call',
    deployment: attempt.deployment,
    upstreamModel: attempt.upstreamModel,
    group: attempt.model.group,
    usage: told.usage,
    writtenWeight: told.writtenWeight ?? (() => 0),
    pictures: told.pictures,
    replyId: told.replyId,
    reportedModel: told.reportedModel,
    serviceTier: told.serviceTier,
    failure: told.failure,
    charge: true,
    cutShort: told.cutShort ?? false,
    httpStatus: told.httpStatus ?? 200,
    startedAt: attempt.startedAt,
    firstByteAt: told.firstByteAt,
    endedAt: attempt.ports.clock.now(),
    retries: attempt.progress.retries,
  }
  return settle(attempt.admission, outcome, attempt.ports)
}

/** The client left: what was done until then is charged. */
export async function keepGone(attempt: Attempt, told: Told): Promise<AttemptResult> {
  await keep(attempt, { ...told, cutShort: true, httpStatus: 499 })
  return { kind: 'ended', failure: undefined }
}

/** A try whose work the upstream may bill although we saw no answer has a line of its own; the call may yet succeed. */
export async function keepFailed(
  attempt: Attempt,
  failure: UpstreamFailure,
  headers: AnswerHeaders,
  secrets: readonly string[],
): Promise<FailedAttempt> {
  const told: Told = { of: 'try', failure, httpStatus: failure.status, cutShort: true }
  const kept = failure.mayHaveBilled ? (await keep(attempt, told)).entry : undefined
  const { deployment, upstreamModel, startedAt, model } = attempt
  return { kind: 'failed', failure, headers, secrets, deployment, upstreamModel, group: model.group, startedAt, kept }
}
