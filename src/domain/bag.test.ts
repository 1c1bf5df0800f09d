import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Bag } from './bag.ts'
import type { Seat } from './bag.ts'

test('whatever comes and goes, in any order, it holds what a set would hold', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 })), (steps) => {
      const bag = new Bag<number>()
      const model = new Map<number, Seat<number>>()
      for (const [number, step] of steps.entries()) {
        const held = [...model.values()][step]
        if (held === undefined) model.set(number, bag.add(number))
        else {
          model.delete(held.thing)
          expect([held.leave(), held.leave()]).toEqual([true, false])
        }
        expect(bag.size).toBe(model.size)
        expect(new Set([...bag].map(({ thing }) => thing))).toEqual(new Set(model.keys()))
      }
    }),
  )
})

test('who leaves before it is his turn is not come to, and who comes then neither', () => {
  const bag = new Bag<string>()
  const seats = ['a', 'b', 'c', 'd'].map((thing) => bag.add(thing))
  const seen: string[] = []
  for (const { thing } of bag) {
    seen.push(thing)
    seats[0]?.leave()
    seats[2]?.leave()
    if (thing === 'a') bag.add('e')
  }
  expect(seen).toEqual(['a', 'b', 'd'])
  expect(new Set([...bag].map(({ thing }) => thing))).toEqual(new Set(['b', 'd', 'e']))
})
