import type { UpstreamFailure } from '../../domain/upstream-failure.ts'
import type { Reply } from '../../ports/reply.ts'
import type { UpstreamCall } from '../../ports/upstream.ts'
import type { PassedArrival } from '../1-intake/arrival.ts'
import { HOPS_HEADER } from '../1-intake/decide-loop.ts'
import { whileCounted } from '../5-meter/call-rates.ts'
import { presentedTexts } from '../2-authenticate/find-credential.ts'
import { AnswerTally } from '../7-provider/pass-through/answer-tally.ts'
import { secretTexts, writePassThroughCall } from '../7-provider/pass-through/write-pass-through-call.ts'
import { readFailure } from '../7-provider/read-failure.ts'
import type { PassedAdmission } from './admit-pass-through.ts'
import type { AttemptPorts } from '../serving/attempt-context.ts'
import { keepPassed } from './keep-passed.ts'
import type { PassedCall } from './keep-passed.ts'
import { relay } from '../serving/relay.ts'
import type { RelayEnd } from '../serving/relay.ts'
import { failureFrame, replyFailure } from '../serving/reply-failure.ts'
import { addCost, addPassedHeaders, callHeaders } from '../serving/reply-headers.ts'
import type { CallFacts, HeaderList } from '../serving/reply-headers.ts'
import { revokedFailure } from '../serving/exchange-stream.ts'
import { prepareSpend } from '../serve.ts'
import type { Settled } from '../serving/settle.ts'

export interface PassPorts extends AttemptPorts {
  /** `litellm_key_header_name` */
  readonly keyHeader: string | undefined
}

const IDLE_MS = 120_000
/** Of a whole answer; beyond it, what was used is estimated. */
const MOST_READ = 16 * 1024 * 1024

interface Passing extends PassedCall {
  readonly secrets: readonly string[]
  readonly reply: Reply
  readonly ports: PassPorts
}

/** Carries an admitted call on to its destination and the answer back, and keeps its line in the ledger. */
export function servePassThrough(
  arrival: PassedArrival,
  admission: PassedAdmission,
  reply: Reply,
  ports: PassPorts,
): Promise<void> {
  return whileCounted(admission.rates, () => carry(arrival, admission, reply, ports))
}

async function carry(
  arrival: PassedArrival,
  admission: PassedAdmission,
  reply: Reply,
  ports: PassPorts,
): Promise<void> {
  await prepareSpend(admission, ports)
  const passing: Passing = {
    admission,
    secrets: secretTexts(arrival.passThrough),
    tally: new AnswerTally(Math.min(ports.maxAnswerBytes, MOST_READ)),
    startedAt: ports.clock.now(),
    reply,
    ports,
  }
  const end = await relay(
    callFor(arrival, admission.rest, admission.body, [HOPS_HEADER, admission.hops], ports),
    {
      secrets: passing.secrets,
      totalMs: ports.maxStreamMs,
      reply,
      tally: passing.tally,
      open: (status, headers) => {
        const shown = callHeaders(factsOf(passing))
        addPassedHeaders(shown, headers, passing.secrets)
        reply.head(status, shown)
      },
      watch: (revoked) => ports.standing.watch(admission, revoked),
    },
    ports,
  )
  await finish(passing, end)
}

/** The request as it goes on; the same for callers who are asked who they are and for those who are not. */
export function callFor(
  arrival: PassedArrival,
  rest: string,
  body: Uint8Array | undefined,
  ownHeaders: readonly string[],
  { keyHeader, policy }: Pick<PassPorts, 'keyHeader' | 'policy'>,
): UpstreamCall {
  const { passThrough, headers, method, query, rawHeaders } = arrival
  const { credential } = passThrough
  return writePassThroughCall(
    passThrough,
    {
      method,
      rest,
      query,
      body,
      rawHeaders,
      presented: presentedTexts(headers, keyHeader, credential),
      credentialHeaders: [keyHeader, credential.header].filter((name) => name !== undefined),
      ownHeaders,
    },
    { headMs: policy.timeoutMs, idleMs: Math.min(policy.timeoutMs, IDLE_MS) },
  )
}

async function finish(passing: Passing, end: RelayEnd): Promise<void> {
  const { reply, admission, tally, ports } = passing
  switch (end.kind) {
    case 'whole': {
      const refusal = end.status < 400 ? undefined : readFailure(end.status, {}, '', [], ports.clock.now())
      const settled = await keepPassed(passing, end, refusal)
      if (end.firstByteAt === undefined) replyWhole(passing, end, settled)
      reply.end(end.rest)
      return
    }
    case 'gone':
      await keepPassed(passing, end, undefined)
      return
    case 'revoked': {
      const failure = revokedFailure(end.denied)
      await keepPassed(passing, end, failure)
      if (end.firstByteAt !== undefined && tally.isStream)
        // It may have been cut in the middle of an event.
        reply.end(`\n\n${failureFrame(failure, factsOf(passing), admission)}`)
      else breakOff(passing, end, failure)
      return
    }
    case 'broken':
      await keepPassed(passing, end, end.failure)
      breakOff(passing, end, end.failure)
  }
}

/** Where the client has nothing yet it gets an answer of ours, else none that looks whole. */
function breakOff({ admission, startedAt, reply, ports }: Passing, end: RelayEnd, failure: UpstreamFailure): void {
  if (end.firstByteAt !== undefined) {
    reply.cut()
    return
  }
  const { deployment, model } = admission
  const failed = {
    kind: 'failed',
    failure,
    headers: {},
    secrets: [],
    deployment,
    upstreamModel: '',
    group: model.group,
    startedAt,
    kept: undefined,
  } as const
  const { timeoutMs } = ports.policy
  const { showsApiBase } = ports
  const trail = { retries: 0, maxRetries: 0, fallbacks: [], maxFallbacks: 0, timeoutMs, showsApiBase }
  replyFailure(admission, failed, trail, reply)
}

function replyWhole(passing: Passing, { status, headers }: RelayEnd, settled: Settled): void {
  const shown: HeaderList = callHeaders(factsOf(passing))
  addCost(shown, settled.entry.amount, settled.keySpend)
  addPassedHeaders(shown, headers, passing.secrets)
  passing.reply.head(status, shown)
}

function factsOf({ admission, ports }: Passing): CallFacts {
  return {
    callId: admission.callId,
    principal: admission.principal,
    deployment: admission.deployment,
    group: admission.ask.model === '' ? undefined : admission.ask.model,
    retries: 0,
    maxRetries: 0,
    fallbacks: 0,
    maxFallbacks: 0,
    rates: admission.rates,
    showsApiBase: ports.showsApiBase,
  }
}
