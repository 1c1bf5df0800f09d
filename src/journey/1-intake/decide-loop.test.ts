import { expect, test } from 'vitest'
import { decideLoop } from './decide-loop.ts'

const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(8).concat('-0000-4000-8000-', letter.repeat(12)))

test('a call without a past begins its way here', () => {
  expect(decideLoop(undefined, String(A))).toEqual({ verdict: 'allow', granted: A })
})

test('a call from elsewhere goes on with one hop more', () => {
  expect(decideLoop(`${B}, ${C}`, String(A))).toEqual({ verdict: 'allow', granted: `${B}, ${C}, ${A}` })
})

test.each([`${A}`, `${B}, ${A}`, `${A},${B}`])('N-29: a call that was here already is refused: %s', (passed) => {
  expect(decideLoop(passed, String(A))).toMatchObject({ verdict: 'deny', problem: 'loop-detected' })
})

test('a way without end is refused', () => {
  expect(decideLoop(Array(8).fill(B).join(', '), String(A))).toMatchObject({ verdict: 'deny' })
})

test.each(['x', 'a\tb', `${B}; ${A}`, ' ', `${B},,${C}`])('what no gateway wrote says nothing: %j', (passed) => {
  expect(decideLoop(passed, String(A))).toEqual({ verdict: 'allow', granted: A })
})
