import type { Deployment } from '../domain/deployment.ts'
import type { EpochMs } from '../domain/ids.ts'
import type { JsonValue } from '../domain/json.ts'
import type { LedgerEntry, Payer } from '../domain/ledger-entry.ts'
import { NO_MONEY } from '../domain/money.ts'
import type { PicoUsd } from '../domain/money.ts'
import { keyOf, teamIdOf, userIdOf } from '../domain/principal.ts'
import type { KeyPrincipal, Principal } from '../domain/principal.ts'
import { Problem } from '../domain/problem.ts'
import type { IdentityLink } from '../domain/token-facts.ts'
import { NO_USAGE } from '../domain/usage.ts'
import type { Usage } from '../domain/usage.ts'
import type { UpstreamFailure } from '../domain/upstream-failure.ts'
import type { CallObserver, LineOf } from '../ports/call-observer.ts'
import type { Chance } from '../ports/chance.ts'
import type { ChargeKeeper } from '../ports/ledger.ts'
import type { ModelFacts } from '../ports/model-facts.ts'
import type { NextTurn } from '../ports/next-turn.ts'
import type { RunningSpend } from '../ports/running-spend.ts'
import { estimateLongText, tokensOfWeight } from './5-meter/estimate-tokens.ts'
import { priceQuery } from './5-meter/forecast-call.ts'
import { priceUsage } from './5-meter/price-usage.ts'
import { readUsage } from './5-meter/read-usage.ts'
import type { Admission } from './admission.ts'

export interface SettlePorts {
  readonly ledger: ChargeKeeper
  readonly prices: ModelFacts
  readonly spend: RunningSpend
  readonly chance: Chance
  readonly observer: CallObserver
  readonly nextTurn: NextTurn
}

/** How a call, or one try of it, came out. */
export interface Outcome {
  readonly of: LineOf
  readonly deployment: Deployment | undefined
  readonly upstreamModel: string
  readonly group: string
  /** What the upstream says it used. */
  readonly usage: JsonValue | undefined
  /** What it wrote, by weight, for when that says nothing. */
  readonly writtenWeight: number
  /** And what it read, in tokens, where that is not the text of the request. */
  readonly readTokens?: number
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

/** Writes a line of a call into the ledger. When this resolves, the charge survives us; when it rejects, nothing was kept. */
export async function settle(admission: Admission, outcome: Outcome, ports: SettlePorts): Promise<Settled> {
  try {
    const known = knownUsage(admission, outcome)
    const counted = known ?? (await estimateUsage(admission, outcome, ports))
    const entry = writeEntry(admission, outcome, counted, ports)
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
  ports: SettlePorts,
): LedgerEntry {
  const price = priceOf(outcome, usage, ports)
  const { principal, ask, budget } = admission
  const hold = budget?.take()
  const key = keyOf(principal)
  return {
    entryId: ports.chance.entryId(),
    requestId: outcome.replyId ?? admission.callId,
    callId: admission.callId,
    callType: ask.operation.callType,
    payer: payerOf(principal),
    userId: userIdOf(principal),
    teamId: teamIdOf(principal),
    organizationId: principal.kind === 'master' ? undefined : principal.standing.organization?.id,
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
    tags:
      key === undefined || key.tags.length === 0
        ? ask.attribution.tags
        : [...new Set([...key.tags, ...ask.attribution.tags])],
    sessionId: ask.attribution.sessionId,
    clientAddress: admission.clientAddress,
    callerMetadata: ask.attribution.metadata,
    bearer: principal.kind === 'virtual-key' ? bearerNameOf(principal) : undefined,
    holdId: hold?.id,
    countedAt: budget?.at,
  }
}

function payerOf(principal: Principal): Payer {
  switch (principal.kind) {
    case 'master':
      return { kind: 'master' }
    case 'virtual-key':
      return { kind: 'key', digest: principal.key.digest, alias: principal.key.alias }
    case 'user':
    case 'team-token':
      return { kind: 'token' }
  }
}

/** By the text that names its user; a machine may have none. */
function bearerNameOf({ bearer }: KeyPrincipal): IdentityLink | undefined {
  if (bearer === undefined) return undefined
  const { issuer, subject = '' } = bearer.facts
  return { issuer, subject }
}

function lesser(one: PicoUsd, other: PicoUsd): PicoUsd {
  return one < other ? one : other
}

interface CountedUsage {
  readonly usage: Usage
  readonly usageFrom: LedgerEntry['usageFrom']
}

function knownUsage(admission: Admission, outcome: Outcome): CountedUsage | undefined {
  if (!outcome.charge) return { usage: NO_USAGE, usageFrom: 'none' }
  const told = readUsage(outcome.usage, { maxPlausible: MOST_TOKENS })
  if (told !== undefined) return { usage: told, usageFrom: 'upstream' }
  if (!admission.ask.operation.reportsUsage) return { usage: NO_USAGE, usageFrom: 'none' }
  return undefined
}

async function estimateUsage(
  { ask }: Admission,
  { writtenWeight, readTokens }: Outcome,
  { nextTurn }: SettlePorts,
): Promise<CountedUsage> {
  const inputTokens = readTokens ?? (await estimateLongText(ask.promptText, nextTurn))
  return { usage: { ...NO_USAGE, inputTokens, outputTokens: tokensOfWeight(writtenWeight) }, usageFrom: 'estimated' }
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
  const { sheet } = ports.prices.priceSheet(
    {
      ...priceQuery(deployment, outcome.upstreamModel),
      ...(outcome.reportedModel === undefined ? {} : { reportedModel: outcome.reportedModel }),
    },
    outcome.endedAt,
  )
  return priceUsage(sheet, usage, {
    durationMs: outcome.endedAt - outcome.startedAt,
    ...(outcome.serviceTier === undefined ? {} : { serviceTier: outcome.serviceTier }),
  })
}
