import { describe, expect, test } from 'vitest'
import { makeTeam } from '../../../test/support/rows.ts'
import { ISSUER, admitted, makeMatch, makeMembership } from '../../../test/support/token-makers.ts'
import type { Case, World } from '../../../test/support/token-makers.ts'
import type { Claims } from '../../domain/claims.ts'
import type { Provision } from '../../domain/provision.ts'
import type { UserRole } from '../../domain/role.ts'
import type { TeamStanding } from '../../domain/user.ts'

const FIELDS = { userId: 'uid', teamId: 'tid', teamIds: 'groups', roles: 'roles' }
const PLURAL = { userId: 'uid', teamIds: 'groups', roles: 'roles' }
const teams = ['t1', 't2', 't3'].map((id) => makeTeam(id))

function world(stored: readonly TeamStanding[], role: UserRole = 'internal_user'): World {
  return { teams, users: { ann: makeMatch('ann', { role }, stored) } }
}

function effectsOf(claims: Claims, given: Case): readonly Provision[] {
  return admitted({ uid: 'ann', ...claims }, { fields: PLURAL, ...given }).effects
}

const own = (team: string): TeamStanding => makeMembership('ann', team, ISSUER)
const byHand = (team: string): TeamStanding => makeMembership('ann', team)
const others = (team: string): TeamStanding => makeMembership('ann', team, 'https://other.example')
const joins = (team: string): Provision => ({
  make: 'membership',
  userId: 'ann' as never,
  teamId: team as never,
  source: ISSUER,
})
const leaves = (team: string): Provision => ({
  make: 'no-membership',
  userId: 'ann' as never,
  teamId: team as never,
  source: ISSUER,
})

describe('roles', () => {
  const policy = {
    syncs: true,
    exemptsStoredAdmins: true,
    roleMap: [
      { tokenRole: 'ADMIN', isGlob: false, role: 'proxy_admin' },
      { tokenRole: 'DEV', isGlob: false, role: 'internal_user' },
    ],
  } as const

  test('AT-117: taken over, and counted in the same request', () => {
    const caller = admitted({ uid: 'ann', roles: 'ADMIN' }, { fields: PLURAL, world: world([]), policy })
    expect(caller.effects).toEqual([{ make: 'role', userId: 'ann', role: 'proxy_admin' }])
    expect(caller.principal).toMatchObject({ admin: 'stored', standing: { user: { user: { role: 'proxy_admin' } } } })
  })

  test('a demotion counts in the same request too', () => {
    const stored = world([], 'proxy_admin')
    expect(
      admitted({ uid: 'ann', roles: ['DEV'] }, { fields: PLURAL, world: stored, policy }).principal.admin,
    ).toBeUndefined()
  })

  test('D-55: no role leaves the stored one, or the floor', () => {
    const stored = world([], 'proxy_admin')
    for (const claims of [{}, { roles: [] }, { roles: 'OTHER' }]) {
      expect(effectsOf(claims, { world: stored, policy })).toEqual([])
      expect(effectsOf(claims, { world: stored, policy: { ...policy, floorRole: 'internal_user_viewer' } })).toEqual([
        { make: 'role', userId: 'ann', role: 'internal_user_viewer' },
      ])
    }
  })

  test('what is so already is not written again', () => {
    expect(effectsOf({ roles: 'DEV' }, { world: world([]), policy })).toEqual([])
    expect(effectsOf({ roles: 'ADMIN' }, { world: world([]), policy: { ...policy, syncs: false } })).toEqual([])
  })

  test('of a user who is made in the same breath', () => {
    const given = { fields: PLURAL, world: { teams }, policy: { ...policy, createsUsers: true } }
    expect(admitted({ uid: 'bob', roles: 'ADMIN', groups: ['t1'] }, given).effects).toEqual([
      { make: 'user', wanted: 'bob', email: undefined, link: { issuer: ISSUER, subject: 'bob' } },
      { make: 'role', userId: undefined, role: 'proxy_admin' },
      { make: 'membership', userId: undefined, teamId: 't1', source: ISSUER },
    ])
  })
})

describe('teams', () => {
  const policy = { syncs: true }

  test.each([
    { groups: ['t1', 't2'], stored: [own('t1'), own('t3')], effects: [leaves('t3'), joins('t2')] },
    { groups: ['t1'], stored: [own('t1')], effects: [] },
    { groups: [], stored: [own('t1'), byHand('t2')], effects: [leaves('t1')] },
    { groups: ['gone'], stored: [own('t1')], effects: [leaves('t1')] },
    { groups: ['t1'], stored: [byHand('t2'), others('t3')], effects: [joins('t1')] },
    { groups: ['t1'], stored: [byHand('t1')], effects: [] },
  ])('AT-118, AT-120: $groups on $stored', ({ groups, stored, effects }) => {
    const given = { world: world(stored), policy: { ...policy, claimedTeamsAreAdvice: true } }
    expect(effectsOf({ groups }, given)).toEqual(effects)
  })

  test.each([{}, { groups: null }, { groups: '' }, { groups: 't2' }])(
    'AT-119, AT-070: %j changes nothing',
    (claims) => {
      expect(effectsOf(claims, { world: world([own('t1'), own('t3')]), policy })).toEqual([])
      const given = { world: world([own('t3'), own('t1')]), policy, fields: FIELDS }
      expect(effectsOf({ ...claims, tid: 't1' }, given)).toEqual([])
    },
  )

  test('where only one team has a claim, that is the claim', () => {
    const fields = { userId: 'uid', teamId: 'tid' }
    expect(effectsOf({ tid: 't1' }, { fields, world: world([own('t3')]), policy })).toEqual([leaves('t3'), joins('t1')])
    const given = { fields, world: world([own('t3')]), policy: { ...policy, defaultTeam: 't1' } }
    expect(effectsOf({}, given)).toEqual([])
  })

  test('a membership that is taken away does not count any more', () => {
    const given = { fields: PLURAL, world: world([own('t1')]), policy }
    expect(admitted({ uid: 'ann', groups: [] }, given).principal.standing).toMatchObject({
      team: undefined,
      user: { teams: [] },
    })
  })
})

describe('D-49: upsert_sso_user_to_team', () => {
  const policy = { writesMemberships: true }

  test.each([
    { name: 'an id', claims: { tid: 't1' }, effects: [joins('t1')] },
    { name: 'the chosen one of several', claims: { groups: ['t2', 't1'] }, effects: [joins('t2')] },
    { name: 'a header', claims: { groups: ['t2', 't1'] }, header: 't1', effects: [] },
    { name: 'the default', claims: {}, policy: { ...policy, defaultTeam: 't1' }, effects: [] },
    { name: 'an unset setting', claims: { tid: 't1' }, policy: {}, effects: [] },
  ])('AT-128: $name', ({ claims, effects, ...more }) => {
    const fields = 'tid' in claims ? FIELDS : PLURAL
    const given = { policy, fields, world: world([]), ...more }
    const caller = admitted({ uid: 'ann', ...claims }, given)
    expect(caller.effects).toEqual(effects)
    expect(caller.principal.membership === undefined).toBe(effects.length === 0)
  })

  test('an alias', () => {
    const named = { ...world([]), teams: [makeTeam('t1', { alias: 'One' })] }
    const fields = { userId: 'uid', teamAlias: 'team' }
    expect(effectsOf({ team: 'One' }, { fields, policy, world: named })).toEqual([joins('t1')])
    const stored = { ...world([own('t1')]), teams: named.teams }
    expect(effectsOf({ team: 'One' }, { fields, policy: { ...policy, syncs: true }, world: stored })).toEqual([])
  })

  test('AT-128: members are not written again, whoever made them', () => {
    for (const stored of [own('t1'), byHand('t1'), others('t1')]) {
      expect(effectsOf({ groups: ['t1'] }, { policy: { ...policy, syncs: true }, world: world([stored]) })).toEqual([])
    }
  })

  test('a machine becomes no member', () => {
    const caller = admitted({ tid: 't1' }, { fields: FIELDS, policy, world: { teams } })
    expect(caller.effects).toEqual([])
  })
})
