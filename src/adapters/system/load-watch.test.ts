import { expect, test } from 'vitest'
import { watchLoad } from './load-watch.ts'

test('a loop that is held up again and again is high load, and a free one is not', { timeout: 30_000 }, async () => {
  const load = watchLoad({ windowMs: 120, tooLateMs: 40 })
  try {
    expect(load.isHigh()).toBe(false)
    const holdUp = setInterval(() => {
      const until = performance.now() + 60
      while (performance.now() < until) {
        // Nothing else gets a turn.
      }
    }, 1)
    await expect.poll(() => load.isHigh(), { timeout: 15_000, interval: 10 }).toBe(true)
    clearInterval(holdUp)
    await expect.poll(() => load.isHigh(), { timeout: 12_000, interval: 10 }).toBe(false)
  } finally {
    load.stop()
  }
})
