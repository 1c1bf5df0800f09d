import { NO_MONEY, picoUsd } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import { divideHalfUp, isByToken, rateOf, ratesAt } from '../../domain/price.ts'
import type { PricedUnit, PriceSheet, Rates, Schedule } from '../../domain/price.ts'
import type { Usage } from '../../domain/usage.ts'

export interface Circumstances {
  /** As the upstream reports it, else as asked for. */
  readonly serviceTier?: string
  readonly batch?: boolean
  readonly durationMs?: number
}

export interface PricedUsage {
  readonly amount: PicoUsd
  /** `unpriced`: some of the usage has no price, and the amount is what the rest costs. */
  readonly pricing: 'priced' | 'free' | 'unpriced'
}

/** Per-second rates meet milliseconds, so sums are in 10⁻²¹ dollars until the one rounding at the end. */
const MS_PER_SECOND = 1000n
const SUM_PER_PICO = 1_000_000_000n

/** What a call costs, rounded once, half up. */
export function priceUsage(
  sheet: PriceSheet | undefined,
  usage: Usage,
  circumstances: Circumstances = {},
): PricedUsage {
  if (sheet === undefined) return { amount: NO_MONEY, pricing: 'unpriced' }
  if (sheet.free) return { amount: NO_MONEY, pricing: 'free' }

  const rates = ratesAt(chooseSchedule(sheet, usage, circumstances), usage.inputTokens)
  const byCount = (rates.perRequest ?? 0n) + inputCost(rates, usage) + writtenCost(rates, usage)
  const byTime = (rates.perSecond ?? 0n) * wholeMs(circumstances.durationMs)
  return {
    amount: picoUsd(divideHalfUp(byCount * MS_PER_SECOND + byTime, SUM_PER_PICO)),
    pricing: isCovered(rates, usage) ? 'priced' : 'unpriced',
  }
}

function chooseSchedule(sheet: PriceSheet, { pictures }: Usage, { batch, serviceTier }: Circumstances): Schedule {
  if (pictures !== undefined && sheet.painting !== undefined) return sheet.painting
  if (batch === true) return sheet.batch
  return (serviceTier === undefined ? undefined : sheet.byServiceTier.get(serviceTier)) ?? sheet.standard
}

/** Every token exactly once. Where an upstream's details overlap or exceed the whole, the earlier line keeps them. */
function inputCost(rates: Rates, usage: Usage): bigint {
  const all = usage.inputTokens
  const cached = Math.min(usage.cachedInputTokens, all)
  const cachedAudio = Math.min(usage.cachedAudioInputTokens ?? 0, usage.audioInputTokens, cached)
  const written = Math.min(usage.cacheWriteInputTokens, all - cached)
  const writtenFor1h = Math.min(usage.cacheWrite1hInputTokens ?? 0, written)
  const audio = Math.min(usage.audioInputTokens - cachedAudio, all - cached - written)
  const image = Math.min(usage.imageInputTokens ?? 0, all - cached - written - audio)
  return (
    cost(rates, 'cachedInput', cached - cachedAudio) +
    cost(rates, 'cachedAudioInput', cachedAudio) +
    cost(rates, 'cacheWrite', written - writtenFor1h) +
    cost(rates, 'cacheWrite1h', writtenFor1h) +
    cost(rates, 'audioInput', audio) +
    cost(rates, 'imageInput', image) +
    cost(rates, 'input', all - cached - written - audio - image)
  )
}

/** A picture is paid for by its tokens where those and all their prices are known, else by the picture. */
function writtenCost(rates: Rates, usage: Usage): bigint {
  return isByPicture(rates, usage) ? cost(rates, 'outputPicture', usage.pictures ?? 0) : outputCost(rates, usage)
}

function isByPicture(rates: Rates, usage: Usage): boolean {
  if (usage.pictures === undefined || rateOf(rates, 'outputPicture') === undefined) return false
  return usage.outputTokens === 0 || rates.input === undefined || !coversOutput(rates, usage)
}

function outputCost(rates: Rates, usage: Usage): bigint {
  const all = usage.outputTokens
  const reasoning = Math.min(usage.reasoningTokens, all)
  const audio = Math.min(usage.audioOutputTokens, all - reasoning)
  const image = Math.min(usage.imageOutputTokens ?? 0, all - reasoning - audio)
  return (
    cost(rates, 'reasoning', reasoning) +
    cost(rates, 'audioOutput', audio) +
    cost(rates, 'imageOutput', image) +
    cost(rates, 'output', all - reasoning - audio - image)
  )
}

function cost(rates: Rates, unit: PricedUnit, count: number): bigint {
  return count === 0 ? 0n : (rateOf(rates, unit) ?? 0n) * BigInt(count)
}

/** A price by the call, by the second or by the picture stands for the whole call; prices by the token must cover both directions. */
function isCovered(rates: Rates, usage: Usage): boolean {
  if (isByPicture(rates, usage)) return true
  if (!isByToken(rates)) return rates.perRequest !== undefined || rates.perSecond !== undefined
  return (rates.input !== undefined || usage.inputTokens === 0) && coversOutput(rates, usage)
}

function coversOutput(rates: Rates, { outputTokens, imageOutputTokens = 0 }: Usage): boolean {
  return (
    rates.output !== undefined ||
    outputTokens === 0 ||
    (rates.imageOutput !== undefined && imageOutputTokens >= outputTokens)
  )
}

function wholeMs(durationMs: number | undefined): bigint {
  return durationMs !== undefined && Number.isFinite(durationMs) && durationMs > 0 ? BigInt(Math.ceil(durationMs)) : 0n
}
