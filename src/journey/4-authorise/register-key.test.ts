import { expect, test } from 'vitest'
import { makeOrganization, makeTeam } from '../../../test/support/rows.ts'
import { factsOf, makeMatch, makePolicy, makeProfile, makeToken } from '../../../test/support/token-makers.ts'
import type { TokenPrincipal } from '../../domain/principal.ts'
import { registerKey } from './register-key.ts'

const ISSUER = 'https://idp.example'
const token = makeToken({ sub: 'ann' }, makeProfile({}, { issuer: ISSUER }))
const claim = { name: 'azp', value: 'batch' }
const match = makeMatch('ann', {})
const user = match.is === 'found' ? match.facts : undefined

function principal(more: Partial<TokenPrincipal> = {}): TokenPrincipal {
  return {
    kind: 'user',
    token,
    facts: factsOf(token, makePolicy()),
    standing: { user, team: makeTeam('t1'), organization: makeOrganization('o1', 'b'), memberModels: [] },
    membership: undefined,
    admin: undefined,
    choice: undefined,
    registers: claim,
    routes: undefined,
    roleModels: undefined,
    scopeModels: undefined,
    ...more,
  }
}

test('D-48: the key is stamped with what the policy made of the token, not with what the token says', () => {
  expect(registerKey(principal())).toEqual([
    { make: 'key', issuer: ISSUER, claim, userId: 'ann', teamId: 't1', organizationId: 'o1' },
  ])
})

test('8.6: administrators of either kind get none, and neither does who asked for none', () => {
  expect(registerKey(principal({ admin: 'scope' }))).toEqual([])
  expect(registerKey(principal({ admin: 'stored' }))).toEqual([])
  expect(registerKey(principal({ registers: undefined }))).toEqual([])
})
