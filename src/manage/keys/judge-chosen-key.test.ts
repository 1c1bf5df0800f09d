import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { base62, writeKey } from '../../domain/key-format.ts'
import { findChosenKeyFlaw } from './judge-chosen-key.ts'

describe('chosen key values', () => {
  test.each([
    'sk-Zt7wQ2nB9xKe4LmVr8PdHs3GuYc6FaJ1Tb',
    'sk-litellm-prod-3f9c1d7e5b8a4260f1e2d3c4b5a69788',
    'sk-6f1e0c52-9b7d-4a83-8e4f-d21b07c59a36',
  ])('K-01: %s is hard enough to guess', (key) => {
    expect(findChosenKeyFlaw(key)).toBeUndefined()
  })

  test.each([
    `sk-${'password'.repeat(5)}`,
    `sk-${'1234567890'.repeat(4)}`,
    'sk-your-litellm-proxy-master-key-changeme-please',
    'sk-0000000000000000000000000000000000000001',
    'sk-abababababababababababababababababab',
    'sk-zyxwvutsrqponmlkjihgfedcba9876543210',
    'sk-test-test-test-test-test-test-test-test-1',
  ])('AC-043: %s is not', (key) => {
    expect(findChosenKeyFlaw(key)).toBeDefined()
  })

  test('random characters are never taken for weak', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 400, maxLength: 400 }), (noise) => {
        fc.pre(new Set(noise).size > 60)
        const text = base62(noise, 40)
        fc.pre(text !== undefined && new Set(text).size >= 25)
        expect(findChosenKeyFlaw(`sk-${text}`)).toBeUndefined()
      }),
    )
  })

  test('a short unit over and over is weak however often it is repeated', () => {
    const unit = fc.string({
      minLength: 1,
      maxLength: 17,
      unit: fc.constantFrom('a', 'B', '3', 'x', 'K', '9', '-', '_', 'Z', 'q'),
    })
    fc.assert(
      fc.property(unit, fc.integer({ min: 36, max: 200 }), (text, length) => {
        expect(findChosenKeyFlaw(`sk-${text.repeat(length).slice(0, length)}`)).toBeDefined()
      }),
    )
  })

  test('K-01: what looks like one of our own is refused, right or wrong', () => {
    const own = writeKey('k', '0123456789', 'Zt7wQ2nB9xKe4LmVr8PdHs3GuYc6FaJ1TbMv5NhXy2D')
    expect([findChosenKeyFlaw(own), findChosenKeyFlaw(`${own}x`)].every((flaw) => flaw?.includes('form'))).toBe(true)
  })
})
