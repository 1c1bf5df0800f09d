import { expect, test } from 'vitest'
import { makeKey } from '../../../test/support/entries.ts'
import { factsOf, makePolicy, makeProfile, makeToken } from '../../../test/support/token-makers.ts'
import { NOBODY } from '../../domain/principal.ts'
import type { Bearer, Principal } from '../../domain/principal.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import { boundsOf, isNarrowed } from './own-bounds.ts'

const token = makeToken({ sub: 'ann' }, makeProfile({}))

function mapped(key: Partial<VirtualKey>, limits: Partial<Bearer>): Principal {
  const facts = factsOf(token, makePolicy())
  const none = { routes: undefined, roleModels: undefined, scopeModels: undefined }
  return {
    kind: 'virtual-key',
    key: makeKey(1, { models: [], allowedRoutes: [], accessGroupIds: ['g'], ...key }),
    standing: NOBODY,
    bearer: { token, facts, user: undefined, ...none, ...limits },
  }
}

test('INV-12: a key that a token stands for gives what both the key and the token have', () => {
  const bounds = boundsOf(mapped({ models: ['m1', 'm2'] }, { scopeModels: ['m2', 'm3'], routes: ['/v1/models'] }))
  expect(bounds).toMatchObject({ models: ['m2'], allowedRoutes: ['/v1/models'], accessGroupIds: [] })
})

test('INV-12: where the two have nothing in common, nothing is left', () => {
  const bounds = boundsOf(mapped({ models: ['m1'], allowedRoutes: ['/a'] }, { scopeModels: ['m3'], routes: ['/b'] }))
  expect(bounds).toMatchObject({ models: ['no-default-models'], allowedRoutes: [''] })
})

test('a token without limits takes nothing from the key', () => {
  const principal = mapped({ models: ['m1'] }, {})
  expect(boundsOf(principal)).toMatchObject({ models: ['m1'], allowedRoutes: [], accessGroupIds: ['g'] })
  expect(isNarrowed(principal)).toBe(true)
  expect(isNarrowed(mapped({ accessGroupIds: [] }, {}))).toBe(false)
})

test('an access group limits as models do, also where it stands alone', () => {
  expect(isNarrowed(mapped({}, {}))).toBe(true)
  const bounds = boundsOf(mapped({}, { scopeModels: ['m1'] }))
  expect(bounds).toMatchObject({ models: ['no-default-models'], accessGroupIds: [] })
  expect(boundsOf(mapped({}, { scopeModels: ['m1', 'g'] }))).toMatchObject({ models: ['g'] })
})

test('where a token has no routes at all, nor has what is made with it', () => {
  expect(boundsOf(mapped({}, { routes: [] }))).toMatchObject({ allowedRoutes: [''] })
})
