import { describe, expect, test } from 'vitest'
import { loadTokens, tokensOf, warningsOf } from '../../../test/support/load-tokens.ts'
import type { Members } from '../../../test/support/load-tokens.ts'
import { told } from '../../../test/support/load-yaml.ts'
import type { KeyMappingPolicy } from '../../domain/token-settings.ts'

function mapping(auth: Members): KeyMappingPolicy | undefined {
  return tokensOf({ auth }).policy.keyMapping
}

test('8.1: without the claim tokens stand for no keys', () => {
  expect(mapping({})).toBeUndefined()
  expect(mapping({ unregistered_jwt_client_behavior: 'fallback_team_mapping' })).toBeUndefined()
})

test('8.1: with the claim and nothing else', () => {
  expect(mapping({ virtual_key_claim_field: 'azp' })).toEqual({
    field: { path: ['azp'], text: 'azp', setting: 'virtual_key_claim_field' },
    unregistered: 'fallback',
    ttlSeconds: 300,
  })
})

describe('AT-084: the other name of the claim', () => {
  test('stands for it, with the policy and all', () => {
    const auth = { jwt_client_id_field: String.raw`x\.y.id`, unregistered_jwt_client_behavior: 'auto_register' }
    expect(mapping({ ...auth, virtual_key_mapping_cache_ttl: 5 })).toEqual({
      field: { path: ['x.y', 'id'], text: String.raw`x\.y.id`, setting: 'jwt_client_id_field' },
      unregistered: 'register',
      ttlSeconds: 5,
    })
  })

  test('gives way to the first, and is told of', () => {
    const auth = { jwt_client_id_field: 'sub', virtual_key_claim_field: 'azp' }
    expect(mapping(auth)?.field.text).toBe('azp')
    expect(told(loadTokens({ auth }), 'note').join('\n')).toMatch(/jwt_client_id_field.*virtual_key_claim_field says/)
  })

  test('does not stand in for a first one that cannot be read', () => {
    expect(
      loadTokens({ auth: { jwt_client_id_field: 'sub', virtual_key_claim_field: 'a..b' } }).settings,
    ).toBeUndefined()
  })
})

test.each([
  ['fallback_team_mapping', 'fallback'],
  ['reject', 'reject'],
  ['auto_register', 'register'],
])('8.3: %s', (written, read) => {
  const auth = { virtual_key_claim_field: 'azp', unregistered_jwt_client_behavior: written }
  expect(mapping(auth)?.unregistered).toBe(read)
})

test('a lifetime without a claim is told of', () => {
  expect(warningsOf({ auth: { virtual_key_mapping_cache_ttl: 5 } }).join('\n')).toMatch(/virtual_key_mapping_cache_ttl/)
})
