import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson } from '../../domain/json.ts'
import { redact, redactAll } from './redact.ts'

const KEY = 'pk7Xq2Zr9Lm4Tn8Vb1Wc6Yd3'
const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('INV-31 what a provider says of the key that it was shown', () => {
  test.each([
    { form: 'its first half', said: KEY.slice(0, 12) },
    { form: 'its second half', said: KEY.slice(12) },
    { form: 'its ends', said: `${KEY.slice(0, 9)}****${KEY.slice(-9)}` },
    { form: 'upper case', said: KEY.toUpperCase() },
    { form: 'base64', said: base64(KEY) },
    { form: 'base64 of something longer', said: base64(`u:${KEY}`) },
    { form: 'base64 of something longer still', said: base64(`me:${KEY}`) },
    { form: 'base64url', said: Buffer.from(KEY).toString('base64url') },
  ])('$form passes nobody', ({ said }) => {
    const shown = redact(`Incorrect API key provided: ${said}, sorry`, [KEY])
    expect(shown).toMatch(/^Incorrect API key provided: .*\[secret\].*, sorry$/)
    for (let at = 0; at + 8 <= said.length; at += 1) expect(shown).not.toContain(said.slice(at, at + 8))
  })
})

test('no eight characters of a key pass, wherever they stand in the text', () => {
  const around = fc.string({ unit: 'grapheme', maxLength: 40 })
  fc.assert(
    fc.property(around, fc.nat(16), fc.integer({ min: 8, max: 24 }), around, (before, start, length, after) => {
      const shown = redact(`${before}${KEY.slice(start, start + length)}${after}`, [KEY])
      for (let at = 0; at + 8 <= KEY.length; at += 1) expect(shown).not.toContain(KEY.slice(at, at + 8))
    }),
  )
})

test.each([
  { said: 'The model application/json-tool does not exist', secret: 'application/json' },
  { said: 'Please send your organization', secret: 'organization-of-mine' },
  { said: `the last four are ${KEY.slice(-4)}`, secret: KEY },
])('words that a secret shares with the language pass: $said', ({ said, secret }) => {
  expect(redact(said, [secret])).toBe(said.replaceAll(secret, '[secret]'))
})

test('an error that is nested beyond all measure is cut, and overflows nothing', () => {
  const depth = 100_000
  const deep = parseJson(`${'{"a":'.repeat(depth)}"${KEY}"${'}'.repeat(depth)}`)
  const shown = JSON.stringify(redactAll(deep ?? null, [KEY]))
  expect(shown.length).toBeLessThan(500)
  expect(JSON.stringify(redactAll({ a: [KEY, 1, null, true] }, [KEY]))).toBe('{"a":["[secret]",1,null,true]}')
})
