import { expect, test } from 'vitest'
import { makeKey } from '../../../test/support/entries.ts'
import { makeTeam, teamId, userId } from '../../../test/support/rows.ts'
import {
  ISSUER,
  factsOf,
  makeMatch,
  makeMembership,
  makePolicy,
  makeProfile,
  makeRoute,
  makeToken,
} from '../../../test/support/token-makers.ts'
import type { Claims } from '../../domain/claims.ts'
import { NOBODY } from '../../domain/principal.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import type { TeamStanding, UserFacts } from '../../domain/user.ts'
import { decideRegisteredKey } from './decide-registered-key.ts'

const profile = makeProfile({ userId: 'sub', teamId: 'tid', teamIds: 'groups', teamAlias: 'team' })
const TEAM = makeTeam('t1', { alias: 'Red' })

function user(id: string, teams: readonly TeamStanding[] = []): UserFacts | undefined {
  const match = makeMatch(id, {}, teams)
  return match.is === 'found' ? match.facts : undefined
}

interface Given {
  readonly of?: string
  readonly policy?: Partial<TokenPolicy>
  readonly route?: string
}

function decide(
  claims: Claims,
  bearer: UserFacts | undefined,
  { of = 'ann', policy = {}, route = '/v1/chat/completions' }: Given = {},
  team: typeof TEAM | undefined = TEAM,
): string {
  const key = makeKey(1, { userId: of === '' ? undefined : userId(of), teamId: teamId('t1') })
  const facts = factsOf(makeToken({ sub: 'ann', ...claims }, profile), makePolicy())
  const standing = { ...NOBODY, team }
  const decision = decideRegisteredKey({ key, standing }, { facts, user: bearer }, makePolicy(policy), makeRoute(route))
  return decision.verdict === 'allow' ? 'allow' : decision.because
}

const [ANN, BOB] = [user('ann'), user('bob')]

test('INV-05: the same user, be it that there is none', () => {
  expect(decide({ tid: 't1' }, ANN)).toBe('allow')
  expect(decide({ tid: 't1' }, BOB)).toBe('jwt_key_unmapped')
  expect(decide({ tid: 't1' }, undefined)).toBe('jwt_key_unmapped')
  expect(decide({ tid: 't1' }, undefined, { of: '' })).toBe('allow')
  expect(decide({ tid: 't1' }, ANN, { of: '' })).toBe('jwt_key_unmapped')
})

test.each<readonly [string, Claims, string]>([
  ['the singular claim', { tid: 't1' }, 'allow'],
  ['one of several', { groups: ['t0', 't1'] }, 'allow'],
  ['the alias', { team: 'Red' }, 'allow'],
  ['another team', { tid: 't2', groups: ['t3'], team: 'Blue' }, 'team_not_in_token'],
  ['no team', { groups: [] }, 'team_not_in_token'],
  ['nothing about teams', {}, 'team_not_in_token'],
])('%s', (_name, claims, wanted) => {
  expect(decide(claims, ANN)).toBe(wanted)
})

test('a default team, and a membership that no token rules, are said elsewhere', () => {
  const given = user('ann', [makeMembership('ann', 't1')])
  const synced = user('ann', [makeMembership('ann', 't1', ISSUER)])
  expect(decide({}, ANN, { policy: { defaultTeam: 't1' } })).toBe('allow')
  expect(decide({}, given, { policy: { syncs: true } })).toBe('allow')
  expect(decide({}, synced)).toBe('allow')
  expect(decide({}, synced, { policy: { syncs: true } })).toBe('team_not_in_token')
})

test('a key without a team asks for none', () => {
  const { facts, key } = { facts: factsOf(makeToken({ sub: 'ann' }, profile), makePolicy()), key: makeKey(1) }
  const bearer = { facts, user: undefined }
  expect(decideRegisteredKey({ key, standing: NOBODY }, bearer, makePolicy(), makeRoute('/key/generate')).verdict).toBe(
    'allow',
  )
})

test('D-14: on the routes that tokens with a team have; administrators have their own', () => {
  const root = makeMatch('ann', { role: 'proxy_admin' })
  const made = { route: '/key/generate' }
  expect(decide({ tid: 't1' }, ANN, made)).toBe('jwt_team_route')
  expect(decide({ tid: 't1' }, ANN, { ...made, policy: { teamRoutes: ['/key/generate'] } })).toBe('allow')
  expect(decide({ tid: 't1' }, root.is === 'found' ? root.facts : undefined, made)).toBe('allow')
})
