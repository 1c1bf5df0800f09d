import { PRICED_UNITS } from './price.ts'
import type { PricedUnit } from './price.ts'

/** One price key of a LiteLLM configuration or price map, taken apart. */
export interface PriceKey {
  readonly unit: PricedUnit
  /** Set for `_above_200k_tokens` and the like. */
  readonly aboveTokens: number | undefined
  /** A service tier, or `batches`. */
  readonly variant: string | undefined
}

const NAMES: Readonly<Record<PricedUnit, string>> = {
  input: 'input_cost_per_token',
  output: 'output_cost_per_token',
  reasoning: 'output_cost_per_reasoning_token',
  cachedInput: 'cache_read_input_token_cost',
  cacheWrite: 'cache_creation_input_token_cost',
  cacheWrite1h: 'cache_creation_input_token_cost_above_1hr',
  audioInput: 'input_cost_per_audio_token',
  cachedAudioInput: 'cache_read_input_audio_token_cost',
  imageInput: 'input_cost_per_image_token',
  audioOutput: 'output_cost_per_audio_token',
  imageOutput: 'output_cost_per_image_token',
  inputPicture: 'input_cost_per_image',
  outputPicture: 'output_cost_per_image',
  perRequest: 'input_cost_per_request',
  perSecond: 'input_cost_per_second',
}

const UNITS: ReadonlyMap<string, PricedUnit> = new Map<string, PricedUnit>([
  ...PRICED_UNITS.map((unit) => [NAMES[unit], unit] as const),
  ['input_cost_per_token_cache_hit', 'cachedInput'],
])

/** Both orders of the two suffixes are in use. */
const SHAPE =
  /^(?<name>.+?)(?:_(?<early>batches|flex|priority|fast))?(?:_above_(?<thousands>\d{1,6})k_tokens)?(?:_(?<late>batches|flex|priority|fast))?$/

/** Undefined: not a price, or a price by a unit that we do not bill by. */
export function parsePriceKey(key: string): PriceKey | undefined {
  const { name = '', early, thousands, late } = SHAPE.exec(key)?.groups ?? {}
  const unit = UNITS.get(name)
  if (unit === undefined || (early !== undefined && late !== undefined)) return undefined
  const aboveTokens = thousands === undefined ? undefined : Number(thousands) * 1000
  return { unit, aboveTokens, variant: early ?? late }
}

export function writePriceKey({ unit, aboveTokens, variant }: PriceKey): string {
  const tier = aboveTokens === undefined ? '' : `_above_${Math.round(aboveTokens / 1000)}k_tokens`
  return `${NAMES[unit]}${tier}${variant === undefined ? '' : `_${variant}`}`
}
