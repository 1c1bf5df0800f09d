import type { ModelPrice } from '@pydantic/genai-prices'
import { parseRate } from '../../domain/price.ts'
import type { PricedUnit, Rate } from '../../domain/price.ts'
import type { PriceCell } from './price-cells.ts'

const PER_MILLION = 1_000_000n
const PER_THOUSAND = 1_000n

/** Other units of the table (searches, hours of audio) are not among what a call's usage counts. */
const UNITS: readonly (readonly [key: string, unit: PricedUnit, per: bigint])[] = [
  ['input_mtok', 'input', PER_MILLION],
  ['output_mtok', 'output', PER_MILLION],
  ['cache_read_mtok', 'cachedInput', PER_MILLION],
  ['cache_write_mtok', 'cacheWrite', PER_MILLION],
  ['cache_write_1h_mtok', 'cacheWrite1h', PER_MILLION],
  ['input_audio_mtok', 'audioInput', PER_MILLION],
  ['cache_audio_read_mtok', 'cachedAudioInput', PER_MILLION],
  ['output_audio_mtok', 'audioOutput', PER_MILLION],
  ['input_image_mtok', 'imageInput', PER_MILLION],
  ['output_image_mtok', 'imageOutput', PER_MILLION],
  ['output_reasoning_mtok', 'reasoning', PER_MILLION],
  ['requests_kcount', 'perRequest', PER_THOUSAND],
]

/** An entry without prices may as well be one that nobody has priced yet; of these the vendors say that they are free. */
const FREE_ENTRY = /:free$|^moderation$/

/** Prices of one entry of the price table. */
export function readTablePrices(prices: ModelPrice, modelId: string): readonly PriceCell[] {
  if (Object.keys(prices).length === 0 && FREE_ENTRY.test(modelId)) {
    return [...cell('input', undefined, 0, 1n), ...cell('output', undefined, 0, 1n)]
  }
  return UNITS.flatMap(([key, unit, per]) => {
    const price = prices[key]
    if (price === undefined) return []
    if (typeof price === 'number') return cell(unit, undefined, price, per)
    return [
      ...cell(unit, undefined, price.base, per),
      ...price.tiers.flatMap((tier) => cell(unit, tier.start, tier.price, per)),
    ]
  })
}

function cell(unit: PricedUnit, aboveTokens: number | undefined, price: number, per: bigint): readonly PriceCell[] {
  const rate = parseRate(price)
  return rate === undefined ? [] : [{ unit, aboveTokens, variant: undefined, rate: divideUp(rate, per) }]
}

function divideUp(rate: Rate, per: bigint): Rate {
  return (rate + per - 1n) / per
}
