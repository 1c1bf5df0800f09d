/** What one unit costs, in 10⁻¹⁸ US dollars: fine enough that a million units of any price lose nothing. */
export type Rate = bigint

export const RATE_PER_USD = 1_000_000_000_000_000_000n
const FRACTION_DIGITS = 18

export const PRICED_UNITS = [
  'input',
  'output',
  'cachedInput',
  'cacheWrite',
  'cacheWrite1h',
  'audioInput',
  'cachedAudioInput',
  'imageInput',
  'audioOutput',
  'imageOutput',
  'reasoning',
  'inputPicture',
  'outputPicture',
  'perRequest',
  'perSecond',
] as const

export type PricedUnit = (typeof PRICED_UNITS)[number]

/** An absent unit has no price of its own: see `rateOf`. A zero is a price. */
export type Rates = { readonly [Unit in PricedUnit]?: Rate }

/** Rates of one kind of call. The tier that the prompt reaches prices the whole call, not what is above the line. */
export interface Schedule {
  readonly base: Rates
  /** Ascending. Every tier is complete: nothing is looked up in `base` once a tier applies. */
  readonly tiers: readonly PromptTier[]
}

export interface PromptTier {
  /** Applies to prompts of more tokens than this. */
  readonly above: number
  readonly rates: Rates
}

/** Everything that is known about what a deployment costs at one moment. */
export interface PriceSheet {
  readonly standard: Schedule
  readonly batch: Schedule
  /** `flex`, `priority`, ...: only those that have prices of their own. */
  readonly byServiceTier: ReadonlyMap<string, Schedule>
  /** Of calls that paint, where the deployment has prices of its own by the picture and none for the tokens of one. */
  readonly painting?: Schedule
  /** Input and output are explicitly zero and nothing else costs anything. */
  readonly free: boolean
}

export function ratesAt(schedule: Schedule, inputTokens: number): Rates {
  let rates = schedule.base
  for (const tier of schedule.tiers) {
    if (inputTokens <= tier.above) break
    rates = tier.rates
  }
  return rates
}

const STANDS_IN: { readonly [Unit in PricedUnit]?: PricedUnit } = {
  cachedInput: 'input',
  cacheWrite: 'input',
  cacheWrite1h: 'cacheWrite',
  audioInput: 'input',
  cachedAudioInput: 'cachedInput',
  imageInput: 'input',
  audioOutput: 'output',
  imageOutput: 'output',
  reasoning: 'output',
  // Price lists have the price of a painted picture under either name.
  outputPicture: 'inputPicture',
}

/** A kind of token without a price of its own costs what the more general kind costs, never nothing. */
export function rateOf(rates: Rates, unit: PricedUnit): Rate | undefined {
  for (let current: PricedUnit | undefined = unit; current !== undefined; current = STANDS_IN[current]) {
    const rate = rates[current]
    if (rate !== undefined) return rate
  }
  return undefined
}

export function isByToken(rates: Rates): boolean {
  return rates.input !== undefined || rates.output !== undefined || rates.imageOutput !== undefined
}

const DECIMAL = /^\+?(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/
const LONGEST_TEXT = 400
const HIGHEST_EXPONENT = 6

/**
 * Dollars per unit, as written in a configuration: `2.5e-06`, `0.0000025`. Exact to 10⁻¹⁸ dollars and rounded half up
 * beyond; a price that is not zero never becomes zero. Undefined: not a price, or above a million dollars.
 */
export function parseRate(dollars: number | string): Rate | undefined {
  const text = typeof dollars === 'number' ? String(dollars) : dollars
  if (text.length > LONGEST_TEXT) return undefined
  const [, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? []
  const written = whole + fraction
  if (written === '') return undefined

  const digits = written.replace(/^0+/, '')
  if (digits === '') return 0n
  const shift = Number(exponent) - fraction.length
  if (digits.length + shift > HIGHEST_EXPONENT + 1) return undefined

  const places = shift + FRACTION_DIGITS
  const value = BigInt(digits)
  const rate = places >= 0 ? value * 10n ** BigInt(places) : roundedHalfUp(value, digits.length, -places)
  if (rate > RATE_PER_USD * 10n ** BigInt(HIGHEST_EXPONENT)) return undefined
  return rate === 0n ? 1n : rate
}

function roundedHalfUp(value: bigint, digits: number, drop: number): bigint {
  return drop > digits ? 0n : divideHalfUp(value, 10n ** BigInt(drop))
}

/** Of non-negative integers. */
export function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  return (2n * dividend + divisor) / (2n * divisor)
}

/** The nearest double in dollars, for display. */
export function rateNumber(rate: Rate): number {
  const fraction = (rate % RATE_PER_USD).toString().padStart(FRACTION_DIGITS, '0')
  return Number(`${rate / RATE_PER_USD}.${fraction}`)
}
