import { expect, test } from 'vitest'
import { parsePriceKey, writePriceKey } from './price-key.ts'

test.each([
  ['input_cost_per_token', { unit: 'input', aboveTokens: undefined, variant: undefined }],
  ['input_cost_per_token_above_200k_tokens', { unit: 'input', aboveTokens: 200_000, variant: undefined }],
  ['output_cost_per_token_flex', { unit: 'output', aboveTokens: undefined, variant: 'flex' }],
  ['output_cost_per_token_above_272k_tokens_priority', { unit: 'output', aboveTokens: 272_000, variant: 'priority' }],
  ['cache_read_input_token_cost_batches', { unit: 'cachedInput', aboveTokens: undefined, variant: 'batches' }],
  ['cache_creation_input_token_cost_above_1hr', { unit: 'cacheWrite1h', aboveTokens: undefined, variant: undefined }],
  [
    'cache_creation_input_token_cost_above_1hr_above_200k_tokens',
    { unit: 'cacheWrite1h', aboveTokens: 200_000, variant: undefined },
  ],
  ['output_cost_per_image_token', { unit: 'imageOutput', aboveTokens: undefined, variant: undefined }],
  ['output_cost_per_image', { unit: 'outputPicture', aboveTokens: undefined, variant: undefined }],
  ['input_cost_per_image', { unit: 'inputPicture', aboveTokens: undefined, variant: undefined }],
  ['input_cost_per_request', { unit: 'perRequest', aboveTokens: undefined, variant: undefined }],
])('%s is understood and written back', (key, parsed) => {
  const found = parsePriceKey(key)
  expect(found).toEqual(parsed)
  expect(found === undefined ? undefined : writePriceKey(found)).toBe(key)
})

test('the two suffixes are understood in either order', () => {
  const key = parsePriceKey('input_cost_per_token_priority_above_200k_tokens')
  expect(key).toEqual({ unit: 'input', aboveTokens: 200_000, variant: 'priority' })
})

test('the older name of the price of cached tokens is understood', () => {
  const key = parsePriceKey('input_cost_per_token_cache_hit')
  expect(key).toEqual({ unit: 'cachedInput', aboveTokens: undefined, variant: undefined })
  expect(key === undefined ? undefined : writePriceKey(key)).toBe('cache_read_input_token_cost')
})

test.each([
  '',
  'input_cost_per_character',
  'input_cost_per_pixel',
  'input_cost_per_token_above_200k',
  'input_cost_per_token_turbo',
  'input_cost_per_token_flex_above_200k_tokens_flex',
  'tiered_pricing',
  'constructor',
])('%s is not a price that we bill by', (key) => {
  expect(parsePriceKey(key)).toBeUndefined()
})
