import { describe, expect, test } from 'vitest'
import { makeTeam } from '../../../test/support/rows.ts'
import { CHAT, admitted, judge, makeMatch, makeMembership, makeRoute } from '../../../test/support/token-makers.ts'
import type { Case, World } from '../../../test/support/token-makers.ts'
import type { Claims } from '../../domain/claims.ts'

const FIELDS = { userId: 'uid', email: 'email', teamIds: 'groups' }
const t1 = makeTeam('t1', { alias: 'One', models: ['m1'] })
const t2 = makeTeam('t2', { alias: 'Two', models: ['m1', 'm2'] })
const foreign = makeTeam('t9', { alias: 'Nine' })
const teams = [t1, t2, foreign]
const MODELS = makeRoute('/v1/models', 'GET')

function world(...stored: readonly string[]): World {
  return {
    teams,
    users: {
      ann: makeMatch(
        'ann',
        {},
        stored.map((team) => makeMembership('ann', team)),
      ),
    },
  }
}

function teamOf(claims: Claims, given: Case): string | undefined {
  return admitted({ uid: 'ann', ...claims }, { fields: FIELDS, world: world(), ...given }).principal.standing.team?.id
}

function refusal(claims: Claims, given: Case): object {
  return judge({ uid: 'ann', ...claims }, { fields: FIELDS, world: world(), ...given })
}

const BOTH = { groups: ['t1', 't2'] }

describe('teams of the token', () => {
  test.each([
    { groups: ['t1', 't2'], model: 'm1', team: 't1' },
    { groups: ['t2', 't1'], model: 'm1', team: 't2' },
    { groups: ['t1', 't2'], model: 'm2', team: 't2' },
    { groups: ['gone', 't1', 't2'], model: 'm2', team: 't2' },
    { groups: ['t1', 't2'], model: undefined, team: 't1' },
  ])('AT-102, AT-103, A.1, A.2: $model of $groups is for $team', ({ groups, model, team }) => {
    expect(teamOf({ groups }, { model })).toBe(team)
  })

  test('AT-104, AT-105, AT-126: none that may, or none that is there', () => {
    const denial = {
      problem: 'token-denied',
      because: 'team_no_model',
      say: 'No team has access to the requested model: m3. Check `/models` to see all available models.',
    }
    expect(refusal(BOTH, { model: 'm3' })).toMatchObject(denial)
    expect(refusal({ groups: ['gone'] }, { model: 'm3' })).toMatchObject(denial)
    expect(refusal({ groups: ['gone'] }, { model: 'm3', world: world('t9') })).toMatchObject(denial)
  })

  test('as advice, unknown ones give way to the only stored one', () => {
    const policy = { claimedTeamsAreAdvice: true }
    expect(teamOf({ groups: ['gone'] }, { model: 'm1', policy, world: world('t9') })).toBe('t9')
    expect(teamOf({ groups: ['gone'] }, { model: 'm1', policy, world: world('t1', 't9') })).toBeUndefined()
    expect(refusal(BOTH, { model: 'm3', policy, world: world('t9') })).toMatchObject({ because: 'team_no_model' })
  })

  test('plural before singular, and each once', () => {
    const fields = { ...FIELDS, teamId: 'tid' }
    const policy = { claimedTeamsAreAdvice: true }
    expect(teamOf({ groups: ['t2', 't1'], tid: 'gone' }, { fields, policy, model: 'm1' })).toBe('t2')
  })

  test('a singular team goes before several', () => {
    const fields = { ...FIELDS, teamId: 'tid' }
    expect(teamOf({ groups: ['t2'], tid: 't1' }, { fields, model: 'm2' })).toBe('t1')
  })

  test('a route that no team may call is refused whatever the model', () => {
    const policy = { teamRoutes: ['/v1/models'] }
    for (const model of ['m1', undefined]) {
      expect(refusal(BOTH, { model, policy, route: CHAT })).toMatchObject({ because: 'jwt_team_route' })
    }
    expect(teamOf(BOTH, { policy, route: MODELS })).toBe('t1')
  })

  test('AT-106: no team where one is wanted', () => {
    const policy = { needsTeam: true }
    const denial = {
      problem: 'token-denied',
      because: 'team_required',
      say: 'No teams found in token. `enforce_team_based_model_access` is set to True. Token must belong to a team.',
    }
    for (const claims of [{}, { groups: null }, { groups: [] }, { groups: 't1' }, { groups: '' }]) {
      expect(refusal(claims, { policy, model: 'm1', world: world('t1') })).toMatchObject(denial)
    }
    expect(refusal({ groups: ['gone'] }, { policy, route: MODELS })).toMatchObject(denial)
  })

  test('AT-070: a text is no team and opens none that is stored', () => {
    expect(teamOf({ groups: 't1' }, { model: 'm9' })).toBeUndefined()
    const policy = { fallsBackToStoredTeams: true }
    expect(teamOf({ groups: 't1' }, { policy, model: 'm1', world: world('t2', 't1') })).toBeUndefined()
    expect(refusal({ groups: 't1' }, { policy: { ...policy, needsTeam: true }, world: world('t2') })).toMatchObject({
      because: 'team_required',
    })
  })

  test('A.3, A.4: a header chooses, and a newcomer has none', () => {
    expect(teamOf(BOTH, { model: 'm1', header: 't2' })).toBe('t2')
    const fields = { userId: 'email', email: 'email', teamIds: 'groups' }
    const caller = admitted({ email: 'bob@x.org' }, { fields, policy: { createsUsers: true }, model: 'm1' })
    expect(caller.principal.standing).toMatchObject({ user: { user: { id: 'bob@x.org' } }, team: undefined })
  })
})

describe('the header', () => {
  test.each([
    { header: 't2', team: 't2' },
    { header: 'Two', team: 't2' },
    { header: 't1', team: 't1' },
  ])('AT-107, AT-109: $header is $team', ({ header, team }) => {
    expect(teamOf(BOTH, { model: 'm1', header })).toBe(team)
  })

  test('AT-108, AC-036, INV-14: others and unknown ones are told apart by nothing', () => {
    const headers = ['t9', 'Nine', 'gone', '__proto__', ' t1', 'T1']
    for (const header of headers) {
      expect(refusal({ groups: ['t2', 't1'] }, { model: 'm1', header, policy: { createsTeams: true } })).toEqual({
        verdict: 'deny',
        problem: 'token-denied',
        because: 'team_not_in_token',
        say: `x-litellm-team-id '${header}' does not resolve to a team id or a unique team alias in your JWT's allowed teams. Allowed team ids: ['t1', 't2']`,
      })
    }
  })

  test('an alias of two teams names none', () => {
    const twins = { ...world(), teams: [...teams, makeTeam('t3', { alias: 'Two' })] }
    expect(refusal(BOTH, { header: 'Two', world: twins })).toMatchObject({ because: 'team_not_in_token' })
  })

  test('J-16: a team of the token that is not there is 404, or made', () => {
    expect(refusal({ groups: ['gone'] }, { header: 'gone' })).toMatchObject({ problem: 'token-team-not-found' })
    const given = {
      header: 'gone',
      policy: { createsTeams: true, writesMemberships: true },
      fields: FIELDS,
      world: world(),
    }
    expect(admitted({ uid: 'ann', groups: ['gone'] }, given).effects).toEqual([{ make: 'team', teamId: 'gone' }])
  })

  test('the default and the alias of the token count as the token’s', () => {
    expect(teamOf({}, { header: 't2', policy: { defaultTeam: 't2' } })).toBe('t2')
    const fields = { ...FIELDS, teamAlias: 'team' }
    expect(teamOf({ team: 'Two' }, { header: 'Two', fields })).toBe('t2')
    expect(refusal({}, { header: 't9', policy: { defaultTeam: 't2' } })).toMatchObject({
      say: expect.stringMatching(/Allowed team ids: \[\]$/),
    })
  })
})

describe('fallback_to_db_teams', () => {
  const policy = { fallsBackToStoredTeams: true }

  test.each([
    { stored: ['t1', 't2'], model: 'm1', team: 't1' },
    { stored: ['t2', 't1'], model: 'm1', team: 't2' },
    { stored: ['t1', 't2'], model: 'm2', team: 't2' },
    { stored: ['gone', 't2'], model: undefined, team: 't2' },
    { stored: ['t1'], model: 'm2', team: undefined },
    { stored: [], model: 'm1', team: undefined },
  ])('AT-111: $model, stored in $stored, is for $team', ({ stored, model, team }) => {
    expect(teamOf({}, { policy, model, world: world(...stored) })).toBe(team)
    expect(teamOf({ groups: [] }, { policy, model, world: world(...stored) })).toBe(team)
  })

  test('only where the token says nothing about teams; the default says nothing either', () => {
    expect(teamOf({ groups: ['t2'] }, { policy, model: 'm1', world: world('t1') })).toBe('t2')
    const both = { ...policy, defaultTeam: 't9' }
    expect(teamOf({}, { policy: both, model: 'm1', world: world('t1') })).toBe('t1')
  })

  test('6.11: where a team is needed', () => {
    const strict = { ...policy, needsTeam: true }
    expect(refusal({}, { policy: strict, model: 'm2', world: world('t1') })).toMatchObject({
      because: 'team_no_model',
      say: 'No team you are a member of has access to the requested model: m2. Check `/models` to see the models available to you.',
    })
    for (const stored of [[], ['gone']]) {
      expect(refusal({}, { policy: strict, model: 'm2', world: world(...stored) })).toMatchObject({
        because: 'team_required',
        say: 'User is not a member of any team. Add the user to a team via the LiteLLM UI or API.',
      })
    }
  })

  test('AT-110: others’ teams and unknown ones are told apart by nothing, and none is made', () => {
    for (const header of ['t9', 'Nine', 'gone']) {
      const claims = [{ uid: 'ann' }, { uid: 'ann', groups: [] }]
      for (const each of claims) {
        expect(refusal(each, { policy: { ...policy, createsTeams: true }, header, world: world('t1') })).toEqual({
          verdict: 'deny',
          problem: 'token-denied',
          because: 'team_not_in_token',
          say: `x-litellm-team-id '${header}' does not resolve to a team id or a unique team alias among your team memberships.`,
        })
      }
    }
  })

  test('AT-110: nor by who has no row yet', () => {
    const answers = ['t9', 'gone'].map((header) =>
      judge({ uid: 'bob' }, { fields: FIELDS, policy, header, world: world() }),
    )
    expect(answers[0]).toMatchObject({ because: 'principal_unknown' })
    expect(answers[1]).toEqual(answers[0])
  })

  test.each(['t2', 'Two'])('the header %s chooses among the stored ones', (header) => {
    expect(teamOf({}, { policy, header, model: 'm1', world: world('t1', 't2') })).toBe('t2')
  })

  test('J-24: and its route is asked for', () => {
    const given = { policy: { ...policy, teamRoutes: [] }, header: 'Two', world: world('t2') }
    expect(refusal({}, given)).toMatchObject({
      because: 'jwt_team_route',
      say: "Team 'Two' (from x-litellm-team-id header) is not allowed to access route '/v1/chat/completions'.",
    })
  })
})
