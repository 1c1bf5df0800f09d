import type { Deployment } from '../domain/deployment.ts'
import type { EpochMs } from '../domain/ids.ts'
import type { JsonValue } from '../domain/json.ts'
import type { LedgerEntry } from '../domain/ledger-entry.ts'
import { NO_MONEY } from '../domain/money.ts'
import type { PicoUsd } from '../domain/money.ts'
import { NO_USAGE } from '../domain/usage.ts'
import type { Usage } from '../domain/usage.ts'
import type { UpstreamFailure } from '../domain/upstream-failure.ts'
import type { CallObserver } from '../ports/call-observer.ts'
import type { Chance } from '../ports/chance.ts'
import type { ChargeKeeper } from '../ports/ledger.ts'
import type { ModelFacts } from '../ports/model-facts.ts'
import type { RunningSpend } from '../ports/running-spend.ts'
import { estimateTokens, tokensOfWeight } from './5-meter/estimate-tokens.ts'
import { priceUsage } from './5-meter/price-usage.ts'
import { readUsage } from './5-meter/read-usage.ts'
import type { Admission } from './admission.ts'

export interface SettlePorts {
  readonly ledger: ChargeKeeper
  readonly prices: ModelFacts
  readonly spend: RunningSpend
  readonly chance: Chance
  readonly observer: CallObserver
}

/** How a call, or one try of it, came out. */
export interface Outcome {
  readonly deployment: Deployment | undefined
  readonly upstreamModel: string
  readonly group: string
  /** What the upstream says it used. */
  readonly usage: JsonValue | undefined
  /** What it wrote, by weight, for when that says nothing. */
  readonly writtenWeight: number
  readonly replyId: string | undefined
  readonly reportedModel: string | undefined
  readonly serviceTier: string | undefined
  readonly failure: UpstreamFailure | undefined
  /** Something was done upstream, or may have been. */
  readonly charge: boolean
  readonly cutShort: boolean
  readonly httpStatus: number
  readonly startedAt: EpochMs
  readonly firstByteAt: EpochMs | undefined
  readonly endedAt: EpochMs
  readonly retries: number
}

export interface Settled {
  readonly entry: LedgerEntry
  /** Of the key, after this call. */
  readonly keySpend: PicoUsd | undefined
}

/** The highest count that anybody's context window could explain. */
const MOST_TOKENS = 16_000_000

/** Writes the one line of a call into the ledger. When this resolves, the charge survives us; when it rejects, nothing was kept. */
export async function settle(admission: Admission, outcome: Outcome, ports: SettlePorts): Promise<Settled> {
  const { usage, usageFrom } = countUsage(admission, outcome)
  const price = priceOf(outcome, usage, ports)
  const { principal, ask } = admission
  const key = principal.kind === 'virtual-key' ? principal.key : undefined
  const entry: LedgerEntry = {
    entryId: ports.chance.entryId(),
    requestId: outcome.replyId ?? admission.callId,
    callId: admission.callId,
    callType: ask.operation.callType,
    payer: key === undefined ? { kind: 'master' } : { kind: 'key', digest: key.digest, alias: key.alias },
    userId: key?.userId,
    teamId: undefined,
    endUserId: ask.attribution.endUserId,
    amount: price.amount,
    pricing: price.pricing,
    usage,
    usageFrom,
    status: outcome.failure === undefined ? 'success' : 'failure',
    cutShort: outcome.cutShort,
    startedAt: outcome.startedAt,
    firstByteAt: outcome.firstByteAt,
    endedAt: outcome.endedAt,
    modelGroup: outcome.group,
    upstreamModel: outcome.upstreamModel,
    deploymentId: outcome.deployment?.id,
    provider: outcome.deployment?.provider ?? '',
    httpStatus: outcome.httpStatus,
    errorClass: outcome.failure?.failure,
    retries: outcome.retries,
    tags:
      key === undefined || key.tags.length === 0
        ? ask.attribution.tags
        : [...new Set([...key.tags, ...ask.attribution.tags])],
    sessionId: ask.attribution.sessionId,
    clientAddress: admission.clientAddress,
    callerMetadata: ask.attribution.metadata,
  }
  await ports.ledger.keep(entry)
  ports.observer.finished(entry, ask.model)
  return { entry, keySpend: key === undefined ? undefined : ports.spend.add(key.digest, entry.amount) }
}

function countUsage(admission: Admission, outcome: Outcome): { usage: Usage; usageFrom: LedgerEntry['usageFrom'] } {
  if (!outcome.charge) return { usage: NO_USAGE, usageFrom: 'none' }
  const told = readUsage(outcome.usage, { maxPlausible: MOST_TOKENS })
  if (told !== undefined) return { usage: told, usageFrom: 'upstream' }
  // Moderations are free everywhere and report nothing.
  if (admission.ask.operation.name === 'moderation') return { usage: NO_USAGE, usageFrom: 'none' }
  return {
    usage: {
      ...NO_USAGE,
      inputTokens: estimateTokens(admission.ask.promptText),
      outputTokens: tokensOfWeight(outcome.writtenWeight),
    },
    usageFrom: 'estimated',
  }
}

function priceOf(
  outcome: Outcome,
  usage: Usage,
  ports: SettlePorts,
): { amount: PicoUsd; pricing: LedgerEntry['pricing'] } {
  const { deployment } = outcome
  if (!outcome.charge || deployment === undefined) return { amount: NO_MONEY, pricing: 'not-charged' }
  if (deployment.target.kind === 'canned' && deployment.entry.params.prices.size === 0)
    return { amount: NO_MONEY, pricing: 'free' }
  const baseModel = deployment.entry.info['base_model']
  const { sheet } = ports.prices.priceSheet(
    {
      provider: deployment.provider,
      model: outcome.upstreamModel,
      overrides: deployment.entry.params.prices,
      ...(typeof baseModel === 'string' ? { baseModel } : {}),
      ...(outcome.reportedModel === undefined ? {} : { reportedModel: outcome.reportedModel }),
    },
    outcome.endedAt,
  )
  return priceUsage(sheet, usage, {
    durationMs: outcome.endedAt - outcome.startedAt,
    ...(outcome.serviceTier === undefined ? {} : { serviceTier: outcome.serviceTier }),
  })
}
