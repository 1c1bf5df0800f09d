import type { LedgerEntry } from '../../domain/ledger-entry.ts'
import type { PriceSheet } from '../../domain/price.ts'
import { NO_USAGE } from '../../domain/usage.ts'
import type { Usage } from '../../domain/usage.ts'
import type { NextTurn } from '../../ports/next-turn.ts'
import type { ModelFacts } from '../../ports/model-facts.ts'
import { boundOutput } from '../5-meter/bound-output.ts'
import { estimateLongText, tokensOfWeight } from '../5-meter/estimate-tokens.ts'
import { priceQuery } from '../5-meter/forecast-call.ts'
import { estimatePainted, paintedUsage } from '../5-meter/painted-usage.ts'
import type { Painted } from '../5-meter/painted-usage.ts'
import { readOrder } from '../5-meter/picture-order.ts'
import { readUsage } from '../5-meter/read-usage.ts'
import { sentMember } from '../5-meter/sent-member.ts'
import type { Admission } from '../admission.ts'
import type { Outcome } from './outcome.ts'

export interface EstimatePorts {
  readonly nextTurn: NextTurn
  readonly prices: ModelFacts
}

export interface CountedUsage {
  readonly usage: Usage
  readonly usageFrom: LedgerEntry['usageFrom']
}

/** The highest count that anybody's context window could explain. */
const MOST_TOKENS = 16_000_000

const NOTHING: CountedUsage = { usage: NO_USAGE, usageFrom: 'none' }

/** Undefined: it takes an estimate. */
export function knownUsage(
  { ask }: Admission,
  outcome: Outcome,
  sheet: PriceSheet | undefined,
): CountedUsage | undefined {
  if (!outcome.charge) return NOTHING
  const told = readUsage(outcome.usage, { maxPlausible: MOST_TOKENS })
  // As long as it is written, a response in the background has written nothing.
  if (told?.outputTokens === 0 && isInBackground(ask, outcome)) return undefined
  const painted = paintedBy(ask, outcome, told, sheet)
  if (painted !== undefined) {
    const usage = paintedUsage(painted)
    return (
      usage && { usage, usageFrom: painted.came === undefined && painted.told === undefined ? 'estimated' : 'upstream' }
    )
  }
  if (told !== undefined) return { usage: told, usageFrom: 'upstream' }
  return ask.operation.reportsUsage ? undefined : NOTHING
}

export async function estimateUsage(
  admission: Admission,
  outcome: Outcome,
  sheet: PriceSheet | undefined,
  { nextTurn, prices }: EstimatePorts,
): Promise<CountedUsage> {
  const { ask } = admission
  const inputTokens = outcome.readTokens ?? (await estimateLongText(ask.promptText, nextTurn))
  const painted = paintedBy(ask, outcome, undefined, sheet)
  const written = tokensOfWeight(outcome.writtenWeight())
  const outputTokens = isInBackground(ask, outcome)
    ? Math.max(written, mostWritten(admission, outcome, prices))
    : written
  const usage =
    painted === undefined ? { ...NO_USAGE, inputTokens, outputTokens } : estimatePainted(painted, inputTokens)
  return { usage, usageFrom: 'estimated' }
}

/** It goes on without us, and whether or not somebody waits for it: what we see of it is not what it costs. */
function isInBackground(ask: Admission['ask'], { deployment }: Outcome): boolean {
  if (ask.operation.name !== 'responses' || deployment === undefined) return false
  return sentMember(ask, deployment, 'background') === true
}

function mostWritten({ ask, budget }: Admission, { deployment, ...outcome }: Outcome, prices: ModelFacts): number {
  if (deployment === undefined) return 0
  const known = prices.capabilities(priceQuery(deployment, outcome.upstreamModel), outcome.endedAt)
  return budget?.allowance(deployment.id)?.tokens ?? boundOutput(ask, deployment, known).tokens
}

/** An order that broke off counts as a whole: what was told until then is not all of it. */
function paintedBy(
  ask: Admission['ask'],
  { deployment, pictures, cutShort }: Outcome,
  told: Usage | undefined,
  sheet: PriceSheet | undefined,
): Painted | undefined {
  if (ask.operation.name !== 'image' || deployment === undefined) return undefined
  const order = readOrder(ask, deployment)
  const isAll = !cutShort || (pictures ?? 0) >= order.pictures
  return { order, came: isAll ? pictures : undefined, told: isAll ? told : undefined, sheet }
}
