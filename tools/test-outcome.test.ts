import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { countsOf, doubtful, readOutcome, withSecondTry } from './test-outcome.mjs'
import type { Outcome } from './test-outcome.mjs'

const good = { passed: 3, failed: [] }
const bad = { passed: 1, failed: ['one', 'two'] }

test('a run that wrote nothing has failed, and so has one that says so though it failed no test', () => {
  expect(countsOf(readOutcome('/nowhere/outcome.json', 0))).toEqual({ passed: 0, failed: 1 })

  const home = mkdtempSync(join(tmpdir(), 'latchkey-outcome-'))
  const path = join(home, 'outcome.json')
  const counted = (outcome: Outcome, code: number): unknown => {
    writeFileSync(path, JSON.stringify(outcome))
    return countsOf(readOutcome(path, code))
  }
  expect(counted({ files: { good }, faults: 0 }, 0)).toEqual({ passed: 3, failed: 0 })
  expect(counted({ files: { good }, faults: 0 }, 1)).toEqual({ passed: 3, failed: 1 })
  expect(counted({ files: { good, bad }, faults: 0 }, 1)).toEqual({ passed: 4, failed: 2 })
  rmSync(home, { recursive: true })
})

test('what did not pass and what went wrong outside any test counts', () => {
  expect(countsOf({ files: { good, bad }, faults: 2 })).toEqual({ passed: 4, failed: 4 })
})

test('a few files that failed are tried again, many are not, and none where something else went wrong', () => {
  expect(doubtful({ files: { good }, faults: 0 })).toEqual([])
  expect(doubtful({ files: { good, bad }, faults: 0 })).toEqual(['bad'])
  expect(doubtful({ files: { good, bad }, faults: 1 })).toEqual([])
  expect(doubtful({ files: { a: bad, b: bad, c: bad, d: bad }, faults: 0 })).toEqual([])
})

test('the second try has the last word on what was tried again, and what it mended is told by name', () => {
  const first = { files: { good, bad }, faults: 0 }
  expect(withSecondTry(first, { files: { bad: { passed: 2, failed: ['two'] } }, faults: 0 })).toEqual({
    outcome: { files: { good, bad: { passed: 2, failed: ['two'] } }, faults: 0 },
    mended: ['one'],
  })
})

test('a second try that broke off mends nothing', () => {
  const first = { files: { good, bad }, faults: 0 }
  const { outcome, mended } = withSecondTry(first, { files: {}, faults: 1 })
  expect(mended).toEqual([])
  expect(countsOf(outcome)).toEqual({ passed: 4, failed: 3 })
})
