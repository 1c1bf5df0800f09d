import { parsePriceKey } from '../domain/price-key.ts'

/** The price keys of the compatible price map; variants are these with an ending such as `_above_200k_tokens`. */
export const PRICE_KEYS: readonly string[] = [
  'input_cost_per_token',
  'output_cost_per_token',
  'output_cost_per_reasoning_token',
  'cache_read_input_token_cost',
  'cache_creation_input_token_cost',
  'input_cost_per_audio_token',
  'output_cost_per_audio_token',
  'cache_read_input_audio_token_cost',
  'cache_creation_input_audio_token_cost',
  'input_cost_per_image_token',
  'output_cost_per_image_token',
  'input_cost_per_video_token',
  'input_cost_per_character',
  'output_cost_per_character',
  'input_cost_per_second',
  'output_cost_per_second',
  'input_cost_per_image',
  'output_cost_per_image',
  'input_cost_per_pixel',
  'output_cost_per_pixel',
  'input_cost_per_query',
  'input_cost_per_request',
  'output_cost_per_request',
  'input_cost_per_video_per_second',
  'output_cost_per_video_per_second',
  'input_cost_per_audio_per_second',
  'output_cost_per_audio_per_second',
  'ocr_cost_per_page',
  'annotation_cost_per_page',
  'code_interpreter_cost_per_session',
  'file_search_cost_per_1k_calls',
  'file_search_cost_per_gb_per_day',
  'vector_store_cost_per_gb_per_day',
  'computer_use_input_cost_per_1k_tokens',
  'computer_use_output_cost_per_1k_tokens',
  'search_context_cost_per_query',
  'tiered_pricing',
  'off_peak_pricing',
]

const ENDING = /^(?:_(?:above_[0-9][0-9a-z_]*|flex|priority|fast|batches|\d{3,4}p|(?:with|without)_audio|cache_hit))*$/

/** Prices that are by a unit which no served route is billed by are known, but change nothing. */
export function isBilled(name: string): boolean {
  return name === 'tiered_pricing' || parsePriceKey(name) !== undefined
}

export function isPriceKey(name: string): boolean {
  return PRICE_KEYS.some((base) => name.startsWith(base) && ENDING.test(name.slice(base.length)))
}

/** Named like a price, so that a mistyped price is not taken for free-form information. */
export function looksLikePrice(name: string): boolean {
  return /(?:^|_)costs?(?:_|$)|pricing/.test(name)
}
