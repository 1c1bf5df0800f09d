import { expect, test } from 'vitest'
import type { Finding } from './finding.ts'
import { renderFindings, summarise } from './render-findings.ts'

const FINDINGS: readonly Finding[] = [
  { severity: 'note', file: 'a.yaml', line: 1, column: 1, key: 'n', message: 'N.' },
  { severity: 'error', file: 'b.yaml', line: 2, column: 3, key: 'e2', message: 'E2.', suggestion: 'Do this.' },
  { severity: 'error', file: 'a.yaml', line: 10, column: 1, key: 'e1', message: 'E1.' },
  { severity: 'error', file: 'a.yaml', line: 9, column: 5, key: '', message: 'E0.' },
  { severity: 'warning', key: 'PORT', message: 'W.' },
  { severity: 'error', file: 'c.yaml', key: '', message: 'Missing.' },
]

test('errors come first, then file and line; the environment has no line', () => {
  expect(renderFindings(FINDINGS).split('\n')).toEqual([
    'a.yaml:9:5 error: E0.',
    'a.yaml:10:1 error e1: E1.',
    'b.yaml:2:3 error e2: E2. Do this.',
    'c.yaml error: Missing.',
    'environment warning PORT: W.',
    'a.yaml:1:1 note n: N.',
  ])
})

test('the summary counts in words', () => {
  expect(summarise(FINDINGS)).toBe('4 errors, 1 warning, 1 note')
  expect(summarise([])).toBe('no errors, no warnings, no notes')
})

test('nothing in a name can begin a line of its own', () => {
  const finding: Finding = { severity: 'error', file: 'x\ny: fine', key: 'k', message: '\u001b[2K.' }
  expect(renderFindings([finding])).toBe('x?y: fine error k: ?[2K.')
})
