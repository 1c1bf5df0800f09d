import { picoUsd } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import { rateOf } from '../../domain/price.ts'
import type { PricedUnit, PriceSheet, Rate, Rates, Schedule } from '../../domain/price.ts'

/** The most that a call can cost, as a function of what it may write. In rates, 10⁻¹⁸ dollars. */
export interface CostBound {
  readonly fixed: Rate
  readonly perOutputToken: Rate
}

const RATE_PER_PICO = 1_000_000n
export const INPUT_UNITS: readonly PricedUnit[] = [
  'input',
  'cachedInput',
  'cacheWrite',
  'cacheWrite1h',
  'audioInput',
  'cachedAudioInput',
  'imageInput',
]
export const OUTPUT_UNITS: readonly PricedUnit[] = ['output', 'reasoning', 'audioOutput', 'imageOutput']

/**
 * Which tier, service level or kind of token will be billed is known afterwards only: the dearest that can apply counts.
 * Undefined: part of the call has no price.
 */
export function boundCost(
  sheet: PriceSheet,
  inputTokens: number,
  writes: boolean,
  mostMs: number,
): CostBound | undefined {
  let fixed: Rate = 0n
  let perOutputToken: Rate = 0n
  for (const schedule of [sheet.standard, ...sheet.byServiceTier.values()]) {
    for (const rates of reachable(schedule, inputTokens)) {
      const byToken = rates.input !== undefined || rates.output !== undefined
      const isPriced = byToken
        ? rates.input !== undefined && (!writes || rates.output !== undefined)
        : rates.perRequest !== undefined || rates.perSecond !== undefined
      if (!isPriced) return undefined
      const all = onceOf(rates, mostMs) + dearest(rates, INPUT_UNITS) * BigInt(inputTokens)
      const output = dearest(rates, OUTPUT_UNITS)
      if (all > fixed) fixed = all
      if (output > perOutputToken) perOutputToken = output
    }
  }
  return { fixed, perOutputToken }
}

export function costOf(bound: CostBound, outputTokens: number): PicoUsd {
  const rates = bound.fixed + bound.perOutputToken * BigInt(outputTokens)
  return picoUsd((rates + RATE_PER_PICO - 1n) / RATE_PER_PICO)
}

/** How much output an amount pays for. */
export function outputWithin(bound: CostBound, amount: PicoUsd): number {
  const rest = amount * RATE_PER_PICO - bound.fixed
  if (rest < 0n) return 0
  if (bound.perOutputToken === 0n) return Number.MAX_SAFE_INTEGER
  const tokens = rest / bound.perOutputToken
  return tokens > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(tokens)
}

/** What a call costs whatever is in it. */
export function onceOf(rates: Rates, mostMs: number): Rate {
  return (rates.perRequest ?? 0n) + (rates.perSecond ?? 0n) * BigInt(Math.ceil(mostMs / 1000))
}

export function reachable({ base, tiers }: Schedule, inputTokens: number): readonly Rates[] {
  return [base, ...tiers.filter((tier) => inputTokens > tier.above).map((tier) => tier.rates)]
}

export function dearest(rates: Rates, units: readonly PricedUnit[]): Rate {
  return units.reduce((most, unit) => {
    const rate = rateOf(rates, unit) ?? 0n
    return rate > most ? rate : most
  }, 0n)
}
