import { expect, test } from 'vitest'
import { runProcess } from '../../../test/support/run-process.ts'
import { watchLoad } from './load-watch.ts'

test('a loop that is held up again and again is high load, and a free one is not', { timeout: 30_000 }, async () => {
  const load = watchLoad({ windowMs: 600, tooLateMs: 40 })
  try {
    expect(load.isHigh()).toBe(false)
    const holdUp = setInterval(() => {
      const until = performance.now() + 120
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

test(
  'N-42: a loop that is late because the machine is busy elsewhere is not high load',
  { timeout: 30_000 },
  async () => {
    const child = runProcess('watch-load.ts')
    await child.hasWritten(1)
    // What a busy machine does to a process that has nothing to do: it does not get its turn.
    let isStopped = false
    const pulse = setInterval(() => {
      isStopped = !isStopped
      child.signal(isStopped ? 'SIGSTOP' : 'SIGCONT')
    }, 300)
    const lateOnes = (): readonly string[] => child.lines.filter((line) => Number.parseInt(line, 10) > 200)
    try {
      await expect.poll(() => lateOnes().length, { timeout: 20_000, interval: 50 }).toBeGreaterThan(4)
      expect(lateOnes().filter((line) => line.endsWith('high'))).toEqual([])
    } finally {
      clearInterval(pulse)
      child.signal('SIGCONT')
      await child.kill()
    }
  },
)
