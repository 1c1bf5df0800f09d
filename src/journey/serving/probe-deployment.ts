import type { Decision } from '../../domain/decision.ts'
import { allow } from '../../domain/decision.ts'
import type { Deployment } from '../../domain/deployment.ts'
import type { CallId } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { ResolvedModel } from '../../domain/model-catalogue.ts'
import type { Principal } from '../../domain/principal.ts'
import type { Reply } from '../../ports/reply.ts'
import type { RouteFacts } from '../1-intake/arrival.ts'
import { OPERATIONS } from '../1-intake/operations.ts'
import type { OperationName } from '../1-intake/operations.ts'
import { NO_CONTROLS } from '../1-intake/read-controls.ts'
import type { ModelAsk } from '../1-intake/read-model-request.ts'
import { NO_SPECIAL_FALLBACKS } from '../1-intake/read-fallbacks.ts'
import { limitOutput } from '../5-meter/bound-output.ts'
import { priceQuery } from '../5-meter/forecast-call.ts'
import { reserveBudget } from '../5-meter/reserve-budget.ts'
import type { MeterPorts } from '../5-meter/reserve-budget.ts'
import type { Admission } from '../admission.ts'
import { attemptCall } from './attempt.ts'
import { noteAttempt } from './note-attempt.ts'
import type { GroupPorts } from './try-group.ts'

/** Who has a deployment asked, and pays for it. */
export interface Prober {
  readonly principal: Principal
  readonly route: RouteFacts
  readonly callId: CallId
  readonly clientAddress: string | undefined
}

export interface ProbePorts {
  readonly serving: GroupPorts
  readonly meter: MeterPorts
  /** The id that all replicas share. */
  readonly installation: string
}

const TIMEOUT_MS = 30_000
const MOST_TOKENS = 16
/** What a probe's line in the ledger is known by. */
const TAG = 'health-check'

const BODIES: Readonly<Partial<Record<OperationName, JsonObject>>> = {
  chat: { messages: [{ role: 'user', content: 'Say ok.' }] },
  completion: { prompt: 'Say ok.' },
  embedding: { input: 'ok' },
  moderation: { input: 'ok' },
  responses: { input: 'Say ok.' },
}

/**
 * Asks a deployment for as little as it can do: one try, past its group, and a line in the ledger like any other call. What
 * came of it is kept as its health. Nothing happens to one that can't be asked: its kind is not known, or it stands for many.
 */
export async function probeDeployment(
  deployment: Deployment,
  prober: Prober,
  { serving, meter, installation }: ProbePorts,
): Promise<Decision<void>> {
  const ask = askFor(deployment, serving)
  if (ask === undefined) return allow(undefined)
  const model: ResolvedModel = {
    group: deployment.group,
    names: [deployment.group],
    deployments: [deployment],
    star: undefined,
  }
  const at = serving.clock.now()
  const reserved = await reserveBudget({ principal: prober.principal, endUser: undefined, ask, model, at }, meter)
  if (reserved.verdict === 'deny') return reserved
  const admission: Admission = {
    ...prober,
    ask,
    model,
    fallbacks: [],
    specialFallbacks: NO_SPECIAL_FALLBACKS,
    continues: undefined,
    endUser: undefined,
    hops: installation,
    budget: reserved.granted,
    // The operator looks after the deployments: that is no use of the operator's own rates.
    rates: undefined,
    teamHeader: undefined,
    admittedAt: at,
  }
  const result = await attemptCall(admission, model, deployment, ONE_TRY, NOBODY, serving)
  const failure = result.kind === 'answered' ? undefined : result.failure
  noteAttempt(deployment, model, failure, serving)
  serving.health.recordProbe(deployment.id, failure, serving.clock.now())
  if (result.kind === 'failed') await admission.budget?.release()
  return allow(undefined)
}

const ONE_TRY = { retries: 0, maxRetries: 0, fallbacks: 0 }

/** Nobody reads the answer. */
const NOBODY: Reply = { head() {}, write: () => true, end() {}, cut() {}, whenDrained() {}, whenGone() {} }

function askFor(deployment: Deployment, { prices, clock }: GroupPorts): ModelAsk | undefined {
  if (deployment.group.includes('*')) return undefined
  const query = priceQuery(deployment, deployment.upstreamModel)
  const mode = deployment.entry.info['mode'] ?? prices.capabilities(query, clock.now()).mode ?? 'chat'
  const operation = Object.values(OPERATIONS).find(({ name }) => name === mode)
  const body = operation === undefined ? undefined : BODIES[operation.name]
  if (operation === undefined || body === undefined) return undefined
  const ask: ModelAsk = {
    operation,
    model: deployment.group,
    stream: false,
    wantsStreamUsage: false,
    body,
    forwarded: Object.entries(body).map(([name, value]) => ({ name, text: `"${name}":${JSON.stringify(value)}` })),
    controls: { ...NO_CONTROLS, timeoutMs: TIMEOUT_MS, numRetries: 0 },
    attribution: { endUserId: undefined, tags: [TAG], sessionId: undefined, metadata: {} },
    promptText: JSON.stringify(body),
  }
  return { ...ask, forwarded: limitOutput(ask, deployment, deployment.upstreamModel, MOST_TOKENS) }
}
