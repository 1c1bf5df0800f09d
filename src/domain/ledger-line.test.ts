import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ANY_CHARACTER } from '../../test/support/any-character.ts'
import { digestOf, makeEntry } from '../../test/support/entries.ts'
import { entryOf, parseLedgerLine, writeLedgerLine } from './ledger-line.ts'
import { picoUsd } from './money.ts'

const count = fc.nat()
const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'))
const maybeText = fc.option(text, { nil: undefined })

test('parse undoes write for every entry', () => {
  fc.assert(
    fc.property(
      fc.record({
        requestId: text,
        payer: fc.oneof(
          fc.constant({ kind: 'master' as const }),
          maybeText.map((alias) => ({ kind: 'key' as const, digest: digestOf(1), alias })),
        ),
        amount: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(picoUsd),
        pricing: fc.constantFrom('priced', 'free', 'unpriced', 'not-charged'),
        usage: fc.record(
          {
            inputTokens: count,
            outputTokens: count,
            cachedInputTokens: count,
            cacheWriteInputTokens: count,
            audioInputTokens: count,
            imageInputTokens: count.filter((tokens) => tokens > 0),
            reasoningTokens: count,
            audioOutputTokens: count,
            imageOutputTokens: count.filter((tokens) => tokens > 0),
            pictures: count,
          },
          {
            requiredKeys: [
              'inputTokens',
              'outputTokens',
              'cachedInputTokens',
              'cacheWriteInputTokens',
              'audioInputTokens',
              'reasoningTokens',
              'audioOutputTokens',
            ],
          },
        ),
        usageFrom: fc.constantFrom('upstream', 'estimated', 'none'),
        status: fc.constantFrom('success', 'failure'),
        cutShort: fc.boolean(),
        retries: count,
        errorClass: maybeText,
        sessionId: maybeText,
        tags: fc.array(text),
        bearer: fc.option(fc.record({ issuer: text, subject: text }), { nil: undefined }),
        callerMetadata: fc.dictionary(text, fc.oneof(text, count, fc.boolean()), { noNullPrototype: true }),
      }),
      (fields) => {
        const entry = makeEntry(1, fields)
        expect(entryOf(parseLedgerLine(writeLedgerLine(entry)))).toEqual(entry)
      },
    ),
  )
})

test('a line is one line, of text that every database can hold', () => {
  fc.assert(
    fc.property(fc.string({ unit: ANY_CHARACTER }), (hostile) => {
      const line = writeLedgerLine(
        makeEntry(1, { requestId: `${hostile}\0\ud800`, callerMetadata: { [hostile]: hostile } }),
      )
      expect(line).not.toContain('\n')
      expect(line.isWellFormed()).toBe(true)
      const { requestId, callerMetadata } = entryOf(parseLedgerLine(line))
      const stored = hostile.replaceAll('\0', '\ufffd').toWellFormed()
      expect(requestId).toBe(`${stored}\ufffd\ufffd`)
      expect(Object.values(callerMetadata)).toEqual([stored])
    }),
  )
})

test('an amount that no line holds is refused, and never cut', () => {
  expect(() => writeLedgerLine(makeEntry(1, { amount: picoUsd(2n ** 63n) }))).toThrow(RangeError)
})

test.each([Number.NaN, 1.5, 1e300])('a token count of %s is refused', (inputTokens) => {
  const entry = makeEntry(1)
  expect(() => writeLedgerLine({ ...entry, usage: { ...entry.usage, inputTokens } })).toThrow(RangeError)
})
