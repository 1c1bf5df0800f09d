import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf, makeKey, NOON } from '../../../test/support/entries.ts'
import { type EpochMs, epochMs, type KeyDigest } from '../../domain/ids.ts'
import type { KeyChanges } from '../../ports/key-changes.ts'
import type { FoundKey, KeyLookup } from '../../ports/virtual-keys.ts'
import { emptyKeyRegister } from '../memory/key-register.ts'
import { memoryVirtualKeys } from '../memory/virtual-keys.ts'
import { cachedVirtualKeys } from './cached-virtual-keys.ts'
import { KeyCache } from './key-cache.ts'

class World implements KeyChanges {
  time: EpochMs = NOON
  watch: number | undefined = undefined
  completeUntil: EpochMs = epochMs(0)
  reads = 0
  isFailing = false
  readonly register = emptyKeyRegister()
  readonly store = memoryVirtualKeys(this.register)
  readonly #subscribers: ((digest: KeyDigest | 'all') => void)[] = []
  readonly cache: KeyCache
  /** When set, reads stay open until it is called. */
  hold: (() => Promise<void>) | undefined

  constructor(limits: { maxPresent?: number; maxAbsent?: number } = {}) {
    const keys: KeyLookup = {
      findKey: async (digest, now) => {
        this.reads += 1
        const { isFailing, hold } = this
        const answer = await this.store.findKey(digest, now)
        await hold?.()
        if (isFailing) throw new Error('the store is away')
        return answer
      },
    }
    this.cache = new KeyCache({ keys, changes: this, clock: { now: () => this.time }, ...limits })
  }

  subscribe(changed: (digest: KeyDigest | 'all') => void): void {
    this.#subscribers.push(changed)
  }

  announce(digest: KeyDigest | 'all'): void {
    for (const changed of this.#subscribers) changed(digest)
  }

  pass(ms: number): void {
    this.time = epochMs(this.time + ms)
  }

  beat(): void {
    this.completeUntil = this.time
  }

  find(number: number): Promise<FoundKey | undefined> {
    return this.cache.findKey(digestOf(number), this.time)
  }
}

describe('a cached answer', () => {
  test('is given without asking for one second, and not longer without a watch', async () => {
    const world = new World()
    await world.store.insert(makeKey(1))
    await world.find(1)
    world.pass(1_000)
    expect(world.cache.peek(digestOf(1), world.time)).toEqual({ key: makeKey(1), graceEndsAt: undefined })
    world.pass(1)
    expect(world.cache.peek(digestOf(1), world.time)).toBe('ask')
    await world.find(1)
    expect(world.reads).toBe(2)
  })

  test('K-07: is given for a minute under a standing watch, an absence for ten seconds', async () => {
    const world = new World()
    world.watch = 1
    await world.store.insert(makeKey(1))
    await Promise.all([world.find(1), world.find(2)])
    for (const [ms, present, absent] of [
      [10_000, false, false],
      [1, false, true],
      [49_999, false, true],
      [1, true, true],
    ] as const) {
      world.pass(ms)
      world.beat()
      expect(world.cache.peek(digestOf(1), world.time) === 'ask').toBe(present)
      expect(world.cache.peek(digestOf(2), world.time) === 'ask').toBe(absent)
    }
  })

  test('INV-20: is not trusted when the watch was silent for more than a second, or is another one', async () => {
    const world = new World()
    world.watch = 1
    await world.store.insert(makeKey(1))
    await world.find(1)
    world.beat()
    world.pass(1_001)
    expect(world.cache.peek(digestOf(1), world.time)).toBe('ask')
    world.beat()
    expect(world.cache.peek(digestOf(1), world.time)).not.toBe('ask')
    world.watch = 2
    expect(world.cache.peek(digestOf(1), world.time)).toBe('ask')
  })

  test('is asked for once, however many wait for it', async () => {
    const world = new World()
    await world.store.insert(makeKey(1))
    const answers = await Promise.all(Array.from({ length: 50 }, () => world.find(1)))
    expect(world.reads).toBe(1)
    expect(new Set(answers).size).toBe(1)
  })

  test('of a read that began before a change is neither kept nor shared with those who come after it', async () => {
    const world = new World()
    await world.store.insert(makeKey(1))
    const gate = Promise.withResolvers<void>()
    world.hold = () => gate.promise
    const early = world.find(1)
    await world.store.update(makeKey(1, { blocked: true }))
    world.announce(digestOf(1))
    world.hold = undefined
    expect((await world.find(1))?.key.blocked).toBe(true)
    gate.resolve()
    expect((await early)?.key.blocked).toBe(false)
    expect((await world.find(1))?.key.blocked).toBe(true)
  })

  test('of a read that takes long is not shared with those who come much later', async () => {
    const world = new World()
    await world.store.insert(makeKey(1))
    const gate = Promise.withResolvers<void>()
    world.hold = () => gate.promise
    const early = world.find(1)
    world.hold = undefined
    world.pass(1_001)
    await world.find(1)
    expect(world.reads).toBe(2)
    gate.resolve()
    await early
  })

  test('K-09: of an earlier digest ends with its grace period, and with any change of the row it leads to', async () => {
    const world = new World()
    const graceEndsAt = epochMs(world.time + 500)
    await world.store.insert(makeKey(1))
    await world.store.rotate({ from: digestOf(1), to: makeKey(2), graceEndsAt })
    expect((await world.find(1))?.key.digest).toBe(digestOf(2))
    world.pass(499)
    expect(world.cache.peek(digestOf(1), world.time)).toBeDefined()
    world.announce(digestOf(2))
    expect(world.cache.peek(digestOf(1), world.time)).toBe('ask')
    await world.find(1)
    world.pass(1)
    expect(world.cache.peek(digestOf(1), world.time)).toBeUndefined()
  })

  test('does not survive an announcement that anything may have changed', async () => {
    const world = new World()
    await world.find(1)
    world.announce('all')
    expect(world.cache.peek(digestOf(1), world.time)).toBe('ask')
  })

  test('K-07: of guessed digests never drives out a real one', async () => {
    const world = new World({ maxPresent: 10, maxAbsent: 10 })
    await world.store.insert(makeKey(1))
    await world.find(1)
    for (let guess = 100; guess < 200; guess += 1) await world.find(guess)
    expect(world.cache.peek(digestOf(1), world.time)).not.toBe('ask')
    expect(world.cache.peek(digestOf(100), world.time)).toBe('ask')
  })

  test('a write of this process is seen by its next read, also when its answer was lost', async () => {
    const world = new World()
    const keys = cachedVirtualKeys(
      {
        ...world.store,
        update: async (key) => {
          await world.store.update(key)
          throw new Error('the connection broke after the commit')
        },
      },
      world.cache,
    )
    expect(await keys.findKey(digestOf(1), world.time)).toBeUndefined()
    await keys.insert(makeKey(1))
    expect(await keys.findKey(digestOf(1), world.time)).toBeDefined()
    await expect(keys.update(makeKey(1, { blocked: true }))).rejects.toThrow('after the commit')
    expect((await keys.findKey(digestOf(1), world.time))?.key.blocked).toBe(true)
    await keys.rotate({ from: digestOf(1), to: makeKey(2) })
    expect(await keys.findKey(digestOf(1), world.time)).toBeUndefined()
    expect(await keys.findKey(digestOf(2), world.time)).toBeDefined()
    await keys.delete([digestOf(2)], 'bob', world.time)
    expect(await keys.findKey(digestOf(2), world.time)).toBeUndefined()
  })
})

type Step =
  | { readonly do: 'read'; readonly key: number }
  | { readonly do: 'write-here' | 'write-elsewhere'; readonly key: number; readonly state: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'hear' | 'lose-watch' | 'regain-watch' | 'fail' | 'recover' | 'start-slow-read' | 'end-slow-reads' }

const key = fc.integer({ min: 1, max: 2 })
const state = fc.integer({ min: 0, max: 3 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('read' as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('write-here' as const, 'write-elsewhere' as const), key, state }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 300, 700, 1_000, 1_001, 11_000, 70_000),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'hear',
        'hear',
        'lose-watch',
        'regain-watch',
        'fail',
        'recover',
        'start-slow-read',
        'end-slow-reads',
      ),
    }),
  },
)

/** What the store held for each key, and from when. State 0 is no row; others differ in a tag. */
class History {
  readonly #states = new Map<number, { readonly from: number; readonly state: number }[]>()

  write(number: number, at: number, written: number): void {
    this.#states.set(number, [...this.of(number), { from: at, state: written }])
  }

  of(number: number): readonly { readonly from: number; readonly state: number }[] {
    return this.#states.get(number) ?? [{ from: 0, state: 0 }]
  }

  /** Every state that was true at some moment between the two, both included. */
  between(number: number, from: number, until: number): ReadonlySet<number> {
    const states = this.of(number)
    return new Set(
      states.filter((s, i) => s.from <= until && (states[i + 1]?.from ?? Infinity) >= from).map((s) => s.state),
    )
  }
}

test('INV-03: whatever happens, an answer was true within the last second, this process sees its own writes, and an error is never an absence', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80, size: 'max' }), async (steps) => {
      const world = new World()
      const history = new History()
      /** How many writes there had been with the last one of this process. */
      const ownWrites = new Map<number, number>()
      const unheard: KeyDigest[] = []
      let watches = 0
      let gate = Promise.withResolvers<void>()
      const slow: Promise<unknown>[] = []

      async function write(number: number, to: number): Promise<void> {
        const row = makeKey(number, { tags: [`${to}`] })
        if (to === 0) await world.store.delete([row.digest], 'x', world.time)
        else if ((await world.store.insert(row)) === 'digest-taken') await world.store.update(row)
        history.write(number, world.time, to)
      }

      async function read(number: number): Promise<void> {
        const begun = world.time
        const own = ownWrites.get(number)
        const wasFailing = world.isFailing
        const readsBefore = world.reads
        const pending = world.find(number)
        const hasAsked = world.reads > readsBefore
        const answer = await pending.catch(() => 'error' as const)
        expect(answer === 'error' || !(wasFailing && hasAsked)).toBe(true)
        if (answer === 'error') return
        const said = answer === undefined ? 0 : Number(answer.key.tags[0])
        expect(history.between(number, begun - 1_000, world.time)).toContain(said)
        const sinceOwnWrite = own === undefined ? history.of(number) : history.of(number).slice(own - 1)
        expect(sinceOwnWrite.map((past) => past.state)).toContain(said)
      }

      for (const now of steps) {
        switch (now.do) {
          case 'read':
            if (slow.length === 0) await read(now.key)
            else slow.push(read(now.key))
            break
          case 'write-here':
            await write(now.key, now.state)
            world.cache.invalidate(digestOf(now.key))
            ownWrites.set(now.key, history.of(now.key).length)
            break
          case 'write-elsewhere':
            await write(now.key, now.state)
            if (world.watch !== undefined) unheard.push(digestOf(now.key))
            break
          case 'pass':
            world.pass(now.ms)
            break
          case 'hear':
            if (world.watch === undefined) break
            for (const digest of unheard.splice(0)) world.announce(digest)
            world.beat()
            break
          case 'lose-watch':
            world.watch = undefined
            unheard.length = 0
            break
          case 'regain-watch':
            if (world.watch !== undefined) break
            watches += 1
            world.watch = watches
            world.beat()
            break
          case 'fail':
            world.isFailing = true
            break
          case 'recover':
            world.isFailing = false
            break
          case 'start-slow-read': {
            const { promise } = gate
            world.hold = () => promise
            slow.push(read(1))
            world.hold = undefined
            break
          }
          case 'end-slow-reads':
            gate.resolve()
            await Promise.all(slow.splice(0))
            gate = Promise.withResolvers<void>()
            break
        }
      }
      gate.resolve()
      await Promise.all(slow)
    }),
    { numRuns: 300 },
  )
})
