import type { HttpTarget } from '../../domain/deployment.ts'
import { upstreamModelFor } from '../../domain/model-catalogue.ts'
import type { UpstreamFailure } from '../../domain/upstream-failure.ts'
import type { Dialled, Line, LineDialler } from '../../ports/line.ts'
import { HOPS_HEADER } from '../1-intake/decide-loop.ts'
import type { HeaderReader } from '../1-intake/arrival.ts'
import { reserveBudget } from '../5-meter/reserve-budget.ts'
import { writeSessionCall } from '../7-provider/openai/write-request.ts'
import { failureOfFault, readFailure } from '../7-provider/read-failure.ts'
import { reauthorise } from '../ask-again.ts'
import type { Attempt } from '../serving/attempt-context.ts'
import type { AttemptResult } from '../serving/attempt-result.ts'
import type { JourneyPorts } from '../journey-ports.ts'
import { keepFailed } from '../serving/keep-outcome.ts'
import { secretsOf } from '../serving/prepare-call.ts'
import { callHeaders } from '../serving/reply-headers.ts'
import type { AttemptCall } from '../serving/try-group.ts'
import { factsOf, shownModelOf } from '../serving/shown-names.ts'
import { ResponseBook } from './response-book.ts'
import { Session } from './session.ts'
import type { SessionPorts } from './session.ts'
import { SessionMeter } from './session-meter.ts'
import { SessionModels } from './session-models.ts'
import { SessionRates } from './session-rates.ts'

/** The client's side of a session that is admitted and not yet open. */
export interface Handshake extends Pick<SessionPorts, 'whenStopping'> {
  /** Answers 101, with these headers. Undefined: the client is gone. */
  readonly accept: (headers: readonly string[]) => Promise<Line | undefined>
  /** With the credential where it can be looked at again. */
  readonly headers: HeaderReader
  readonly wantsOldEvents: boolean
}

export interface SessionTryPorts {
  readonly journey: JourneyPorts
  readonly dialler: LineDialler
}

/** A session hears from its upstream within this time, or from another one. */
const DIAL_MS = 10_000

/** One try at one deployment: the client gets its 101 when the upstream has given us ours, and not before. */
export function sessionAttempt(handshake: Handshake, tryPorts: SessionTryPorts): AttemptCall {
  return async (admission, model, deployment, progress, reply, ports) => {
    const upstreamModel = upstreamModelFor(deployment, model)
    const startedAt = ports.clock.now()
    const attempt: Attempt = { admission, model, deployment, upstreamModel, progress, reply, ports, startedAt }
    const { target } = deployment
    if (target.kind !== 'http') return keepFailed(attempt, NO_SESSIONS, {}, [])
    return trySession(attempt, target, handshake, tryPorts)
  }
}

async function trySession(
  attempt: Attempt,
  target: HttpTarget,
  handshake: Handshake,
  { journey, dialler }: SessionTryPorts,
): Promise<AttemptResult> {
  const { admission, deployment, upstreamModel, model, ports } = attempt
  const call = writeSessionCall(deployment, target, upstreamModel, handshake.wantsOldEvents, DIAL_MS)
  const secrets = secretsOf(call)
  const dialled = await dialler.dial({ ...call, ownHeaders: [HOPS_HEADER, admission.hops] })
  if (dialled.kind !== 'open') {
    const headers = dialled.kind === 'refused' ? dialled.headers : {}
    return keepFailed(attempt, failureOf(dialled, secrets, ports.clock.now()), headers, secrets)
  }
  const upstream = dialled.line
  const client = await handshake.accept(callHeaders(factsOf(attempt)))
  if (client === undefined) {
    upstream.close(undefined, '')
    await admission.budget?.release()
    return { kind: 'ended', failure: undefined }
  }

  const models = new SessionModels(
    { asked: shownModelOf(attempt), model, deployment, upstreamModel },
    admission.ask.model,
  )
  const state = {
    attempt,
    secrets,
    models,
    meter: new SessionMeter(admission.budget, (tokens) => reserveResponse(tokens)),
    rates: new SessionRates(admission.rates, () => ports.chance.slotId()),
    book: new ResponseBook(),
    catalogue: journey.catalogue,
    principal: admission.principal,
    reportedModel: undefined,
  }
  const reserveResponse = async (tokens: number): ReturnType<ConstructorParameters<typeof SessionMeter>[1]> => {
    const { current } = models
    const ask = {
      principal: state.principal,
      endUser: admission.endUser,
      ask: admission.ask,
      model: { ...current.model, deployments: [current.deployment] },
      at: ports.clock.now(),
      prompt: { tokens, images: 0, continuesStored: false },
    }
    return reserveBudget(ask, journey.meter)
  }
  const failure = await new Session(state, {
    client,
    upstream,
    reauthorise: () => reauthorise(admission, handshake.headers, journey),
    whenStopping: handshake.whenStopping,
  }).run()
  return failure === undefined ? { kind: 'answered' } : { kind: 'ended', failure }
}

function failureOf(
  dialled: Exclude<Dialled, { kind: 'open' }>,
  secrets: readonly string[],
  now: number,
): UpstreamFailure {
  return dialled.kind === 'refused'
    ? readFailure(dialled.status, dialled.headers, dialled.text, secrets, now)
    : failureOfFault(dialled.fault, false)
}

const NO_SESSIONS: UpstreamFailure = {
  ...failureOfFault('protocol', false),
  failure: 'BadRequestError',
  status: 400,
  text: 'This model has no provider behind it and opens no sessions.',
}
