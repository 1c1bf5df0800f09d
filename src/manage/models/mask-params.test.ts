import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MASK, maskCredential, maskParams, maskPlaces } from './mask-params.ts'
import { mergeParams, withoutOldSecrets } from './merge-params.ts'

const CANARY = 'canary-7f2d9c41b8'
const SECRET_NAMES = ['api_key', 'aws_secret_access_key', 'client_secret', 'azure_ad_token', 'vertex_credentials']

describe('INV-15: parameters that are shown', () => {
  test.each(SECRET_NAMES)('never hold %s, at any depth', (name) => {
    const params = { [name]: CANARY, inside: { [name]: CANARY, list: [{ [name]: { deep: CANARY } }] } }
    expect(JSON.stringify(maskParams(params))).not.toContain(CANARY)
  })

  test('hold no value of a header and nothing that looks like a key', () => {
    const params = { extra_headers: { 'x-own': CANARY }, headers: { a: CANARY }, unknown: 'sk-0123456789', n: 'plain' }
    expect(maskParams(params)).toEqual({
      extra_headers: { 'x-own': MASK },
      headers: { a: MASK },
      unknown: MASK,
      n: 'plain',
    })
  })

  test('keep prices, limits, and the name of a credential', () => {
    const params = { input_cost_per_token: 1e-6, max_tokens: 5, litellm_credential_name: 'shared', rpm: 1 }
    expect(maskParams(params)).toEqual(params)
  })

  test('Z-25: tell those who only look nothing of places', () => {
    expect(maskPlaces({ api_base: 'https://x', litellm_credential_name: 'c', model: 'openai/x', rpm: 3 })).toEqual({
      api_base: MASK,
      litellm_credential_name: MASK,
      model: 'openai/x',
      rpm: 3,
    })
  })

  test('of a credential are all masked but its place', () => {
    expect(maskCredential({ api_base: 'https://x', whatever: CANARY, api_version: '1', n: 5 })).toEqual({
      api_base: 'https://x',
      whatever: MASK,
      api_version: '1',
      n: MASK,
    })
  })
})

const json = fc.dictionary(
  fc.constantFrom('api_key', 'api_base', 'rpm', 'extra_headers', 'other'),
  fc.oneof(fc.string(), fc.integer(), fc.dictionary(fc.constantFrom('a', 'b'), fc.string())),
)

describe('parameters that are changed', () => {
  test('by what was shown of them stay as they were', () => {
    fc.assert(
      fc.property(json, (stored) => {
        fc.pre(!JSON.stringify(stored).includes(MASK))
        expect(mergeParams(stored, maskParams(stored))).toEqual(stored)
      }),
    )
  })

  test('by a mask where there was nothing are not set', () => {
    expect(mergeParams({}, { api_key: MASK, extra_headers: { a: MASK, b: 'x' } })).toEqual({
      extra_headers: { b: 'x' },
    })
  })

  test('AC-090: keep of secrets only what came with the new destination', () => {
    const stored = { api_key: 'old', extra_headers: { a: 'old' }, rpm: 1 }
    for (const given of [{ api_base: 'x' }, { api_base: 'x', api_key: MASK, extra_headers: { a: MASK } }]) {
      expect(withoutOldSecrets(mergeParams(stored, given), given)).toEqual({ api_base: 'x', rpm: 1 })
    }
    const whole = { api_base: 'x', api_key: 'new' }
    expect(withoutOldSecrets(mergeParams(stored, whole), whole)).toEqual({ api_base: 'x', api_key: 'new', rpm: 1 })
  })
})
