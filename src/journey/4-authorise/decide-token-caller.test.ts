import { describe, expect, test } from 'vitest'
import { makeOrganization, makeTeam } from '../../../test/support/rows.ts'
import {
  ISSUER,
  admitted,
  judge,
  makeMatch,
  makeMembership,
  makeRoute,
  newMatch,
} from '../../../test/support/token-makers.ts'
import type { Case, World } from '../../../test/support/token-makers.ts'
import { ACCESS_TABLE } from '../../domain/access-table.ts'
import type { Claims } from '../../domain/claims.ts'
import type { Provision } from '../../domain/provision.ts'

const USERS = { userId: 'uid', email: 'email' }
const ONE_TEAM = { ...USERS, teamId: 'tid', teamAlias: 'team' }
const blue = makeTeam('blue', { alias: 'Blue' })
const red = makeTeam('red', { alias: 'Red', models: ['m1'] })
const teams = [blue, red]
const GENERATE = makeRoute('/key/generate')
const ADMIN = { scope: 'litellm_proxy_admin', uid: 'root' }

function teamOf(claims: Claims, given: Case): string | undefined {
  return admitted(claims, given).principal.standing.team?.id
}

function effectsOf(claims: Claims, given: Case): readonly Provision[] {
  return admitted(claims, given).effects
}

/** A user in the stored teams. */
function member(...of: readonly string[]): World {
  return {
    teams,
    users: {
      ann: makeMatch(
        'ann',
        {},
        of.map((team) => makeMembership('ann', team)),
      ),
    },
  }
}

describe('administrators by scope', () => {
  const llm = { adminRoutes: ['openai_routes', 'management_routes'] }
  const known = { teams, users: { root: makeMatch('u-1') } }

  test('AT-089, AT-143: are the user of their row', () => {
    const { principal } = admitted(ADMIN, { fields: USERS, route: GENERATE, world: known })
    expect(principal).toMatchObject({ kind: 'user', admin: 'scope', standing: { user: { user: { id: 'u-1' } } } })
  })

  test('J-10: are looked up and never made', () => {
    const given = { fields: USERS, route: GENERATE, policy: { createsUsers: true } }
    expect(admitted(ADMIN, given)).toMatchObject({
      effects: [],
      principal: { standing: { user: { user: { id: 'root' } } } },
    })
    expect(admitted({ scope: ADMIN.scope }, given)).toMatchObject({
      principal: { admin: 'scope', standing: { user: undefined } },
    })
  })

  test('D-23: not after somebody deleted them', () => {
    const world: World = { users: { root: { ...newMatch('root'), wasDeleted: true } as never } }
    expect(judge(ADMIN, { fields: USERS, route: GENERATE, world })).toMatchObject({ because: 'principal_blocked' })
  })

  test.each([
    { header: 'red', team: 'red' },
    { header: 'Red', team: 'red' },
    { header: 'nowhere', team: undefined },
    { header: undefined, team: undefined },
  ])('AT-092, AT-093: the header $header gives team $team', ({ header, team }) => {
    expect(teamOf(ADMIN, { fields: USERS, policy: { ...llm, createsTeams: true }, world: known, header })).toBe(team)
    expect(effectsOf(ADMIN, { fields: USERS, policy: { ...llm, createsTeams: true }, world: known, header })).toEqual(
      [],
    )
  })

  test('J-09: other routes know no team of an administrator', () => {
    const given = { fields: USERS, policy: llm, world: known, header: 'red', route: GENERATE }
    expect(teamOf(ADMIN, given)).toBeUndefined()
  })

  test('no team of the token is asked for', () => {
    const given = { fields: ONE_TEAM, route: GENERATE, world: known, policy: { needsTeam: true, needsSomebody: true } }
    expect(teamOf({ ...ADMIN, tid: 'nowhere' }, given)).toBeUndefined()
  })

  test('roles and scopes limit their models too', () => {
    const policy = {
      ...llm,
      enforcesRoles: true,
      rolePermissions: [{ role: 'proxy_admin', models: ['m1'], routes: undefined }],
      scopeMappings: [{ scope: 'other', models: ['m2'], routes: undefined }],
    } as const
    const { principal } = admitted(ADMIN, { fields: USERS, policy, world: known })
    expect(principal).toMatchObject({ roleModels: ['m1'], scopeModels: [] })
  })
})

describe('one team', () => {
  const world = { teams }
  const given = { fields: ONE_TEAM, world }

  test('AT-095: an unknown one is 404', () => {
    expect(judge({ tid: 'gone' }, given)).toMatchObject({
      problem: 'token-team-not-found',
      because: 'team_unknown',
      say: `{'error': "Team doesn't exist in db. Team=gone. Create team via \`/team/new\` call."}`,
    })
  })

  test('AT-096: or is made', () => {
    const made = admitted({ tid: 'green' }, { ...given, policy: { createsTeams: true } })
    expect(made.effects).toEqual([{ make: 'team', teamId: 'green' }])
    expect(made.principal).toMatchObject({ kind: 'team-token', standing: { team: { id: 'green' } } })
    expect(effectsOf({ tid: 'blue' }, { ...given, policy: { createsTeams: true } })).toEqual([])
  })

  test('AT-096: what can be no id is made into none', () => {
    const answer = judge({ tid: 'grün' }, { ...given, policy: { createsTeams: true } })
    expect(answer).toMatchObject({ problem: 'token-team-not-found' })
  })

  test.each([{}, { tid: null }, { tid: '' }, { tid: [] }, { uid: 'ann' }])('AT-099, AC-034: %j has none', (claims) => {
    const answer = judge(claims, { ...given, world: member('blue'), policy: { claimedTeamsAreAdvice: true } })
    expect(answer).toMatchObject({
      problem: 'token-unresolved',
      because: 'jwt_claim_missing',
      say: "Authentication Error, No team found in token. Checked team_id field 'tid' and team_alias field 'team'.",
    })
  })

  test.each([
    {
      field: 'roles.0',
      hint: " Hint: dot-notation array indexing (e.g. 'roles.0') is not supported. Use 'roles' instead — Latchkey automatically uses the first element when the field value is a list.",
    },
    {
      field: 'roles[0]',
      hint: " Hint: array indexing (e.g. 'roles[0]') is not supported in team_id_jwt_field. Use 'roles' instead — Latchkey automatically uses the first element when the field value is a list.",
    },
    { field: 'roles.a0', hint: '' },
  ])('AT-067, AT-068: $field', ({ field, hint }) => {
    expect(judge({ roles: ['blue'] }, { fields: { teamId: field }, world })).toMatchObject({
      say: `Authentication Error, No team found in token. Checked team_id field '${field}' and team_alias field 'None'.${hint}`,
    })
  })

  test.each([
    { claims: {}, team: 'blue' },
    { claims: { tid: null }, team: 'blue' },
    { claims: { tid: [] }, team: 'blue' },
    { claims: { tid: ['red', 'blue'] }, team: 'red' },
  ])('AT-066, AT-069, A.5–A.8: $claims with a default is $team', ({ claims, team }) => {
    expect(teamOf(claims, { ...given, policy: { defaultTeam: 'blue' } })).toBe(team)
  })

  test.each([
    { claims: { team: 'Blue' }, team: 'blue' },
    { claims: { team: 'Blue', tid: 'red' }, team: 'red' },
    { claims: { team: 'Red' }, team: 'red' },
  ])('AT-100, AT-101: $claims is $team, whatever the default', ({ claims, team }) => {
    expect(teamOf(claims, { ...given, policy: { defaultTeam: 'blue' } })).toBe(team)
  })

  test('AT-100: an alias of two is 400, of none 404, also where claims are advice', () => {
    const twins = { ...given, world: { teams: [...teams, makeTeam('other', { alias: 'Blue' })] } }
    expect(judge({ team: 'Blue' }, twins)).toMatchObject({
      problem: 'token-name-ambiguous',
      because: 'team_ambiguous',
      say: "Multiple teams found with alias 'Blue'. Please use team_id_jwt_field instead or ensure team aliases are unique.",
    })
    expect(
      judge({ team: 'blue' }, { ...given, policy: { claimedTeamsAreAdvice: true, createsTeams: true } }),
    ).toMatchObject({
      problem: 'token-team-not-found',
      say: "Team with alias 'blue' doesn't exist in db. Create team via `/team/new` call.",
    })
  })

  test.each([
    { stored: ['red'], team: 'red' },
    { stored: ['red', 'blue'], team: undefined },
    { stored: [], team: undefined },
  ])('AT-097, AT-098: an unknown one as advice, stored in $stored -> $team', ({ stored, team }) => {
    const policy = { claimedTeamsAreAdvice: true }
    const claims = { uid: 'ann', tid: 'gone' }
    expect(teamOf(claims, { ...given, world: member(...stored), policy, model: 'm1' })).toBe(team)
    const strict = judge(claims, { ...given, world: member(...stored), policy: { ...policy, needsTeam: true } })
    expect(strict.verdict).toBe(team === undefined ? 'deny' : 'allow')
  })

  test('D-24: the object id of an unknown team is 403, and makes none', () => {
    const fields = { objectId: 'oid', roles: 'roles' }
    const policy = {
      roleMappings: [{ role: 'svc', tokenRole: 'team' }],
      createsTeams: true,
      claimedTeamsAreAdvice: true,
      writesMemberships: true,
    } as const
    expect(judge({ oid: 'gone', roles: 'svc' }, { fields, policy, world })).toMatchObject({
      problem: 'token-denied',
      because: 'team_unknown',
    })
    expect(admitted({ oid: 'red', roles: 'svc' }, { fields, policy, world })).toMatchObject({
      effects: [],
      principal: { kind: 'team-token', standing: { team: { id: 'red' } } },
    })
  })
})

describe('routes of teams', () => {
  const policy = { teamRoutes: ['/v1/chat/completions'], defaultTeam: 'blue' }
  const EMBEDDINGS = makeRoute('/v1/embeddings')

  test.each([
    { name: 'an id', claims: { tid: 'blue' } },
    { name: 'an alias', claims: { team: 'Blue' } },
    { name: 'a header', claims: { tid: 'blue' }, header: 'blue' },
    { name: 'the default', claims: {} },
    { name: 'several', claims: { groups: ['blue'] }, policy: { ...policy, defaultTeam: undefined } },
    { name: 'the only stored one', claims: { uid: 'ann' }, policy: { ...policy, defaultTeam: undefined } },
    {
      name: 'all stored ones',
      claims: { uid: 'ann' },
      policy: { ...policy, defaultTeam: undefined, fallsBackToStoredTeams: true },
    },
  ])('AT-112, D-14: hold for a team by $name', ({ claims, ...more }) => {
    const fields = 'groups' in claims || 'uid' in claims ? { ...USERS, teamIds: 'groups' } : ONE_TEAM
    const given = { fields, policy, world: member('blue'), ...more }
    expect(teamOf(claims, given)).toBe('blue')
    for (const model of ['m1', undefined]) {
      const answer = judge(claims, { ...given, route: EMBEDDINGS, model })
      expect(answer).toMatchObject({ problem: 'token-denied', because: 'jwt_team_route' })
    }
  })

  const passThrough = (path: string) => {
    const row = ACCESS_TABLE.find(({ id }) => id === 'pass-through-use')
    if (row === undefined) throw new Error('no such row')
    return { path, row }
  }

  test.each([
    { allowed: ['/vllm'], verdict: 'allow' },
    { allowed: ['/vllm/v1/rerank'], verdict: 'allow' },
    { allowed: ['/vll'], verdict: 'deny' },
    { allowed: ['/vllm/v1/re'], verdict: 'deny' },
    { allowed: ['/x/vllm'], verdict: 'deny' },
    { allowed: ['/*'], verdict: 'deny' },
    { allowed: ['/vllm/*'], verdict: 'allow' },
    { allowed: ['*'], verdict: 'deny' },
    { allowed: [''], verdict: 'deny' },
    { allowed: [], verdict: 'deny' },
  ])('AT-113, D-50: a team that is allowed $allowed -> $verdict', ({ allowed, verdict }) => {
    const given = {
      fields: ONE_TEAM,
      world: { teams: [makeTeam('blue', { allowedPassThroughRoutes: allowed })] },
      route: passThrough('/vllm/v1/rerank'),
    }
    const answer = judge({ tid: 'blue' }, given)
    expect(answer.verdict).toBe(verdict)
    if (answer.verdict === 'deny') {
      expect(answer.say).toBe(
        'Team not allowed to access passthrough route /vllm/v1/rerank. Configure `allowed_passthrough_routes` on the team.',
      )
    }
    expect(judge({ tid: 'blue' }, { ...given, policy: { teamRoutes: ['/vllm/*'] } }).verdict).toBe('allow')
  })
})

describe('the user', () => {
  test('AT-114: missing, and not to be made', () => {
    expect(judge({ uid: 'bob' }, { fields: USERS })).toMatchObject({
      problem: 'token-unresolved',
      because: 'principal_unknown',
      say: expect.stringMatching(
        /^Authentication Error, User doesn't exist in db\. 'user_id'=bob\. Create user via `\/user\/new` call\./,
      ),
    })
  })

  test('AT-115, AT-131: made, with its link', () => {
    const caller = admitted({ uid: 'bob', email: 'b@x.org' }, { fields: USERS, policy: { createsUsers: true } })
    expect(caller.effects).toEqual([
      { make: 'user', wanted: 'bob', email: 'b@x.org', emailIsProven: false, link: { issuer: ISSUER, subject: 'bob' } },
    ])
    expect(caller.principal).toMatchObject({ kind: 'user', standing: { user: { user: { id: 'bob' } } } })
  })

  test('a deleted one is 403 and not made', () => {
    const world: World = { users: { bob: { ...newMatch('bob'), wasDeleted: true } as never } }
    expect(judge({ uid: 'bob' }, { fields: USERS, policy: { createsUsers: true }, world })).toMatchObject({
      problem: 'token-denied',
      because: 'principal_blocked',
    })
  })

  test('AT-136: an address of two', () => {
    const world: World = { users: { bob: { is: 'ambiguous-email' } } }
    for (const claims of [{ uid: 'bob' }, { uid: 'bob', scope: ADMIN.scope }]) {
      const route = 'scope' in claims ? GENERATE : makeRoute('/v1/embeddings')
      expect(judge(claims, { fields: USERS, policy: { createsUsers: true }, world, route })).toMatchObject({
        problem: 'token-unresolved',
        because: 'jwt_email_ambiguous',
      })
    }
  })

  test('AT-139: a first match is linked', () => {
    const world: World = { users: { s: { ...makeMatch('u-1'), needsLink: true } as never } }
    expect(effectsOf({ uid: 's' }, { fields: USERS, world })).toEqual([
      { make: 'link', userId: 'u-1', link: { issuer: ISSUER, subject: 's' } },
    ])
  })

  test('AT-121: the only stored team is theirs; of two none is', () => {
    expect(teamOf({ uid: 'ann' }, { fields: USERS, world: member('red') })).toBe('red')
    expect(teamOf({ uid: 'ann' }, { fields: USERS, world: member('red', 'blue') })).toBeUndefined()
    expect(teamOf({ uid: 'ann' }, { fields: USERS, world: member('gone') })).toBeUndefined()
  })

  test.each([true, false])('AT-122, INV-01: nobody is refused, enforce_rbac %s', (needsSomebody) => {
    const answer = judge({ sub: 's' }, { fields: USERS, policy: { needsSomebody } })
    expect(answer).toMatchObject({
      problem: needsSomebody ? 'token-denied' : 'token-unresolved',
      because: 'principal_unknown',
      say: expect.stringMatching(/No user or team id found in token\./),
    })
  })

  test('a machine of a team is somebody', () => {
    const caller = admitted({ tid: 'blue' }, { fields: ONE_TEAM, world: { teams }, policy: { needsSomebody: true } })
    expect(caller.principal.kind).toBe('team-token')
  })
})

describe('stored administrators', () => {
  const world = { users: { root: makeMatch('u-1', { role: 'proxy_admin' }, [makeMembership('u-1', 'blue')]) }, teams }

  test('AT-123: are administrators', () => {
    expect(admitted({ uid: 'root' }, { fields: USERS, world, route: GENERATE }).principal.admin).toBe('stored')
  })

  test('AT-124, D-13: where administrators by scope may go, unless exempt', () => {
    expect(judge({ uid: 'root' }, { fields: USERS, world })).toMatchObject({
      because: 'jwt_admin_route',
      say: expect.stringMatching(/^Authentication Error, Admin not allowed to access this route\. Route=/),
    })
    expect(judge({ uid: 'root' }, { fields: USERS, world, policy: { exemptsStoredAdmins: true } }).verdict).toBe(
      'allow',
    )
  })

  test('viewers are none', () => {
    const viewer = { users: { v: makeMatch('v', { role: 'proxy_admin_viewer' }) } }
    expect(admitted({ uid: 'v' }, { fields: USERS, world: viewer }).principal.admin).toBeUndefined()
  })
})

describe('the organisation', () => {
  const fields = { ...USERS, organizationId: 'org', organizationAlias: 'company' }
  const users = { ann: makeMatch('ann') }

  test('AT-116: unknown is 401 by id and 404 by alias, ambiguous 400', () => {
    const absent: World = { users, organization: { is: 'absent', ids: [] } }
    expect(judge({ uid: 'ann', org: 'o' }, { fields, world: absent })).toMatchObject({
      problem: 'token-unresolved',
      because: 'organization_unknown',
      say: "Authentication Error, Organization doesn't exist in db. Organization=o. Create organization via `/organization/new` call.",
    })
    expect(judge({ uid: 'ann', company: 'O' }, { fields, world: absent })).toMatchObject({
      problem: 'token-team-not-found',
      say: "Organization with alias 'O' doesn't exist in db. Create organization via `/organization/new` call.",
    })
    const several: World = { users, organization: { is: 'ambiguous', ids: [] } }
    expect(judge({ uid: 'ann', company: 'O' }, { fields, world: several })).toMatchObject({
      problem: 'token-name-ambiguous',
      because: 'organization_ambiguous',
    })
  })

  test.each<World>([{ organization: { is: 'absent', ids: [] } }, { organization: { is: 'ambiguous', ids: [] } }])(
    'AT-116: administrators by scope call no models without it, and may be about to make it: %j',
    (world) => {
      const claims = { ...ADMIN, company: 'O' }
      const policy = { adminRoutes: ['openai_routes', 'management_routes'] }
      expect(judge(claims, { fields, world, policy })).toEqual(
        judge({ uid: 'ann', company: 'O' }, { fields, world: { ...world, users } }),
      )
      const { standing } = admitted(claims, { fields, world, policy, route: GENERATE }).principal
      expect(standing.organization).toBeUndefined()
    },
  )

  test('found, it stands behind the caller', () => {
    const organization = makeOrganization('o', 'b')
    const world: World = { users, teams, organization: { is: 'found', organization } }
    const caller = admitted({ uid: 'ann', org: 'o', tid: 'blue' }, { fields: { ...fields, teamId: 'tid' }, world })
    expect(caller.principal.standing.organization).toEqual(organization)
  })
})

describe('limits by role and scope', () => {
  const rolePermissions = [
    { role: 'team', models: ['m1'], routes: undefined },
    { role: 'internal_user', models: undefined, routes: undefined },
  ] as const

  test('AT-086: of the role', () => {
    const given = { fields: ONE_TEAM, world: member('blue'), policy: { rolePermissions, enforcesRoles: true } }
    expect(admitted({ tid: 'blue' }, given).principal.roleModels).toEqual(['m1'])
    expect(admitted({ uid: 'ann' }, { ...given, fields: USERS }).principal.roleModels).toBeUndefined()
    const off = { ...given, policy: { rolePermissions } }
    expect(admitted({ tid: 'blue' }, off).principal.roleModels).toBeUndefined()
  })

  test.each([
    { scope: 'a', models: ['m1'] },
    { scope: 'b', models: ['m3'] },
    { scope: 'a b', models: ['m1', 'm3'] },
    { scope: '', models: [] },
    { scope: 'A', models: [] },
  ])('AT-088: of scope $scope: $models', ({ scope, models }) => {
    const scopeMappings = [
      { scope: 'a', models: ['m1'], routes: undefined },
      { scope: 'a', models: ['m2'], routes: ['/v1/embeddings'] },
      { scope: 'b', models: ['m3'], routes: ['openai_routes'] },
    ]
    const given = { fields: USERS, world: member(), policy: { scopeMappings } }
    expect(admitted({ uid: 'ann', scope }, given).principal.scopeModels).toEqual(models)
    expect(admitted({ uid: 'ann', scope }, { ...given, policy: {} }).principal.scopeModels).toBeUndefined()
  })
})
