import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ANY_CHARACTER } from '../../../test/support/any-character.ts'
import { NotJson, assembleValue } from './assemble-value.ts'
import { INFERENCE_BOUNDS, LARGE_BODY, parseBody, parseLargeBody } from './parse-body.ts'
import { MemberScan, readMembers } from './read-members.ts'
import type { LongValues, Structure } from './read-members.ts'

const BOUNDS = { maxDepth: 6, maxNodes: 40 }
const REFUSED = Symbol('refused')

function scanInSteps(text: string, size: number, long?: LongValues): Structure {
  const scan = new MemberScan(text, BOUNDS, long)
  for (let until = size; ; until += size) {
    const structure = scan.run(until)
    if (structure !== undefined) return structure
  }
}

function parsedOr(parse: () => unknown): unknown {
  try {
    return parse()
  } catch {
    return REFUSED
  }
}

/** In pieces as small as can be, so that short texts have every cut that long ones have. */
function assembled(text: string, from: number): unknown {
  const long: LongValues = { from, found: new Map() }
  if (!scanInSteps(text, 3, long).ok) return REFUSED
  try {
    const steps = assembleValue(text, long)
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
    }
  } catch (error) {
    if (error instanceof NotJson) return REFUSED
    throw error
  }
}

const BRACKETS = ['{', '}', '[', ']', ':', ',']
const VALUES = ['1', 'null', '"a"', '"b"', '"c\\""', '"\\u0061"', '"\\\\"', '"\\ud83d\\ude00"', '"\\u12"']
const SCRAPS = [' ', '\n', '\\', '\\\\', '"', 'x', ' '.repeat(70)]

const broken = fc
  .array(fc.constantFrom(...BRACKETS, ...VALUES, ...SCRAPS), { maxLength: 16 })
  .map((parts) => `{${parts.join('')}}`)

const written = fc
  .tuple(
    fc.dictionary(fc.string({ unit: ANY_CHARACTER }), fc.jsonValue({ maxDepth: 3, stringUnit: ANY_CHARACTER }), {
      maxKeys: 6,
    }),
    fc.constantFrom(undefined, 1, '\t'),
  )
  .map(([value, indent]) => JSON.stringify(value, undefined, indent))

describe.each([
  ['texts that are JSON', written],
  ['texts that mostly are not', broken],
])('%s', (_which, texts) => {
  test('are scanned alike in one go and in steps', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 20 }), (text, size) => {
        expect(scanInSteps(text, size)).toEqual(readMembers(text, BOUNDS))
      }),
      { numRuns: 2_000 },
    )
  })

  test('mean in pieces what they mean to JSON.parse, or are refused by both', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 12 }), (text, from) => {
        fc.pre(readMembers(text, BOUNDS).ok)
        expect(assembled(text, from)).toEqual(parsedOr(() => JSON.parse(text)))
      }),
      { numRuns: 3_000 },
    )
  })
})

test('a number of megabytes is refused', async () => {
  const text = `{"a":0.${'1'.repeat(1024 * 1024)}}`
  expect(await parseLargeBody(text, INFERENCE_BOUNDS, async () => {})).toMatchObject({ verdict: 'deny' })
})

describe('AC-122: a large body is read in many turns', () => {
  const LETTERS = 4 * 1024 * 1024
  const SHAPES: readonly (readonly [string, string])[] = [
    ['one long text', `{"a":"${'word '.repeat(LETTERS / 5)}"}`],
    ['nothing but escapes', `{"a":"${'\\"'.repeat(LETTERS / 2)}"}`],
    ['escapes of four digits', `{"a":"${'\\u00e9'.repeat(LETTERS / 6)}"}`],
    ['white space at the end', `{"a":1${' '.repeat(LETTERS)}}`],
    ['white space before a value', `{"a":${'\n'.repeat(LETTERS)}1}`],
    ['many texts', `{"a":[${Array.from({ length: 4_000 }, () => `{"b":"${'x'.repeat(1_000)}"}`).join()}]}`],
    ['many members', `{${Array.from({ length: 40_000 }, (_, i) => `"${i}${'k'.repeat(100)}":${i}`).join()}}`],
    ['long values in extra_body', `{"extra_body":{"a":"${'x'.repeat(LETTERS)}","b":["${'y'.repeat(LETTERS)}",1]}}`],
  ]

  test.each(SHAPES)('%s', async (_shape, text) => {
    let turns = 0
    const inTurns = await parseLargeBody(text, INFERENCE_BOUNDS, async () => void (turns += 1))
    expect(inTurns).toEqual(parseBody(text, INFERENCE_BOUNDS))
    expect(inTurns.verdict).toBe('allow')
    expect(text.length).toBeGreaterThan(LARGE_BODY)
    expect(turns).toBeGreaterThanOrEqual(12)
  })

  test.each([
    ['not closed', `{"a":"${'x'.repeat(LETTERS)}"`],
    ['a comma too many', `{"a":["${'x'.repeat(LETTERS)}",]}`],
    ['no value between commas', `{"a":["${'x'.repeat(LETTERS)}",,"${'x'.repeat(LETTERS)}"]}`],
    ['an escape that is none, far in', `{"a":"${'x'.repeat(LETTERS)}\\x"}`],
    ['a raw line end, far in', `{"a":"${'x'.repeat(LETTERS)}\n"}`],
    ['something after a long value', `{"a":"${'x'.repeat(LETTERS)}" 1}`],
    ['a name twice, far apart', `{"a":1,"b":"${'x'.repeat(LETTERS)}","a":1}`],
    ['a name of megabytes', `{"${'x'.repeat(LETTERS)}":1}`],
  ])('%s is refused', async (_flaw, text) => {
    const inTurns = await parseLargeBody(text, INFERENCE_BOUNDS, async () => {})
    expect(inTurns).toEqual(parseBody(text, INFERENCE_BOUNDS))
    expect(inTurns.verdict).toBe('deny')
  })
})
