import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MessagePace } from './message-pace.ts'

test('N-39: however messages come, no more than a hundred are taken in any second', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 1_000 }), (gaps) => {
      const pace = new MessagePace()
      let now = 0
      const taken = gaps.map((gap) => {
        now += gap
        // Who waits holds up those behind it.
        now += pace.take(now)
        return now
      })
      for (const [i, at] of taken.entries())
        if (i >= 100) expect(at - (taken[i - 100] ?? 0)).toBeGreaterThanOrEqual(1_000)
    }),
  )
})

test('who keeps the pace never waits', () => {
  const pace = new MessagePace(3)
  expect([0, 300, 600, 1_000, 1_300, 1_600, 5_000].map((now) => pace.take(now))).toEqual([0, 0, 0, 0, 0, 0, 0])
  const hasty = new MessagePace(3)
  expect([10, 20, 30, 40, 1_020].map((now) => hasty.take(now))).toEqual([0, 0, 0, 970, 0])
})
