import { expect, test } from 'vitest'
import { StoreTending } from './tend-store.ts'

function stand(outcomes: readonly (string | Error | undefined)[]) {
  const left = [...outcomes]
  const waiting: { ms: number; go: () => void }[] = []
  const told: string[] = []
  let tended = 0
  const tending = new StoreTending({
    upkeep: {
      tendOne: async () => {
        tended += 1
        const outcome = left.shift()
        if (outcome instanceof Error) throw outcome
        return outcome
      },
    },
    timers: {
      after: (ms, go) => {
        const timer = { ms, go }
        waiting.push(timer)
        return () => void (waiting.includes(timer) && waiting.splice(waiting.indexOf(timer), 1))
      },
    },
    log: { info: () => {}, warn: (text) => void told.push(text), error: () => {} },
  })
  /** Lets the timer run out that was set last, and waits for the next one. */
  async function pass(): Promise<number | undefined> {
    waiting.splice(0).at(-1)?.go()
    await new Promise((resolve) => setImmediate(resolve))
    return waiting[0]?.ms
  }
  return { tending, waiting, told, pass, tended: () => tended }
}

test('tables that need it are tended one after the other, and then there is a rest', async () => {
  const { pass, told } = stand(['ledger_entry', 'virtual_key', undefined, 'ledger_entry'])
  expect([await pass(), await pass(), await pass(), await pass()]).toEqual([1_000, 1_000, 60_000, 1_000])
  expect(told).toEqual([])
})

test('what fails is told, and tried again after a rest', async () => {
  const { pass, told } = stand([new Error('no space'), 'ledger_entry'])
  expect([await pass(), await pass()]).toEqual([60_000, 1_000])
  expect(told).toEqual(['a table of the embedded database could not be tended'])
})

test('nothing is begun after the end, and what is under way is waited for', async () => {
  const gate = Promise.withResolvers<string>()
  const { tending, waiting, pass, tended } = stand([])
  await pass()
  const [timer] = waiting
  await tending.close()
  expect([waiting, tended()]).toEqual([[], 1])

  let ended = false
  const slow = new StoreTending({
    upkeep: { tendOne: () => gate.promise },
    timers: {
      after: (_ms, go) => {
        waiting.push({ ms: 0, go })
        return () => {}
      },
    },
    log: { info: () => {}, warn: () => {}, error: () => {} },
  })
  waiting.splice(0)[0]?.go()
  const closing = slow.close().then(() => (ended = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect(ended).toBe(false)
  gate.resolve('ledger_entry')
  await closing
  expect([waiting, timer?.ms]).toEqual([[], 60_000])
})
