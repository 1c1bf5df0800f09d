import { describe, expect, test } from 'vitest'
import type { KeyMapping } from '../../src/domain/key-mapping.ts'
import type { Directory } from '../../src/ports/directory.ts'
import type { Rooms } from '../../src/ports/registry.ts'
import { NOON, digestOf, makeKey } from './entries.ts'

type Write = (work: (rooms: Rooms) => Promise<unknown>) => Promise<void>

const BATCH = { name: 'azp', value: 'batch' }

function mapping(id: string, key: number, more: Partial<KeyMapping> = {}): KeyMapping {
  return {
    id,
    issuer: undefined,
    claim: BATCH,
    digest: digestOf(key),
    description: undefined,
    isActive: true,
    createdAt: NOON,
    createdBy: 'tests',
    updatedAt: NOON,
    updatedBy: 'tests',
    ...more,
  }
}

/** What a claim stands for, on every directory. */
export function describeKeyMappings(opened: () => { readonly directory: Directory }, write: Write): void {
  describe('mappings of claims to keys', () => {
    async function found(): Promise<readonly (readonly [string | undefined, boolean, string])[]> {
      const mappings = await opened().directory.findKeyMappings(BATCH)
      return mappings
        .map(({ issuer, isActive, key }) => [issuer, isActive, key.digest] as const)
        .toSorted(([one = ''], [other = '']) => (one < other ? -1 : 1))
    }

    test('AT-169: each with its key, and every change of either is seen by the next read', async () => {
      expect(await found()).toEqual([])
      await write(async ({ keys, keyMappings }) => {
        await keys.insert(makeKey(1))
        await keys.insert(makeKey(2))
        expect(await keyMappings.insert(mapping('one', 1))).toBe('inserted')
      })
      expect(await found()).toEqual([[undefined, true, digestOf(1)]])
      await write(({ keyMappings }) => keyMappings.insert(mapping('two', 2, { issuer: 'https://a' })))
      expect(await found()).toEqual([
        [undefined, true, digestOf(1)],
        ['https://a', true, digestOf(2)],
      ])
      await write(({ keyMappings }) => keyMappings.update(mapping('one', 1, { isActive: false })))
      await write(({ keys }) => keys.update(makeKey(2, { blocked: true })))
      const blocked = (await opened().directory.findKeyMappings(BATCH)).filter(({ key }) => key.blocked)
      expect(blocked.map(({ issuer }) => issuer)).toEqual(['https://a'])
      await write(({ keys }) => keys.rotate(digestOf(1), makeKey(3), undefined))
      expect(await found()).toEqual([
        [undefined, false, digestOf(3)],
        ['https://a', true, digestOf(2)],
      ])
      await write(({ keyMappings }) => keyMappings.update(mapping('one', 3, { claim: { name: 'azp', value: 'x' } })))
      expect(await found()).toEqual([['https://a', true, digestOf(2)]])
      await write(({ keys }) => keys.archive([digestOf(2)], 'root'))
      expect(await found()).toEqual([])
    })

    test('D-56: a claim of an issuer is there once; of any issuer, too; and bytes are bytes', async () => {
      await write(async ({ keys, keyMappings }) => {
        await keys.insert(makeKey(1))
        expect(await keyMappings.insert(mapping('one', 1))).toBe('inserted')
        expect(await keyMappings.insert(mapping('two', 1))).toBe('taken')
        expect(await keyMappings.insert(mapping('three', 1, { issuer: 'https://a' }))).toBe('inserted')
        expect(await keyMappings.insert(mapping('four', 1, { issuer: 'https://a' }))).toBe('taken')
        expect(await keyMappings.insert(mapping('five', 1, { issuer: 'https://A' }))).toBe('inserted')
      })
      const { directory } = opened()
      for (const value of ['Batch', 'batch ', 'b\u0000atch', '\ud800', '']) {
        expect(await directory.findKeyMappings({ ...BATCH, value }), JSON.stringify(value)).toEqual([])
      }
      expect(await directory.findKeyMappings({ ...BATCH, name: 'AZP' })).toEqual([])
    })
  })
}
