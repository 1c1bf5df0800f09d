import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digests } from '../../adapters/crypto/digests.ts'
import { formOf, OWN_FORM } from '../../domain/key-format.ts'
import { makeKey } from './make-key.ts'

const rules = {
  allowCustomKeys: true,
  keyDefaults: {},
  keyUpperBounds: {},
  strictNoSecretsInUrl: false,
  keyGeneration: {},
  needsTeam: false,
  userDefaults: {},
}
const masterKey = digests.digestKey('sk-master')

test('K-01: whatever bytes chance gives, a key of our own form comes of them, and bytes that would bias it are passed over', () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.uint8Array({ minLength: 100, maxLength: 100 })), (stream) => {
      const chance = {
        secretBytes: (count: number) => {
          const { value = new Uint8Array(100) } = stream.next()
          return value.slice(0, count)
        },
      }
      const made = makeKey(undefined, { chance, digests, masterKey, rules })
      expect(made.verdict).toBe('allow')
      if (made.verdict === 'deny') return
      const { key, digest, displayName } = made.granted
      expect(key).toMatch(OWN_FORM)
      expect(formOf(key)).toBe('own')
      expect([digest, displayName]).toEqual([digests.digestKey(key), `sk-...${key.slice(-4)}`])
    }),
    { numRuns: 50 },
  )
})
