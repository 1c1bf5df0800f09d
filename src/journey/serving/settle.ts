import type { Deployment } from '../../domain/deployment.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { LedgerEntry } from '../../domain/ledger-entry.ts'
import { NO_MONEY } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import { Problem } from '../../domain/problem.ts'
import type { PriceSheet } from '../../domain/price.ts'
import type { Usage } from '../../domain/usage.ts'
import type { CallObserver } from '../../ports/call-observer.ts'
import type { Chance } from '../../ports/chance.ts'
import type { ChargeKeeper } from '../../ports/ledger.ts'
import type { ModelFacts } from '../../ports/model-facts.ts'
import type { NextTurn } from '../../ports/next-turn.ts'
import type { RunningSpend } from '../../ports/running-spend.ts'
import { callTags } from '../5-meter/call-tags.ts'
import { priceQuery } from '../5-meter/forecast-call.ts'
import { priceUsage } from '../5-meter/price-usage.ts'
import { sentMember } from '../5-meter/sent-member.ts'
import type { Admission } from '../admission.ts'
import { estimateUsage, knownUsage } from './count-usage.ts'
import type { CountedUsage } from './count-usage.ts'
import type { Outcome } from './outcome.ts'
import { whoseLine } from '../whose-line.ts'

export interface SettlePorts {
  readonly ledger: ChargeKeeper
  readonly prices: ModelFacts
  readonly spend: RunningSpend
  readonly chance: Chance
  readonly observer: CallObserver
  readonly nextTurn: NextTurn
}

export interface Settled {
  readonly entry: LedgerEntry
  /** Of the key, after this call. */
  readonly keySpend: PicoUsd | undefined
}

/** Writes a line of a call into the ledger. When this resolves, the charge survives us; when it rejects, nothing was kept. */
export async function settle(admission: Admission, outcome: Outcome, ports: SettlePorts): Promise<Settled> {
  try {
    const sheet = outcome.charge ? findPrices(outcome, ports) : undefined
    const known = knownUsage(admission, outcome, sheet)
    const counted = known ?? (await estimateUsage(admission, outcome, sheet, ports))
    const entry = writeEntry(admission, outcome, counted, priceOf(admission, outcome, counted.usage, sheet), ports)
    admission.rates?.count(entry.usage)
    await ports.ledger.keep(entry)
    // Before its caller has the end of the answer, and knows that it may ask again.
    if (outcome.of === 'call') await admission.rates?.finish()
    ports.observer.charged(entry, outcome.of)
    if (outcome.of === 'call') ports.observer.finished(entry, admission.admittedAt)
    const { payer, amount } = entry
    return { entry, keySpend: payer.kind === 'key' ? ports.spend.add(payer.digest, amount) : undefined }
  } catch (cause) {
    throw new Problem('not-recorded', undefined, { callId: admission.callId }, cause)
  }
}

function writeEntry(
  admission: Admission,
  outcome: Outcome,
  { usage, usageFrom }: CountedUsage,
  price: Price,
  ports: SettlePorts,
): LedgerEntry {
  const { principal, ask, budget } = admission
  const hold = budget?.take()
  return {
    entryId: ports.chance.entryId(),
    requestId: outcome.replyId ?? admission.callId,
    callId: admission.callId,
    callType: ask.operation.callType,
    ...whoseLine(principal),
    endUserId: ask.attribution.endUserId,
    // The provider was told where to stop: what we count for ourselves is never beyond that.
    amount: hold !== undefined && usageFrom === 'estimated' ? lesser(price.amount, hold.amount) : price.amount,
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
    tags: callTags(principal, ask),
    sessionId: ask.attribution.sessionId,
    clientAddress: admission.clientAddress,
    callerMetadata: ask.attribution.metadata,
    holdId: hold?.id,
    countedAt: budget?.at,
  }
}

function lesser(one: PicoUsd, other: PicoUsd): PicoUsd {
  return one < other ? one : other
}

interface Price {
  readonly amount: PicoUsd
  readonly pricing: LedgerEntry['pricing']
}

function priceOf({ ask, budget }: Admission, outcome: Outcome, usage: Usage, sheet: PriceSheet | undefined): Price {
  const { deployment } = outcome
  if (!outcome.charge || deployment === undefined) return { amount: NO_MONEY, pricing: 'not-charged' }
  if (deployment.target.kind === 'canned' && deployment.entry.params.prices.size === 0)
    return { amount: NO_MONEY, pricing: 'free' }
  const serviceTier =
    sheet === undefined || sheet.byServiceTier.size === 0 ? undefined : tierOf(ask, outcome, deployment)
  return priceUsage(sheet, usage, {
    // It was ended there: what the ending took is nobody's to pay.
    durationMs: Math.min(
      outcome.endedAt - outcome.startedAt,
      budget?.mostMs(deployment.id) ?? Number.POSITIVE_INFINITY,
    ),
    ...(serviceTier === undefined ? {} : { serviceTier }),
  })
}

/** Which service was given is told beside the usage or in it, or not at all: then it is the one that was asked for. */
function tierOf(ask: Admission['ask'], { serviceTier, usage }: Outcome, deployment: Deployment): string | undefined {
  const told = serviceTier ?? (isObject(usage) ? textOf(usage['service_tier']) : undefined)
  return told ?? textOf(sentMember(ask, deployment, 'service_tier'))
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function findPrices(outcome: Outcome, { prices }: SettlePorts): PriceSheet | undefined {
  const { deployment, upstreamModel, reportedModel } = outcome
  if (deployment === undefined) return undefined
  return prices.priceSheet(priceQuery(deployment, upstreamModel, reportedModel), outcome.endedAt).sheet
}
