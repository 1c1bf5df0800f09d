import { expect, test } from 'vitest'
import { allow, deny } from '../../domain/decision.ts'
import type { CallBudget } from '../5-meter/call-budget.ts'
import { SessionMeter } from './session-meter.ts'

/** A store that can pay for so many tokens at once, and what was asked of it. */
class Purse {
  readonly asked: number[] = []
  held = 0
  readonly #most: number

  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most
  }

  readonly reserve: ConstructorParameters<typeof SessionMeter>[1] = async (tokens) => {
    this.asked.push(tokens)
    if (this.held + tokens > this.#most) return deny('budget-exceeded', 'budget_exceeded')
    this.held += tokens
    return allow(this.hold(tokens))
  }

  hold(tokens: number): CallBudget {
    const release = async (): Promise<void> => {
      this.held -= tokens
    }
    return { release, allowance: () => undefined } as unknown as CallBudget
  }
}

test('who has no budget is asked about once for each response', async () => {
  const asked: number[] = []
  const meter = new SessionMeter(undefined, async (tokens) => {
    asked.push(tokens)
    return allow(undefined)
  })
  meter.add(500, 500 / 2)
  expect(await meter.cover(1)).toBeUndefined()
  expect(asked).toEqual([])
  expect(meter.take()).toBeUndefined()
  await meter.cover(1)
  await meter.cover(5)
  expect(asked).toHaveLength(1)
})

test('what is held grows with the conversation, with something to spare', async () => {
  const purse = new Purse()
  const meter = new SessionMeter(purse.hold(0), purse.reserve)
  meter.add(100, 100 / 2)
  await meter.cover(1)
  meter.add(900, 900 / 2)
  await meter.cover(1)
  expect(purse.asked).toEqual([1_100])
  meter.add(101, 101 / 2)
  await meter.cover(1)
  expect(purse.asked).toEqual([1_100, 2_101])
  expect(purse.held).toBe(2_101)
})

test('near the limit nothing is spared, and what does not fit is refused', async () => {
  const purse = new Purse(600)
  const meter = new SessionMeter(purse.hold(0), purse.reserve)
  meter.add(500, 500 / 2)
  expect(await meter.cover(1)).toBeUndefined()
  expect(purse.held).toBe(500)
  meter.add(101, 101 / 2)
  expect(await meter.cover(1)).toMatchObject({ problem: 'budget-exceeded' })
  await meter.release()
  expect(purse.held).toBe(0)
})

test('each response at the same time has a hold of its own', async () => {
  const purse = new Purse()
  const meter = new SessionMeter(purse.hold(0), purse.reserve)
  meter.add(1, 1 / 2)
  await Promise.all([meter.cover(3), meter.cover(3), meter.cover(2)])
  expect(purse.asked).toEqual([1_001, 1_001, 1_001])
  const holds = [meter.take(), meter.take(), meter.take(), meter.take()]
  expect(holds.map((hold) => hold !== undefined)).toEqual([true, true, true, false])
})

test('the usage of a response says what the next one reads, with what came after it began', async () => {
  const meter = new SessionMeter(undefined, async () => allow(undefined))
  meter.add(5_000, 2_500)
  meter.begin()
  meter.add(30, 30 / 2)
  meter.learn(40)
  expect(meter.likelyTokens).toBe(55)
})

test('after a change of the model everything is held anew', async () => {
  const purse = new Purse()
  const meter = new SessionMeter(purse.hold(0), purse.reserve)
  meter.add(1, 1 / 2)
  await meter.cover(1)
  meter.moved()
  await meter.cover(1)
  expect(purse.asked).toEqual([1_001, 1_001])
  expect(purse.held).toBe(1_001)
})

test('a store that does not answer is not taken for a yes', async () => {
  const meter = new SessionMeter(new Purse().hold(0), () => Promise.reject(new Error('gone')))
  meter.add(1, 1 / 2)
  expect(await meter.cover(1)).toMatchObject({ problem: 'store-unavailable' })
})
