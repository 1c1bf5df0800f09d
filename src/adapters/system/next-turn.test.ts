import { expect, test } from 'vitest'
import { nextTurn } from './next-turn.ts'

test('of several long jobs one goes on per turn, each in its order, and timers fire in between', async () => {
  let turn = 0
  let isRunning = true
  const count = (): void => {
    turn += 1
    if (isRunning) setImmediate(count)
  }
  setImmediate(count)
  const steps: (readonly [string, number])[] = []
  const job = async (name: string): Promise<void> => {
    for (let step = 0; step < 5; step += 1) {
      await nextTurn()
      steps.push([name, turn])
    }
  }
  await Promise.all(['a', 'b', 'c'].map(job))
  isRunning = false

  expect(steps.map(([name]) => name).join('')).toBe('abcabcabcabcabc')
  expect(new Set(steps.map(([, at]) => at)).size).toBeGreaterThanOrEqual(14)
})
