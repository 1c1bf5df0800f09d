import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { storeAnswers } from './store-answers.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function watch(ping: () => Promise<void>): { readonly answers: () => Promise<boolean>; readonly pings: () => number } {
  const counted = vi.fn(ping)
  return { answers: storeAnswers(counted, () => Date.now()), pings: () => counted.mock.calls.length }
}

test('what it said is remembered for a while', async () => {
  const { answers, pings } = watch(() => Promise.resolve())
  expect([await answers(), await answers()]).toEqual([true, true])
  expect(pings()).toBe(1)
  vi.advanceTimersByTime(2_000)
  expect(await answers()).toBe(true)
  expect(pings()).toBe(2)
})

test('F-02: a store that hangs is told of within two seconds, then at once, and asked once', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { answers, pings } = watch(() => promise)
  const both = Promise.all([answers(), answers()])
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await both).toEqual([false, false])
  expect(await answers()).toBe(false)
  expect(pings()).toBe(1)

  resolve()
  await vi.advanceTimersByTimeAsync(0)
  expect(await answers()).toBe(true)
})

test('a store that refuses is away, and asked again later', async () => {
  const { answers, pings } = watch(() => Promise.reject(new Error('refused')))
  expect([await answers(), await answers()]).toEqual([false, false])
  vi.advanceTimersByTime(2_000)
  expect(await answers()).toBe(false)
  expect(pings()).toBe(2)
})
