import { expect, test } from 'vitest'
import { NOON } from '../../../test/support/entries.ts'
import { type EpochMs, epochMs } from '../../domain/ids.ts'
import type { FactChanges } from '../../ports/fact-changes.ts'
import { FactCache } from './fact-cache.ts'

interface Fact {
  readonly id: string
  readonly state: string
}

/** A store of facts, some of them under several ids, whose changes are announced by hand. */
class World implements FactChanges {
  time: EpochMs = NOON
  watch: number | undefined = undefined
  completeUntil: EpochMs = epochMs(0)
  reads = 0
  isFailing = false
  /** When set, reads stay open until it is called. */
  hold: (() => Promise<void>) | undefined
  readonly facts = new Map<string, Fact>()
  readonly cache: FactCache<string, Fact>

  constructor(limits: { maxPresent?: number; maxAbsent?: number; maxAgeMs?: number } = {}) {
    this.cache = new FactCache<string, Fact>({
      ask: async (id) => {
        this.reads += 1
        const { isFailing, hold } = this
        const answer = this.facts.get(id)
        await hold?.()
        if (isFailing) throw new Error('the store is away')
        return answer
      },
      announcedAs: ({ id }) => [id],
      changes: this,
      clock: { now: () => this.time },
      ...limits,
    })
  }

  subscribe(): void {}

  write(id: string, state: string): void {
    this.facts.set(id, { id, state })
  }

  pass(ms: number): void {
    this.time = epochMs(this.time + ms)
  }

  beat(): void {
    this.completeUntil = this.time
  }
}

test('an answer is given without asking for one second, and not longer without a watch', async () => {
  const world = new World()
  world.write('ana', 'well')
  await world.cache.find('ana')
  world.pass(1_000)
  expect(world.cache.peek('ana')).toEqual({ id: 'ana', state: 'well' })
  world.pass(1)
  expect(world.cache.peek('ana')).toBe('ask')
  await world.cache.find('ana')
  expect(world.reads).toBe(2)
})

test('K-07: an answer is given for a minute under a standing watch, an absence for ten seconds', async () => {
  const world = new World()
  world.watch = 1
  world.write('ana', 'well')
  await Promise.all([world.cache.find('ana'), world.cache.find('nobody')])
  for (const [ms, present, absent] of [
    [10_000, false, false],
    [1, false, true],
    [49_999, false, true],
    [1, true, true],
  ] as const) {
    world.pass(ms)
    world.beat()
    expect(world.cache.peek('ana') === 'ask').toBe(present)
    expect(world.cache.peek('nobody') === 'ask').toBe(absent)
  }
})

test('INV-20: an answer is not trusted when the watch was silent for more than a second, or is another one', async () => {
  const world = new World()
  world.watch = 1
  world.write('ana', 'well')
  await world.cache.find('ana')
  world.beat()
  world.pass(1_001)
  expect(world.cache.peek('ana')).toBe('ask')
  world.beat()
  expect(world.cache.peek('ana')).not.toBe('ask')
  world.watch = 2
  expect(world.cache.peek('ana')).toBe('ask')
})

test('an answer is not trusted by a clock that was set back', async () => {
  const world = new World()
  world.watch = 1
  world.write('ana', 'well')
  await world.cache.find('ana')
  world.beat()
  world.pass(-1)
  expect(world.cache.peek('ana')).toBe('ask')
})

test('an answer is asked for once, however many wait for it', async () => {
  const world = new World()
  world.write('ana', 'well')
  const answers = await Promise.all(Array.from({ length: 50 }, () => world.cache.find('ana')))
  expect(world.reads).toBe(1)
  expect(new Set(answers).size).toBe(1)
})

test('an answer to a read that began before a change is neither kept nor shared with those who come after it', async () => {
  const world = new World()
  world.write('ana', 'well')
  const gate = Promise.withResolvers<void>()
  world.hold = () => gate.promise
  const early = world.cache.find('ana')
  world.write('ana', 'blocked')
  world.cache.invalidate('ana')
  world.hold = undefined
  expect((await world.cache.find('ana'))?.state).toBe('blocked')
  gate.resolve()
  expect((await early)?.state).toBe('well')
  expect((await world.cache.find('ana'))?.state).toBe('blocked')
})

test('an answer to a read that takes long is not shared with those who come much later', async () => {
  const world = new World()
  world.write('ana', 'well')
  const gate = Promise.withResolvers<void>()
  world.hold = () => gate.promise
  const early = world.cache.find('ana')
  world.hold = undefined
  world.pass(1_001)
  await world.cache.find('ana')
  expect(world.reads).toBe(2)
  gate.resolve()
  await early
})

test('an answer that was asked for under another id ends with any change of the fact that it led to', async () => {
  const world = new World()
  world.write('new', 'well')
  world.facts.set('old', { id: 'new', state: 'well' })
  world.facts.set('older', { id: 'new', state: 'well' })
  await Promise.all(['old', 'older', 'new'].map((id) => world.cache.find(id)))
  world.cache.invalidate('new')
  expect(['old', 'older', 'new'].map((id) => world.cache.peek(id))).toEqual(['ask', 'ask', 'ask'])
  await world.cache.find('old')
  world.cache.invalidate('old')
  expect(world.cache.peek('old')).toBe('ask')
})

test('no answer survives a change of everything, not even one that is on its way', async () => {
  const world = new World()
  world.write('ana', 'well')
  await Promise.all([world.cache.find('ana'), world.cache.find('nobody')])
  world.pass(1_001)
  const gate = Promise.withResolvers<void>()
  world.hold = () => gate.promise
  const early = world.cache.find('ana')
  world.cache.clear()
  gate.resolve()
  await early
  expect([world.cache.peek('ana'), world.cache.peek('nobody')]).toEqual(['ask', 'ask'])
})

test('K-07: absences of guessed ids never drive out a fact, and facts drive out the oldest', async () => {
  const world = new World({ maxPresent: 10, maxAbsent: 10 })
  world.write('ana', 'well')
  await world.cache.find('ana')
  for (let guess = 100; guess < 200; guess += 1) await world.cache.find(`guess ${guess}`)
  expect(world.cache.peek('ana')).not.toBe('ask')
  expect(world.cache.peek('guess 100')).toBe('ask')
  for (let number = 0; number < 10; number += 1) {
    world.write(`user ${number}`, 'well')
    await world.cache.find(`user ${number}`)
  }
  expect(world.cache.peek('ana')).toBe('ask')
})

test('an error is passed on to everybody who waits, and is remembered as nothing', async () => {
  const world = new World()
  world.isFailing = true
  const outcomes = await Promise.allSettled([world.cache.find('ana'), world.cache.find('ana')])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(world.cache.peek('ana')).toBe('ask')
  world.isFailing = false
  world.write('ana', 'well')
  expect((await world.cache.find('ana'))?.state).toBe('well')
})

test('an operator may want answers to be younger than they have to be, and 0 wants each anew', async () => {
  for (const [maxAgeMs, ms, asks] of [
    [5_000, 5_000, false],
    [5_000, 5_001, true],
    [500, 501, true],
    [0, 1, true],
    [300_000, 60_001, true],
  ] as const) {
    const world = new World({ maxAgeMs })
    world.watch = 1
    world.write('ana', 'well')
    await world.cache.find('ana')
    world.pass(ms)
    world.beat()
    expect(world.cache.peek('ana') === 'ask', `${maxAgeMs} after ${ms}`).toBe(asks)
  }
})
