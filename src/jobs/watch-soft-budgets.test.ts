import { expect, test } from 'vitest'
import { NOON } from '../../test/support/entries.ts'
import { epochMs } from '../domain/ids.ts'
import { picoUsd } from '../domain/money.ts'
import type { SoftBudget } from '../ports/soft-budgets.ts'
import { SoftBudgetWatch } from './watch-soft-budgets.ts'

const CENT = 10_000_000_000n
const DAY_MS = 86_400_000

const OF_KEY: SoftBudget = {
  kind: 'key',
  id: 'digest',
  shown: 'reports',
  limit: picoUsd(5n * CENT),
  window: { duration: '1d', anchor: epochMs(0) },
}

function stand(spent: () => bigint | Error, soft: readonly SoftBudget[] = [OF_KEY]) {
  const waiting: (() => void)[] = []
  const told: object[] = []
  const claimed = new Set<string>()
  let now = NOON
  const watch = new SoftBudgetWatch({
    softBudgets: {
      list: async () => soft,
      claim: async (levels) =>
        levels.filter(({ kind, id, window }) => {
          const name = `${kind} ${id} ${window?.start}`
          return !claimed.has(name) && claimed.add(name)
        }),
    },
    budgets: {
      follow: async (levels) => {
        const amount = spent()
        if (amount instanceof Error) throw amount
        return levels.map(() => picoUsd(amount))
      },
    },
    clock: { now: () => now },
    timers: {
      after: (_ms, go) => {
        waiting.push(go)
        return () => void waiting.splice(0)
      },
    },
    log: { info: () => {}, warn: (text, facts) => void told.push({ text, ...facts }), error: () => {} },
  })
  async function pass(ms = 0): Promise<void> {
    now = epochMs(now + ms)
    waiting.splice(0).at(-1)?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { watch, told, pass, waiting }
}

test('a soft budget that is crossed is told of once in its window, and counted as long as it is', async () => {
  let spent = 4n * CENT
  const { watch, told, pass } = stand(() => spent)
  await pass()
  expect([told, [...watch.crossed]]).toEqual([[], []])
  spent = 5n * CENT
  await pass()
  await pass()
  expect(told).toEqual([
    {
      text: 'a soft budget is crossed',
      event: 'soft_budget_crossed',
      kind: 'key',
      name: 'reports',
      spend: '0.05',
      soft_budget: '0.05',
      resets_at: '2026-01-16T00:00:00.000Z',
    },
  ])
  expect([...watch.crossed]).toEqual([['key', 1]])
  await pass(DAY_MS)
  expect(told).toHaveLength(2)
  spent = 0n
  await pass()
  expect([...watch.crossed]).toEqual([])
})

test('a store that does not answer is told of, and asked again', async () => {
  let answer: bigint | Error = new Error('away')
  const { told, pass } = stand(() => answer)
  await pass()
  answer = 9n * CENT
  await pass()
  expect(told).toMatchObject([{ reason: 'away' }, { kind: 'key' }])
})

test('without any, nothing is summed; after the end, nothing is asked', async () => {
  const { watch, pass, waiting } = stand(() => new Error('not asked for'), [])
  await pass()
  await watch.close()
  expect(waiting).toEqual([])
})
