import { epochMs } from '../../domain/ids.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { UpstreamFailure } from '../../domain/upstream-failure.ts'
import { unreadableAnswer } from '../7-provider/read-failure.ts'
import type { Attempt } from '../serving/attempt-context.ts'
import type { Outcome } from '../serving/outcome.ts'
import { settle } from '../serving/settle.ts'
import type { Settled } from '../serving/settle.ts'
import type { OpenResponse } from './response-book.ts'
import type { ServedModel } from './session-models.ts'
import type { SessionState } from './session-state.ts'

/** What a line of a session is about. */
interface SessionLine {
  readonly attempt: Attempt
  readonly served: ServedModel
  readonly reportedModel: string | undefined
  /** The conversation so far, where the upstream does not say what was read. */
  readonly readTokens: number
}

/** Takes what is held for it. */
export function lineOf({ attempt, models, meter, rates, reportedModel, principal }: SessionState): SessionLine {
  const admission = { ...attempt.admission, principal, budget: meter.take(), rates: rates.next() }
  return {
    attempt: { ...attempt, admission },
    served: models.current,
    reportedModel,
    readTokens: meter.likelyTokens,
  }
}

/** A response that the upstream ended, as it says; its line is kept when this resolves. */
export function settleDone(line: SessionLine, open: OpenResponse, response: JsonObject): Promise<Settled> {
  const failure = failureOf(response)
  const { usage } = response
  return keepLine(line, open, {
    usage,
    failure,
    charge: failure === undefined || isObject(usage),
    cutShort: response['status'] === 'cancelled',
    httpStatus: failure?.status ?? 200,
    endedAt: line.attempt.ports.clock.now(),
  })
}

/** A response that nobody will hear the end of: charged for what there was of it. */
export function settleCut(
  line: SessionLine,
  open: OpenResponse,
  failure: UpstreamFailure | undefined,
): Promise<Settled> {
  const httpStatus = failure?.status ?? 499
  const endedAt = line.attempt.ports.clock.now()
  return keepLine(line, open, { usage: undefined, failure, charge: true, cutShort: true, httpStatus, endedAt })
}

/** The client's sound was written down, which is a call of another model: by the token, or by the second. */
export function settleTranscript(
  state: SessionState,
  itemId: JsonValue | undefined,
  usage: JsonObject,
): Promise<Settled> {
  const { attempt, models, principal, rates } = state
  const now = attempt.ports.clock.now()
  const { seconds } = usage
  const ms = typeof seconds === 'number' && seconds > 0 ? Math.min(seconds * 1_000, LONGEST_MS) : 0
  const line: SessionLine = {
    attempt: { ...attempt, admission: { ...attempt.admission, principal, budget: undefined, rates: rates.extra() } },
    served: models.transcriber,
    reportedModel: undefined,
    readTokens: 0,
  }
  const id = typeof itemId === 'string' ? itemId : ''
  const open: OpenResponse = { id, startedAt: epochMs(now - ms), firstByteAt: undefined, weight: 0 }
  const byTime = { input_tokens: 0, output_tokens: 0 }
  const told = { failure: undefined, charge: true, cutShort: false, httpStatus: 200, endedAt: now }
  return keepLine(line, open, { ...told, usage: ms > 0 ? byTime : usage })
}

/** No session has more sound. */
const LONGEST_MS = 60 * 60_000

type Told = Pick<Outcome, 'failure' | 'charge' | 'cutShort' | 'httpStatus' | 'endedAt'> & {
  readonly usage: JsonValue | undefined
}

function keepLine(line: SessionLine, open: OpenResponse, told: Told): Promise<Settled> {
  const { attempt, served } = line
  const { admission, ports } = attempt
  return settle(
    { ...admission, admittedAt: open.startedAt },
    {
      ...told,
      of: 'call',
      deployment: served.deployment,
      upstreamModel: served.upstreamModel,
      group: served.model.group,
      writtenWeight: () => open.weight,
      readTokens: line.readTokens,
      pictures: undefined,
      replyId: open.id === '' ? undefined : open.id,
      reportedModel: line.reportedModel,
      serviceTier: undefined,
      startedAt: open.startedAt,
      firstByteAt: open.firstByteAt,
      retries: attempt.progress.retries,
    },
    ports,
  )
}

/** A response that was broken off by who talks has not failed. */
function failureOf(response: JsonObject): UpstreamFailure | undefined {
  if (response['status'] !== 'failed') return undefined
  const details = response['status_details']
  const error = isObject(details) && isObject(details['error']) ? details['error'] : {}
  const isLimit = error['code'] === 'rate_limit_exceeded' || error['type'] === 'rate_limit_error'
  const base = unreadableAnswer('The upstream failed to respond.')
  return isLimit
    ? { ...base, failure: 'RateLimitError', status: 429 }
    : { ...base, failure: 'InternalServerError', status: 500 }
}
