import type { Deployment } from '../../domain/deployment.ts'
import { epochMs } from '../../domain/ids.ts'
import { upstreamModelFor } from '../../domain/model-catalogue.ts'
import type { ResolvedModel } from '../../domain/model-catalogue.ts'
import type { Reply } from '../../ports/reply.ts'
import { weighText, weightOfTokens } from '../5-meter/estimate-tokens.ts'
import { countPictures } from '../7-provider/openai/count-pictures.ts'
import { readReply, writeReply, writtenPart } from '../7-provider/openai/read-reply.ts'
import type { ReadReply } from '../7-provider/openai/read-reply.ts'
import { failureTold, unreadableAnswer } from '../7-provider/read-failure.ts'
import { redactAll } from '../7-provider/redact.ts'
import type { Admission } from '../admission.ts'
import type { Attempt, AttemptPorts } from './attempt-context.ts'
import type { AttemptResult, CallProgress } from './attempt-result.ts'
import { exchangeStream } from './exchange-stream.ts'
import { exchangeWhole } from './exchange-whole.ts'
import type { AnswerHeaders, ExchangePorts, WholeAnswer } from './exchange-whole.ts'
import { keep, keepFailed, keepGone } from './keep-outcome.ts'
import type { Told } from './keep-outcome.ts'
import { prepareCall } from './prepare-call.ts'
import type { PreparedCall } from './prepare-call.ts'
import { failureFrame } from './reply-failure.ts'
import { addCost, addUpstreamHeaders, callHeaders } from './reply-headers.ts'
import { changesOf, factsOf, shownIdOf, translatorFor } from './shown-names.ts'

/** One try at one deployment, from the request that goes out to the line in the ledger. */
export function attemptCall(
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
  const prepared = prepareCall(attempt)
  const limits = { maxAnswerBytes: attempt.ports.maxAnswerBytes, totalMs: prepared.totalMs }
  const answer = await exchangeWhole(
    prepared.call,
    prepared.secrets,
    limits,
    attempt.reply,
    exchangePorts(attempt, prepared),
  )
  await attempt.ports.together()
  return await finishWhole(attempt, answer, prepared.secrets)
}

async function finishWhole(attempt: Attempt, answer: WholeAnswer, secrets: readonly string[]): Promise<AttemptResult> {
  if (answer.kind === 'gone') return keepGone(attempt, {})
  if (answer.kind === 'failed') return keepFailed(attempt, answer.failure, answer.headers, secrets)

  const read = readReply(answer.text)
  if (read === undefined) {
    const failure = unreadableAnswer('The upstream sent an answer that is not JSON.')
    return keepFailed(attempt, failure, answer.headers, secrets)
  }
  const { admission, reply } = attempt
  const { error } = read
  // In the Responses API an error belongs to a response; elsewhere there is no answer beside it.
  const isResponse = admission.ask.operation.name === 'responses'
  if (error !== undefined && !isResponse)
    return keepFailed(attempt, failureTold(error, secrets), answer.headers, secrets)
  const shownId = shownIdOf(attempt, read.id)
  const settled = await keep(attempt, {
    usage: read.usage,
    ...writtenIn(read, attempt),
    replyId: shownId,
    reportedModel: read.model,
    serviceTier: read.serviceTier,
  })
  const headers = callHeaders(factsOf(attempt))
  headers.push(
    'content-type',
    'application/json',
    'x-litellm-response-duration-ms',
    String(settled.entry.endedAt - admission.admittedAt),
    'x-litellm-overhead-duration-ms',
    String(attempt.startedAt - admission.admittedAt),
  )
  addCost(headers, settled.entry.amount, settled.keySpend)
  addUpstreamHeaders(headers, answer.headers, secrets)
  reply.head(200, headers)
  const changes = changesOf(attempt, shownId)
  if (error !== undefined) changes.set('error', JSON.stringify(redactAll(error, secrets)))
  reply.end(writeReply(read, changes))
  return { kind: 'answered' }
}

/** What the answer holds, as far as the books need it. */
function writtenIn(read: ReadReply, { admission }: Attempt): Pick<Told, 'writtenWeight' | 'pictures'> {
  if (admission.ask.operation.name === 'image') return { pictures: countPictures(read) }
  return { writtenWeight: () => weighText(writtenPart(read.text)) }
}

const MAX_EVENT_LENGTH = 1024 * 1024

async function streamAttempt(attempt: Attempt): Promise<AttemptResult> {
  const { admission, reply, ports } = attempt
  const prepared = prepareCall(attempt)
  const { secrets } = prepared
  const translator = translatorFor(attempt, secrets)
  const end = await exchangeStream(
    prepared.call,
    {
      translator,
      secrets,
      limits: { maxAnswerBytes: ports.maxAnswerBytes, totalMs: streamMsOf(attempt) },
      reply,
      open: (answerHeaders) => openStream(attempt, answerHeaders, secrets),
      mostWeight: mostWeightOf(attempt),
      maxEventLength: admission.ask.operation.streams === 'pictures' ? ports.maxAnswerBytes : MAX_EVENT_LENGTH,
      watch: (revoked) => ports.standing.watch(admission, revoked),
    },
    exchangePorts(attempt, prepared),
  )
  if (end.kind === 'whole') return finishWhole(attempt, { ...end, kind: 'answer' }, secrets)
  if (end.kind === 'failed') return keepFailed(attempt, end.failure, end.headers, secrets)

  const { tally } = translator
  const told = {
    usage: tally.usage,
    writtenWeight: () => tally.emittedWeight,
    pictures: tally.pictures,
    replyId: shownIdOf(attempt, tally.id),
    reportedModel: tally.reportedModel,
    serviceTier: tally.serviceTier,
    firstByteAt: end.firstByteAt === undefined ? undefined : epochMs(end.firstByteAt),
  }
  if (end.kind === 'gone') return keepGone(attempt, told)
  if (end.kind === 'broken') {
    await keep(attempt, { ...told, failure: end.failure, cutShort: true })
    reply.end(failureFrame(end.failure, factsOf(attempt), admission))
    // Ending it was our decision, and is no mark against the deployment.
    return { kind: 'ended', failure: end.failure.type === undefined ? end.failure : undefined }
  }
  await keep(attempt, told)
  reply.end(end.lastFrames)
  return { kind: 'answered' }
}

/** A stream may outlast its timeout, unless it is paid for by the second and no more than that is held. */
function streamMsOf({ admission, deployment, ports }: Attempt): number {
  return Math.min(ports.maxStreamMs, admission.budget?.mostMs(deployment.id) ?? ports.maxStreamMs)
}

/** Our count of tokens is rough: only what is far beyond the limit shows that the upstream does not keep it. */
const ROUGHNESS = 2
const SPARE_TOKENS = 64

function mostWeightOf({ admission, deployment }: Attempt): number {
  const allowance = admission.budget?.allowance(deployment.id)
  if (allowance === undefined) return Number.POSITIVE_INFINITY
  return weightOfTokens(allowance.tokens * allowance.choices * ROUGHNESS + SPARE_TOKENS)
}

function openStream(attempt: Attempt, answerHeaders: AnswerHeaders, secrets: readonly string[]): void {
  const headers = callHeaders(factsOf(attempt))
  headers.push('content-type', 'text/event-stream; charset=utf-8', 'x-accel-buffering', 'no')
  addUpstreamHeaders(headers, answerHeaders, secrets)
  attempt.reply.head(200, headers)
}

function exchangePorts({ ports }: Attempt, { upstream }: PreparedCall): ExchangePorts {
  return { upstream, timers: ports.timers, clock: ports.clock }
}
