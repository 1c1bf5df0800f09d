import type { Deployment } from '../domain/deployment.ts'
import { epochMs } from '../domain/ids.ts'
import type { EpochMs } from '../domain/ids.ts'
import { upstreamModelFor } from '../domain/model-catalogue.ts'
import type { ResolvedModel } from '../domain/model-catalogue.ts'
import { Problem } from '../domain/problem.ts'
import type { RouterPolicy } from '../domain/router-policy.ts'
import type { UpstreamFailure } from '../domain/upstream-failure.ts'
import type { Clock } from '../ports/clock.ts'
import type { Timers } from '../ports/chance.ts'
import type { IdSigner } from '../ports/id-signer.ts'
import type { Reply } from '../ports/reply.ts'
import type { Upstream } from '../ports/upstream.ts'
import { responseOwner, writeResponseId } from './4-authorise/response-ids.ts'
import { weighText } from './5-meter/estimate-tokens.ts'
import type { MockUsage } from './7-provider/demo/write-answer.ts'
import { ChatStream } from './7-provider/openai/chat-stream.ts'
import { readReply, writeReply, writtenPart } from './7-provider/openai/read-reply.ts'
import { ResponsesStream } from './7-provider/openai/responses-stream.ts'
import { unreadableAnswer } from './7-provider/read-failure.ts'
import type { StreamTranslator } from './7-provider/translate-stream.ts'
import type { Admission } from './admission.ts'
import type { AttemptResult, CallProgress, FailedAttempt } from './attempt-result.ts'
import { exchangeStream } from './exchange-stream.ts'
import { exchangeWhole } from './exchange-whole.ts'
import type { AnswerHeaders, ExchangePorts, WholeAnswer } from './exchange-whole.ts'
import { prepareCall } from './prepare-call.ts'
import { failureFrame } from './reply-failure.ts'
import { addCost, addUpstreamHeaders, callHeaders } from './reply-headers.ts'
import type { CallFacts } from './reply-headers.ts'
import { settle } from './settle.ts'
import type { Outcome, SettlePorts } from './settle.ts'

export interface AttemptPorts extends SettlePorts {
  readonly clock: Clock
  readonly timers: Timers
  readonly upstream: Upstream
  readonly signer: IdSigner
  readonly policy: RouterPolicy
  readonly maxAnswerBytes: number
  readonly maxStreamMs: number
  readonly mockUsage: MockUsage
  readonly showsApiBase: boolean
}

interface Attempt {
  readonly admission: Admission
  readonly model: ResolvedModel
  readonly deployment: Deployment
  readonly upstreamModel: string
  readonly progress: CallProgress
  readonly reply: Reply
  readonly ports: AttemptPorts
  readonly startedAt: EpochMs
}

/** One try at one deployment, from the request that goes out to the line in the ledger. */
export async function attemptCall(
  admission: Admission,
  model: ResolvedModel,
  deployment: Deployment,
  progress: CallProgress,
  reply: Reply,
  ports: AttemptPorts,
): Promise<AttemptResult> {
  const upstreamModel = upstreamModelFor(deployment, model)
  const startedAt = ports.clock.now()
  const attempt: Attempt = { admission, model, deployment, upstreamModel, progress, reply, ports, startedAt }
  return admission.ask.stream ? streamAttempt(attempt) : wholeAttempt(attempt)
}

async function wholeAttempt(attempt: Attempt): Promise<AttemptResult> {
  const { call, secrets, upstream, totalMs } = prepareCall(attempt)
  const answer = await exchangeWhole(
    call,
    secrets,
    limitsOf(attempt, totalMs),
    attempt.reply,
    exchangePorts(attempt, upstream),
  )
  return finishWhole(attempt, answer)
}

function finishWhole(attempt: Attempt, answer: WholeAnswer): AttemptResult {
  if (answer.kind === 'gone') return gone(attempt, { writtenWeight: 0, firstByteAt: undefined })
  if (answer.kind === 'failed') return failed(attempt, answer.failure, answer.headers)

  const read = readReply(answer.text)
  if (read === undefined)
    return failed(attempt, unreadableAnswer('The upstream sent an answer that is not JSON.'), answer.headers)

  const { admission, reply } = attempt
  const shownId = shownIdOf(attempt, read.id)
  const settled = keep(attempt, {
    usage: read.usage,
    writtenWeight: read.usage === undefined ? weighText(writtenPart(read.text)) : 0,
    replyId: shownId,
    reportedModel: read.model,
    serviceTier: read.serviceTier,
  })
  const headers = callHeaders(factsOf(attempt))
  headers['content-type'] = 'application/json'
  headers['x-litellm-response-duration-ms'] = String(settled.entry.endedAt - admission.admittedAt)
  headers['x-litellm-overhead-duration-ms'] = String(attempt.startedAt - admission.admittedAt)
  addCost(headers, settled.entry.amount, settled.keySpend)
  addUpstreamHeaders(headers, answer.headers)
  reply.head(200, headers)
  reply.end(writeReply(read, changesOf(attempt, shownId)))
  return { kind: 'answered' }
}

async function streamAttempt(attempt: Attempt): Promise<AttemptResult> {
  const { admission, reply, ports } = attempt
  const { call, secrets, upstream, totalMs } = prepareCall(attempt)
  const translator = translatorFor(attempt)
  const end = await exchangeStream(
    call,
    {
      translator,
      secrets,
      limits: limitsOf(attempt, Math.max(totalMs, ports.maxStreamMs)),
      reply,
      open(answerHeaders) {
        const headers = callHeaders(factsOf(attempt))
        headers['content-type'] = 'text/event-stream; charset=utf-8'
        headers['cache-control'] = 'no-cache, no-store'
        headers['x-accel-buffering'] = 'no'
        addUpstreamHeaders(headers, answerHeaders)
        reply.head(200, headers)
      },
    },
    exchangePorts(attempt, upstream),
  )
  if (end.kind === 'whole') return finishWhole(attempt, { ...end, kind: 'answer' })
  if (end.kind === 'failed') return failed(attempt, end.failure, end.headers)

  const { tally } = translator
  const firstByteAt = end.firstByteAt === undefined ? undefined : epochMs(end.firstByteAt)
  const told = {
    usage: tally.usage,
    writtenWeight: tally.emittedWeight,
    replyId: shownIdOf(attempt, tally.id),
    reportedModel: tally.reportedModel,
    serviceTier: tally.serviceTier,
    firstByteAt,
  }
  if (end.kind === 'gone') return gone(attempt, told)
  if (end.kind === 'broken') {
    keep(attempt, { ...told, failure: end.failure, cutShort: true })
    reply.end(failureFrame(end.failure, factsOf(attempt), admission))
    return { kind: 'ended' }
  }
  keep(attempt, told)
  reply.end(end.lastFrames)
  return { kind: 'answered' }
}

function gone(attempt: Attempt, told: Partial<Outcome>): AttemptResult {
  keep(attempt, { ...told, cutShort: true, httpStatus: 499 })
  return { kind: 'ended' }
}

/** A try whose work the upstream may bill although we saw no answer has a line of its own; the call may yet succeed. */
function failed(attempt: Attempt, failure: UpstreamFailure, headers: AnswerHeaders): FailedAttempt {
  if (failure.mayHaveBilled) keep(attempt, { failure, httpStatus: failure.status, cutShort: true })
  const { deployment, upstreamModel, startedAt, model } = attempt
  return { kind: 'failed', failure, headers, deployment, upstreamModel, group: model.group, startedAt }
}

function keep(attempt: Attempt, told: Partial<Outcome>): ReturnType<typeof settle> {
  const outcome: Outcome = {
    deployment: attempt.deployment,
    upstreamModel: attempt.upstreamModel,
    group: attempt.model.group,
    usage: undefined,
    writtenWeight: 0,
    replyId: undefined,
    reportedModel: undefined,
    serviceTier: undefined,
    failure: undefined,
    charge: true,
    cutShort: false,
    httpStatus: 200,
    startedAt: attempt.startedAt,
    firstByteAt: undefined,
    endedAt: attempt.ports.clock.now(),
    retries: attempt.progress.retries,
    ...told,
  }
  try {
    return settle(attempt.admission, outcome, attempt.ports)
  } catch (cause) {
    throw new Problem('not-recorded', undefined, { callId: attempt.admission.callId }, cause)
  }
}

function translatorFor(attempt: Attempt): StreamTranslator {
  const { ask } = attempt.admission
  return ask.operation.streams === 'typed-events'
    ? new ResponsesStream(shownModelOf(attempt), (id) => shownIdOf(attempt, id) ?? id)
    : new ChatStream(shownModelOf(attempt), ask.wantsStreamUsage)
}

/** After a fallback the client learns which model answered; else it sees the name that it asked for. */
function shownModelOf(attempt: Attempt): string {
  return attempt.progress.fallbacks === 0 ? attempt.admission.ask.model : attempt.model.group
}

function shownIdOf(attempt: Attempt, upstreamId: string | undefined): string | undefined {
  const { admission, deployment, ports } = attempt
  if (upstreamId === undefined || admission.ask.operation.name !== 'responses') return upstreamId
  const stored = { provider: deployment.provider, deploymentId: deployment.id, upstreamId }
  return writeResponseId(stored, responseOwner(admission.principal), ports.signer)
}

function changesOf(attempt: Attempt, shownId: string | undefined): ReadonlyMap<string, string> {
  const changes = new Map([['model', JSON.stringify(shownModelOf(attempt))]])
  if (attempt.admission.ask.operation.name === 'responses') {
    if (shownId !== undefined) changes.set('id', JSON.stringify(shownId))
    const previous = attempt.admission.ask.body['previous_response_id']
    if (typeof previous === 'string') changes.set('previous_response_id', JSON.stringify(previous))
  }
  return changes
}

function factsOf(attempt: Attempt): CallFacts {
  const { admission, deployment, model, progress } = attempt
  return {
    callId: admission.callId,
    deployment,
    group: model.group,
    showsApiBase: attempt.ports.showsApiBase,
    ...progress,
  }
}

function limitsOf(attempt: Attempt, totalMs: number): { maxAnswerBytes: number; totalMs: number } {
  return { maxAnswerBytes: attempt.ports.maxAnswerBytes, totalMs }
}

function exchangePorts(attempt: Attempt, upstream: Upstream): ExchangePorts {
  const { timers, clock } = attempt.ports
  return { upstream, after: (ms, go) => timers.after(ms, go), now: () => clock.now() }
}
