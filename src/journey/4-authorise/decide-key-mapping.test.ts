import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeKey } from '../../../test/support/entries.ts'
import { makePolicy, makeProfile } from '../../../test/support/token-makers.ts'
import type { MappedKey } from '../../domain/key-mapping.ts'
import type { KeyMappingPolicy } from '../../domain/token-settings.ts'
import { decideKeyMapping } from './decide-key-mapping.ts'

const ISSUER = 'https://idp.example'
const token = { issuer: ISSUER, profile: makeProfile({}, { issuer: ISSUER }) }
const field = { path: ['azp'], text: 'azp', setting: 'virtual_key_claim_field' }
const claim = { name: 'azp', value: 'batch' }

function mapping(number: number, issuer: string | undefined, isActive = true): MappedKey {
  return {
    id: `${number}`,
    issuer,
    isActive,
    isRegistered: false,
    key: makeKey(number, { displayName: `sk-...${number}` }),
  }
}

function decide(
  unregistered: KeyMappingPolicy['unregistered'],
  mappings: readonly MappedKey[],
  said: typeof claim | undefined = claim,
): string {
  const decision = decideKeyMapping(token, said, mappings, { field, unregistered })
  if (decision.verdict === 'deny') return decision.because
  return decision.granted.is === 'mapped' ? decision.granted.to.key.displayName : decision.granted.is
}

const [own, any, others, off] = [
  mapping(1, ISSUER),
  mapping(2, undefined),
  mapping(3, 'https://else.example'),
  mapping(4, ISSUER, false),
]
const [OWN, ANY] = [own.key.displayName, any.key.displayName]

describe('8.2, 8.3: what a claim comes to', () => {
  test.each<readonly [string, readonly MappedKey[], string, string, string]>([
    ['nothing', [], 'none', 'jwt_key_unmapped', 'pending'],
    ['the issuer’s own', [own], OWN, OWN, OWN],
    ['that of any issuer', [any], ANY, ANY, ANY],
    ['the own before any', [any, own], OWN, OWN, OWN],
    ['another issuer’s', [others], 'none', 'jwt_key_unmapped', 'pending'],
    ['one that is switched off', [off], 'none', 'jwt_key_unmapped', 'jwt_key_unmapped'],
    ['one switched off, and one of any issuer', [off, any], ANY, ANY, ANY],
    ['one of any issuer, switched off', [mapping(5, undefined, false)], 'none', 'jwt_key_unmapped', 'jwt_key_unmapped'],
  ])('%s', (_name, mappings, fallback, reject, register) => {
    expect(decide('fallback', mappings)).toBe(fallback)
    expect(decide('reject', mappings)).toBe(reject)
    expect(decide('register', mappings)).toBe(register)
  })
})

test('AT-148, AT-149, AT-150: a missing claim never passes where a claim is asked for', () => {
  expect(decideKeyMapping(token, undefined, [], { field, unregistered: 'reject' })).toMatchObject({
    problem: 'token-denied',
    say: "JWT Key Mapping: Required claim 'azp' is missing from the JWT. Access denied.",
  })
  expect(decideKeyMapping(token, undefined, [], { field, unregistered: 'register' })).toMatchObject({
    because: 'jwt_key_claim_missing',
  })
  expect(decideKeyMapping(token, undefined, [], { field, unregistered: 'fallback' })).toMatchObject({
    granted: { is: 'none' },
  })
})

test('AT-147: the refusal names field and value, in characters that a log can hold', () => {
  const said = { name: 'azp', value: 'böse\u202e' }
  expect(decideKeyMapping(token, said, [], { field, unregistered: 'reject' })).toMatchObject({
    say: "JWT Key Mapping: No registered mapping for azp='b?se?'. Access denied.",
  })
})

test('a token that names no issuer is of the profile that proved it, and not of any', () => {
  const nameless = { issuer: '', profile: makeProfile({}, { id: 'shared' }) }
  const policy = { field, unregistered: 'reject' } as const
  expect(decideKeyMapping(nameless, claim, [mapping(1, 'shared')], policy).verdict).toBe('allow')
  expect(decideKeyMapping(nameless, claim, [mapping(1, ISSUER)], policy).verdict).toBe('deny')
})

test('the order of mappings never matters, and one more of another issuer changes nothing', () => {
  const some = fc.array(fc.constantFrom(own, any, others, off), { maxLength: 4 })
  fc.assert(
    fc.property(some, fc.constantFrom('fallback', 'reject', 'register'), (mappings, unregistered) => {
      const before = decide(unregistered, mappings)
      expect(decide(unregistered, mappings.toReversed())).toBe(before)
      expect(decide(unregistered, [...mappings, others])).toBe(before)
    }),
  )
  expect(makePolicy().keyMapping).toBeUndefined()
})
