import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { digestOf, makeKey, NOON } from '../../test/support/entries.ts'
import { epochMs, parseUserId, type UserId } from '../domain/ids.ts'
import type { KeyPage, VirtualKeys } from './virtual-keys.ts'

const LATER = epochMs(NOON + 1_000)
const GRACE_END = epochMs(NOON + 60_000)
const ALL: KeyPage = { filter: {}, sort: 'token', order: 'asc', page: 1, size: 100 }

const AWKWARD_TEXTS = [
  `'; drop table latchkey.virtual_key; --`,
  `"quoted" \\ back\\slash`,
  '{a,b} , "c"',
  'NULL',
  '',
  '日本語 🗝️ \u{10ffff}',
  'line\nbreak\ttab',
  '%_*',
]

/** What every store of virtual keys promises. */
export function describeVirtualKeys(
  name: string,
  open: () => Promise<{ readonly keys: VirtualKeys; readonly close: () => Promise<void> }>,
): void {
  describe(`virtual keys in ${name}`, () => {
    let keys: VirtualKeys
    let close: () => Promise<void>

    beforeEach(async () => {
      const opened = await open()
      keys = opened.keys
      close = opened.close
    })
    afterEach(() => close())

    test('a key is found by its digest as it was written, field for field', async () => {
      const key = makeKey(1, {
        alias: 'svc-search',
        userId: user('ana@example.com'),
        models: ['gpt-4o', 'openai/*'],
        modelAliases: { fast: 'gpt-4o-mini' },
        allowedRoutes: ['llm_api_routes'],
        enforcedParams: ['metadata.generation_name'],
        tags: ['prod'],
        metadata: { app: 'search', deep: { list: [1, 2.5, null, true, 'x'] } },
        blocked: true,
        expiresAt: epochMs(NOON + 1),
        updatedAt: LATER,
        updatedBy: 'bob',
        rotationCount: 3,
        lastRotatedAt: epochMs(NOON - 1),
      })
      expect(await keys.insert(key)).toBe('inserted')
      expect(await keys.findKey(key.digest, NOON)).toEqual({ key, graceEndsAt: undefined })
      expect(await keys.findByAlias('svc-search')).toEqual(key)
    })

    test.each(AWKWARD_TEXTS)('K-06: text is only ever data: %j', async (text) => {
      const key = makeKey(1, {
        alias: text,
        models: [text, `${text}2`],
        modelAliases: { [text]: text },
        tags: [text],
        metadata: { [text]: text },
        createdBy: text,
      })
      await keys.insert(key)
      expect(await keys.findByAlias(text)).toEqual(key)
      expect(await keys.findByAlias(`${text}' or '1'='1`)).toBeUndefined()
      expect((await keys.list({ ...ALL, filter: { alias: text } })).keys).toEqual([key])
    })

    test('an unknown digest is absent', async () => {
      expect(await keys.findKey(digestOf(9), NOON)).toBeUndefined()
      expect(await keys.findByAlias('nobody')).toBeUndefined()
    })

    test('a digest and an alias belong to one key', async () => {
      await keys.insert(makeKey(1, { alias: 'one' }))
      expect(await keys.insert(makeKey(1, { alias: 'two' }))).toBe('digest-taken')
      expect(await keys.insert(makeKey(2, { alias: 'one' }))).toBe('alias-taken')
      expect(await keys.insert(makeKey(2, { alias: 'two' }))).toBe('inserted')
      expect(await keys.update(makeKey(2, { alias: 'one' }))).toBe('alias-taken')
      expect(await keys.rotate({ from: digestOf(2), to: makeKey(3, { alias: 'one' }) })).toBe('alias-taken')
      expect((await keys.findKey(digestOf(2), NOON))?.key.alias).toBe('two')
    })

    test('of many inserts of one alias at once exactly one succeeds', async () => {
      const outcomes = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => keys.insert(makeKey(n, { alias: 'svc' }))))
      expect(outcomes.toSorted()).toEqual([...Array.from({ length: 5 }, () => 'alias-taken'), 'inserted'])
    })

    test('of many inserts of one digest at once exactly one succeeds', async () => {
      const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map((alias) => keys.insert(makeKey(1, { alias }))))
      expect(outcomes.toSorted()).toEqual(['digest-taken', 'digest-taken', 'digest-taken', 'inserted'])
    })

    test('an update replaces the whole row and is seen by the next read', async () => {
      await keys.insert(makeKey(1, { alias: 'svc', tags: ['old'], expiresAt: LATER }))
      const updated = makeKey(1, { blocked: true, updatedAt: LATER })
      expect(await keys.update(updated)).toBe('updated')
      expect((await keys.findKey(digestOf(1), NOON))?.key).toEqual(updated)
      expect(await keys.update(makeKey(2))).toBe('unknown')
    })

    test('a change made from an older row undoes nothing: it is refused, and so is a rotation', async () => {
      const first = makeKey(1)
      await keys.insert(first)
      const blocked = makeKey(1, { blocked: true, updatedAt: LATER })
      expect(await keys.update(blocked, first.updatedAt)).toBe('updated')
      expect(await keys.update(makeKey(1, { alias: 'late' }), first.updatedAt)).toBe('changed')
      expect(await keys.rotate({ from: digestOf(1), to: makeKey(2), seen: first.updatedAt })).toBe('changed')
      expect((await keys.findKey(digestOf(1), NOON))?.key).toEqual(blocked)
      expect(await keys.update(makeKey(3), first.updatedAt)).toBe('unknown')
    })

    test('K-09: without a grace period the earlier digest is dead at once', async () => {
      await keys.insert(makeKey(1))
      expect(await keys.rotate({ from: digestOf(1), to: makeKey(2) })).toBe('rotated')
      expect(await keys.findKey(digestOf(1), NOON)).toBeUndefined()
      expect((await keys.findKey(digestOf(2), NOON))?.key).toEqual(makeKey(2))
    })

    test('K-09: within its grace period the earlier digest leads to the new row, and not a moment longer', async () => {
      await keys.insert(makeKey(1, { alias: 'svc' }))
      const to = makeKey(2, { alias: 'svc', rotationCount: 1 })
      await keys.rotate({ from: digestOf(1), to, graceEndsAt: GRACE_END })
      expect(await keys.findKey(digestOf(1), NOON)).toEqual({ key: to, graceEndsAt: GRACE_END })
      expect(await keys.findKey(digestOf(1), epochMs(GRACE_END - 1))).toEqual({ key: to, graceEndsAt: GRACE_END })
      expect(await keys.findKey(digestOf(1), GRACE_END)).toBeUndefined()
    })

    test('K-09: a second rotation ends all earlier digests at once', async () => {
      await keys.insert(makeKey(1))
      await keys.rotate({ from: digestOf(1), to: makeKey(2), graceEndsAt: GRACE_END })
      await keys.rotate({ from: digestOf(2), to: makeKey(3), graceEndsAt: GRACE_END })
      expect(await keys.findKey(digestOf(1), NOON)).toBeUndefined()
      expect((await keys.findKey(digestOf(2), NOON))?.key.digest).toBe(digestOf(3))
      expect(await keys.rotate({ from: digestOf(3), to: makeKey(4) })).toBe('rotated')
      expect(await keys.findKey(digestOf(2), NOON)).toBeUndefined()
    })

    test('a retired digest names no row and is never given out again, also after its key was deleted', async () => {
      await keys.insert(makeKey(1))
      await keys.rotate({ from: digestOf(1), to: makeKey(2), graceEndsAt: GRACE_END })
      expect(await keys.insert(makeKey(1))).toBe('digest-taken')
      expect(await keys.update(makeKey(1))).toBe('unknown')
      expect(await keys.delete([digestOf(1)], 'bob', LATER)).toBe('unknown')
      expect(await keys.rotate({ from: digestOf(1), to: makeKey(5) })).toBe('unknown')
      expect(await keys.rotate({ from: digestOf(2), to: makeKey(1) })).toBe('digest-taken')
      expect(await keys.rotate({ from: digestOf(2), to: makeKey(2) })).toBe('digest-taken')
      await keys.delete([digestOf(2)], 'bob', LATER)
      expect(await keys.insert(makeKey(1))).toBe('digest-taken')
    })

    test('deleting a key kills its earlier digests with it', async () => {
      await keys.insert(makeKey(1))
      await keys.rotate({ from: digestOf(1), to: makeKey(2), graceEndsAt: GRACE_END })
      expect(await keys.delete([digestOf(2)], 'bob', LATER)).toBe('deleted')
      expect(await keys.findKey(digestOf(1), NOON)).toBeUndefined()
      expect(await keys.findKey(digestOf(2), NOON)).toBeUndefined()
    })

    test('a delete of several keys is all or none', async () => {
      await keys.insert(makeKey(1, { alias: 'one' }))
      await keys.insert(makeKey(2))
      expect(await keys.delete([digestOf(1), digestOf(9)], 'bob', LATER)).toBe('unknown')
      expect(await keys.findByAlias('one')).toBeDefined()
      expect(await keys.delete([digestOf(1), digestOf(2), digestOf(1)], 'bob', LATER)).toBe('deleted')
      expect((await keys.list(ALL)).total).toBe(0)
      expect(await keys.insert(makeKey(3, { alias: 'one' }))).toBe('inserted')
    })

    test('of a rotation and a delete at once one comes first, and the other finds it done', async () => {
      for (let round = 1; round <= 5; round += 1) {
        const [from, to] = [round * 10, round * 10 + 1]
        await keys.insert(makeKey(from))
        const [rotated, deleted] = await Promise.all([
          keys.rotate({ from: digestOf(from), to: makeKey(to) }),
          keys.delete([digestOf(from)], 'bob', LATER),
        ])
        expect([`${rotated}, ${deleted}`]).toEqual([rotated === 'rotated' ? 'rotated, unknown' : 'unknown, deleted'])
        expect(await keys.findKey(digestOf(from), NOON)).toBeUndefined()
        expect((await keys.findKey(digestOf(to), NOON)) !== undefined).toBe(rotated === 'rotated')
      }
    })

    test('of two rotations of one key at once one succeeds', async () => {
      await keys.insert(makeKey(1))
      const outcomes = await Promise.all([2, 3].map((n) => keys.rotate({ from: digestOf(1), to: makeKey(n) })))
      expect(outcomes.toSorted()).toEqual(['rotated', 'unknown'])
      expect((await keys.list(ALL)).total).toBe(1)
    })

    test('of a rotation away from a digest and an insert of it the insert is always refused', async () => {
      await keys.insert(makeKey(1))
      const [rotated, inserted] = await Promise.all([
        keys.rotate({ from: digestOf(1), to: makeKey(2) }),
        keys.insert(makeKey(1)),
      ])
      expect([rotated, inserted]).toEqual(['rotated', 'digest-taken'])
    })

    test('pages tile the list without gaps or repeats, in either order, ties included', async () => {
      const aliases = ['b', undefined, 'Z', 'é', undefined, 'a', '😀']
      for (const [n, alias] of aliases.entries()) {
        await keys.insert(makeKey(n + 1, { alias, createdAt: epochMs(NOON + (n % 3)) }))
      }
      for (const sort of ['created_at', 'updated_at', 'token', 'key_alias', 'spend'] as const) {
        for (const order of ['asc', 'desc'] as const) {
          const whole = await keys.list({ ...ALL, sort, order })
          const pages = await Promise.all([1, 2, 3, 4].map((page) => keys.list({ ...ALL, sort, order, page, size: 2 })))
          expect(pages.flatMap((page) => page.keys)).toEqual(whole.keys)
          expect(pages.map(({ total }) => total)).toEqual([7, 7, 7, 7])
        }
      }
      const byAlias = await keys.list({ ...ALL, sort: 'key_alias' })
      expect(byAlias.keys.map(({ alias }) => alias)).toEqual(['Z', 'a', 'b', 'é', '😀', undefined, undefined])
      expect((await keys.list({ ...ALL, page: 9 })).keys).toEqual([])
    })

    test('filters hold together', async () => {
      const ana = user('ana@example.com')
      await keys.insert(makeKey(1, { userId: ana, alias: 'one' }))
      await keys.insert(makeKey(2, { userId: ana }))
      await keys.insert(makeKey(3, { userId: user("o'brien%") }))
      expect((await keys.list({ ...ALL, filter: { userId: ana } })).total).toBe(2)
      expect(
        (await keys.list({ ...ALL, filter: { userId: ana, alias: 'one' } })).keys.map((key) => key.digest),
      ).toEqual([digestOf(1)])
      expect((await keys.list({ ...ALL, filter: { userId: ana, digest: digestOf(3) } })).total).toBe(0)
      expect((await keys.list({ ...ALL, filter: { userId: user("o'brien%") } })).total).toBe(1)
    })
  })
}

function user(text: string): UserId {
  const id = parseUserId(text)
  if (id === undefined) throw new Error('not a user id')
  return id
}
