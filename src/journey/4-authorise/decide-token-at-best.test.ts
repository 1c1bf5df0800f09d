import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeTeam } from '../../../test/support/rows.ts'
import {
  factsOf,
  judge,
  makeFields,
  makeMatch,
  makeMembership,
  makePolicy,
  makeProfile,
  makeToken,
} from '../../../test/support/token-makers.ts'
import type { FieldTexts, World } from '../../../test/support/token-makers.ts'
import { claimsOf, sceneOf } from '../../../test/support/token-scenes.ts'
import type { Claims } from '../../domain/claims.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import { readMappedClaim } from '../3-identify/read-mapped-claim.ts'
import { decideTokenAtBest } from './decide-token-at-best.ts'

function atBest(claims: Claims, fields: FieldTexts, overrides: Partial<TokenPolicy> = {}): string {
  const policy = makePolicy(overrides)
  const token = makeToken(claims, makeProfile(fields))
  const claim = policy.keyMapping === undefined ? undefined : readMappedClaim(token, policy.keyMapping)
  const decided = decideTokenAtBest(token, { facts: factsOf(token, policy), claim }, policy)
  return decided.verdict === 'allow' ? 'allow' : decided.because
}

test('whoever passes in some directory passes at best', () => {
  const world: World = {
    teams: [makeTeam('t1', { alias: 'One' }), makeTeam('t2', { alias: 'Two' })],
    users: {
      ann: makeMatch('ann', {}, [makeMembership('ann', 't1')]),
      root: makeMatch('root', { role: 'proxy_admin' }),
    },
  }
  let passed = 0
  fc.assert(
    fc.property(claimsOf, sceneOf, (claims, { fields, policy, header, route, model }) => {
      const given = { fields, policy, header, route, model, world }
      if (judge(claims, given).verdict === 'deny') return
      passed += 1
      expect(atBest(claims, fields, policy)).toBe('allow')
    }),
    { numRuns: 2_000 },
  )
  expect(passed).toBeGreaterThan(100)
})

const mapped = (unregistered: 'fallback' | 'reject' | 'register'): Partial<TokenPolicy> => {
  const field = makeFields({ userId: 'azp' }).userId
  if (field === undefined) throw new Error('there is a field')
  return { keyMapping: { field, unregistered, ttlSeconds: 300 } }
}

describe('what no directory could make good', () => {
  test.each<[string, Claims, FieldTexts, Partial<TokenPolicy>]>([
    ['principal_unknown', { sub: 'ada' }, {}, {}],
    ['principal_unknown', {}, { email: 'email' }, {}],
    ['principal_unknown', { groups: [] }, { teamIds: 'groups' }, {}],
    ['principal_unknown', {}, { teamIds: 'groups' }, { fallsBackToStoredTeams: true }],
    ['jwt_claim_missing', { sub: 'ada' }, { userId: 'sub', teamId: 'tid' }, {}],
    ['team_required', { sub: 'ada', groups: [] }, { userId: 'sub', teamIds: 'groups' }, { needsTeam: true }],
    ['jwt_key_claim_missing', { sub: 'ada' }, { userId: 'sub' }, mapped('reject')],
    ['jwt_key_claim_missing', { sub: 'ada', azp: ['x'] }, { userId: 'sub' }, mapped('register')],
    ['jwt_email_denied', { sub: 'ada' }, { userId: 'sub', email: 'email' }, { emailDomain: 'a.com' }],
  ])('%s: %j by %j', (reason, claims, fields, policy) => {
    expect(atBest(claims, fields, policy)).toBe(reason)
  })
})

describe('what some directory would let through', () => {
  test.each<[string, Claims, FieldTexts, Partial<TokenPolicy>]>([
    ['a user', { sub: 'ada' }, { userId: 'sub' }, {}],
    [
      'a user with a team of its own',
      { sub: 'ada' },
      { userId: 'sub' },
      { needsTeam: true, fallsBackToStoredTeams: true },
    ],
    ['a team', { tid: 'blue' }, { teamId: 'tid' }, { needsTeam: true }],
    ['a team by its alias', { team: 'Blue' }, { teamAlias: 'team' }, { needsTeam: true }],
    ['a team by an alias that is no id', { team: 'Vertrieb Süd' }, { teamAlias: 'team' }, { needsTeam: true }],
    ['one of several teams', { groups: ['blue', 'red'] }, { teamIds: 'groups' }, { needsTeam: true }],
    ['one that the header names', { groups: ['blue'] }, { teamId: 'tid', teamIds: 'groups' }, {}],
    ['a default team', {}, { teamId: 'tid' }, { defaultTeam: 'base' }],
    ['an administrator by scope', { scope: 'litellm_proxy_admin' }, { teamId: 'tid' }, {}],
    ['an organisation', { sub: 'ada', org: 'acme' }, { userId: 'sub', organizationId: 'org' }, {}],
    ['a team for other routes', { tid: 'blue' }, { teamId: 'tid' }, { teamRoutes: ['/v1/embeddings'] }],
    ['a claim for a key', { azp: 'c1' }, {}, mapped('reject')],
    ['no claim for a key, where it stands alone', { sub: 'ada' }, { userId: 'sub' }, mapped('fallback')],
  ])('%s: %j by %j', (_, claims, fields, policy) => {
    expect(atBest(claims, fields, policy)).toBe('allow')
  })
})
