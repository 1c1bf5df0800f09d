import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeTeam } from '../../../test/support/rows.ts'
import {
  CHAT,
  ISSUER,
  judge,
  makeMatch,
  makeMembership,
  makeRoute,
  mayUse,
} from '../../../test/support/token-makers.ts'
import type { Case, World } from '../../../test/support/token-makers.ts'
import type { Claims } from '../../domain/claims.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import { listCovers } from './token-limits.ts'

const ROUTES = [CHAT, makeRoute('/v1/embeddings'), makeRoute('/key/generate'), makeRoute('/v1/models', 'GET')]
const MODELS = ['m1', 'm2', 'm3']
const FIELDS = {
  userId: 'uid',
  email: 'email',
  teamId: 'tid',
  teamIds: 'groups',
  teamAlias: 'team',
  roles: 'roles',
  objectId: 'oid',
}
const teams = [
  makeTeam('t1', { alias: 'One', models: ['m1'] }),
  makeTeam('t2', { alias: 'Two', models: ['m2'] }),
  makeTeam('t3', { alias: 'Three' }),
]
const world: World = {
  teams,
  users: {
    ann: makeMatch('ann', { models: ['m1'] }, [makeMembership('ann', 't1'), makeMembership('ann', 't2', ISSUER)]),
    sam: makeMatch('sam', {}, [makeMembership('sam', 't2')]),
    root: makeMatch('root', { role: 'proxy_admin' }),
  },
}

/** Everything that a token lets its bearer do, in so far as routes and models tell it. */
function rightsOf(claims: Claims, given: Case): readonly string[] {
  return ROUTES.flatMap((route) =>
    MODELS.flatMap((model) => {
      const answer = judge(claims, { world, ...given, route, model })
      if (answer.verdict === 'deny') return []
      const { principal } = answer.granted
      const lists = [principal.roleModels, principal.scopeModels].filter((models) => models !== undefined)
      if (!mayUse(principal, model) || !lists.every((models) => models.includes(model))) return []
      const right = `${route.path} ${model}`
      return principal.admin === undefined ? [right] : [right, `${right} as administrator`]
    }),
  )
}

const SPOILT: readonly (JsonValue | undefined)[] = [
  undefined,
  null,
  '',
  [],
  {},
  0,
  5,
  false,
  true,
  [''],
  [null],
  ['t3', 7],
  [['t3']],
  { t3: true },
  ' ',
]

describe('INV-04: no policy is got round by a claim that is missing, empty or of another type', () => {
  const team = { uid: 'ann', tid: 't1' }
  const rolePermissions = [
    { role: 'team', models: ['m1'], routes: ['/v1/chat/completions'] },
    { role: 'internal_user', models: ['m2'], routes: ['/v1/chat/completions'] },
  ] as const
  const roleMappings = [{ role: 'svc', tokenRole: 'team' }] as const

  test.each<Case & { readonly name: string; readonly claims: Claims; readonly claim: string }>([
    { name: 'team_id_jwt_field', claims: team, claim: 'tid', fields: { userId: 'uid', teamId: 'tid' } },
    {
      name: 'team_alias_jwt_field',
      claims: { uid: 'ann', team: 'One' },
      claim: 'team',
      fields: { userId: 'uid', teamAlias: 'team' },
    },
    {
      name: 'team_id_jwt_field, as advice',
      claims: { uid: 'sam', tid: 't3' },
      claim: 'tid',
      fields: { userId: 'uid', teamId: 'tid' },
      policy: { claimedTeamsAreAdvice: true },
    },
    {
      name: 'enforce_team_based_model_access',
      claims: { uid: 'sam', groups: ['t2'] },
      claim: 'groups',
      fields: { userId: 'uid', teamIds: 'groups' },
      policy: { needsTeam: true },
    },
    {
      name: 'user_id_jwt_field',
      claims: { uid: 'ann', email: 'ann' },
      claim: 'uid',
      fields: { userId: 'uid', email: 'email' },
    },
    { name: 'sub as user id', claims: { sub: 'ann' }, claim: 'sub', fields: { userId: 'sub' } },
    {
      name: 'user_allowed_email_domain',
      claims: { uid: 'ann', email: 'ann@a.com' },
      claim: 'email',
      fields: { userId: 'uid', email: 'email' },
      policy: { emailDomain: 'a.com' },
    },
    {
      name: 'enforce_rbac',
      claims: { tid: 't1' },
      claim: 'tid',
      fields: { userId: 'uid', teamId: 'tid' },
      policy: { enforcesRoles: true, rolePermissions },
    },
    {
      name: 'roles_jwt_field',
      claims: { oid: 't1', roles: 'svc' },
      claim: 'roles',
      fields: { objectId: 'oid', roles: 'roles' },
      policy: { enforcesRoles: true, rolePermissions, roleMappings },
    },
    {
      name: 'object_id_jwt_field',
      claims: { oid: 't1', roles: 'svc' },
      claim: 'oid',
      fields: { objectId: 'oid', roles: 'roles' },
      policy: { enforcesRoles: true, rolePermissions, roleMappings },
    },
    {
      name: 'user_allowed_roles',
      claims: { tid: 't1', groups: 'dev' },
      claim: 'groups',
      fields: { teamId: 'tid', allowedRoles: 'groups' },
      policy: { enforcesRoles: true, allowedRoles: ['dev'], rolePermissions },
    },
    {
      name: 'scope_mappings',
      claims: { uid: 'ann', scope: 'a' },
      claim: 'scope',
      fields: { userId: 'uid' },
      policy: { scopeMappings: [{ scope: 'a', models: ['m1'], routes: undefined }] },
    },
    {
      name: 'admin_jwt_scope',
      claims: { uid: 'root', scope: 'litellm_proxy_admin' },
      claim: 'scope',
      fields: { userId: 'uid' },
    },
    {
      name: 'jwt_litellm_role_map with a floor',
      claims: { uid: 'root', roles: ['ADMIN'] },
      claim: 'roles',
      fields: { userId: 'uid', roles: 'roles' },
      policy: {
        syncs: true,
        floorRole: 'internal_user_viewer',
        roleMap: [{ tokenRole: 'ADMIN', isGlob: false, role: 'proxy_admin' }],
        exemptsStoredAdmins: true,
      },
    },
    {
      name: 'custom_validate',
      claims: { uid: 'ann', ok: 'yes' },
      claim: 'ok',
      fields: { userId: 'uid' },
      policy: { customValidate: (claims) => claims['ok'] === 'yes' },
    },
  ])('$name', ({ claims, claim, ...given }) => {
    const right = rightsOf(claims, given)
    expect(right).not.toEqual([])
    const { [claim]: _, ...without } = claims
    for (const value of SPOILT) {
      const spoilt = value === undefined ? without : { ...without, [claim]: value }
      const more = rightsOf(spoilt, given).filter((each) => !right.includes(each))
      expect(more, JSON.stringify(spoilt)).toEqual([])
    }
  })
})

const name = fc.constantFrom('t1', 't2', 't3', 'gone', 'One', 'Two')
const odd = fc.constantFrom<JsonValue>(null, '', 7, true, {}, [''])
const claimsOfAnyKind: fc.Arbitrary<Claims> = fc.record(
  {
    uid: fc.oneof({ weight: 5, arbitrary: fc.constantFrom<JsonValue>('ann', 'sam', 'root', 'new') }, odd),
    email: fc.oneof(fc.constantFrom<JsonValue>('ann@a.com', 'x@b.com'), odd),
    tid: fc.oneof({ weight: 5, arbitrary: name }, { weight: 2, arbitrary: fc.array(name, { maxLength: 2 }) }, odd),
    groups: fc.oneof({ weight: 5, arbitrary: fc.array(name, { maxLength: 3 }) }, name, odd),
    team: fc.oneof({ weight: 3, arbitrary: name }, odd),
    oid: fc.oneof({ weight: 3, arbitrary: name }, odd),
    roles: fc.oneof(fc.constantFrom<JsonValue>('svc', ['dev'], ['ADMIN', 'svc']), odd),
    scope: fc.constantFrom<JsonValue>('a', 'litellm_proxy_admin', ['a', 'b'], ''),
  },
  { requiredKeys: [] },
)
const anyPolicy: fc.Arbitrary<Partial<TokenPolicy>> = fc.record({
  emailDomain: fc.constantFrom(undefined, undefined, 'a.com'),
  createsUsers: fc.boolean(),
  createsTeams: fc.boolean(),
  defaultTeam: fc.constantFrom(undefined, undefined, 't2', 'gone'),
  teamRoutes: fc.constantFrom(['openai_routes', 'info_routes'], ['/v1/chat/completions'], []),
  writesMemberships: fc.boolean(),
  needsTeam: fc.boolean(),
  claimedTeamsAreAdvice: fc.boolean(),
  fallsBackToStoredTeams: fc.boolean(),
  roleMappings: fc.constantFrom([], [{ role: 'svc', tokenRole: 'team' as const }]),
  enforcesRoles: fc.boolean(),
  syncs: fc.boolean(),
  exemptsStoredAdmins: fc.boolean(),
  roleMap: fc.constantFrom([], [{ tokenRole: 'ADMIN', isGlob: false, role: 'proxy_admin' as const }]),
})
const anyFields = fc.constantFrom(
  FIELDS,
  { userId: 'uid', teamIds: 'groups', roles: 'roles' },
  { userId: 'uid', teamIds: 'groups', teamId: 'tid' },
  { userId: 'uid', email: 'email', teamAlias: 'team' },
  { objectId: 'oid', roles: 'roles' },
)
const anyCase: fc.Arbitrary<Case> = fc.record({
  fields: anyFields,
  policy: anyPolicy,
  header: fc.option(name, { nil: undefined, freq: 3 }),
  route: fc.constantFrom(...ROUTES),
  model: fc.option(fc.constantFrom(...MODELS), { nil: undefined }),
  world: fc.constant(world),
})
const RUNS = { numRuns: 2_000 }

function texts(value: JsonValue | undefined): readonly JsonValue[] {
  return value === undefined ? [] : [value].flat()
}

describe('whatever token under whatever policy', () => {
  test('the order of members and of the directory, and what no setting names, say nothing', () => {
    const others = fc.dictionary(fc.constantFrom('team_id', 'role', 'admin', '_litellm_team_id', 'x'), name)
    fc.assert(
      fc.property(claimsOfAnyKind, others, anyCase, (claims, more, given) => {
        const turned = Object.fromEntries([...Object.entries(more), ...Object.entries(claims).toReversed()])
        const back = { ...given, world: { ...world, teams: teams.toReversed() } }
        const withoutClaims = (answer: ReturnType<typeof judge>): unknown =>
          answer.verdict === 'deny'
            ? answer
            : { ...answer.granted, principal: { ...answer.granted.principal, token: undefined } }
        expect(withoutClaims(judge(turned, back))).toEqual(withoutClaims(judge(claims, given)))
      }),
      RUNS,
    )
  })

  test('AT-103: the same token gets the same team', () => {
    fc.assert(
      fc.property(claimsOfAnyKind, anyCase, (claims, given) => {
        expect(judge(claims, given)).toEqual(judge(structuredClone(claims), structuredClone(given)))
      }),
      RUNS,
    )
  })

  test('INV-01, J-30, D-14, D-49: who is let through is somebody, with a team that is theirs, where teams may go', () => {
    fc.assert(
      fc.property(claimsOfAnyKind, anyCase, (claims, given) => {
        const answer = judge(claims, given)
        if (answer.verdict === 'deny') return
        const { principal, effects } = answer.granted
        const { user, team } = principal.standing
        const policy: Partial<TokenPolicy> = given.policy ?? {}
        expect(principal.choice).toBeUndefined()
        expect(user !== undefined || team !== undefined || principal.admin === 'scope').toBe(true)
        if (principal.admin === 'scope') {
          expect(effects).toEqual([])
          return
        }
        if (policy.needsTeam === true) expect(team).toBeDefined()
        if (team !== undefined) {
          const said = ['tid', 'groups', 'oid', 'team'].flatMap((claim) => texts(claims[claim]))
          const stored = user?.teams.map(({ teamId }): string => teamId) ?? []
          const theirs = [...said, ...stored, policy.defaultTeam]
          expect(theirs.includes(team.id) || theirs.includes(team.alias ?? '')).toBe(true)
          if (principal.admin === undefined) expect(listCovers(policy.teamRoutes ?? [], given.route ?? CHAT)).toBe(true)
        }
        for (const effect of effects) {
          if (effect.make === 'user') expect(policy.createsUsers).toBe(true)
          if (effect.make === 'team') expect(policy.createsTeams).toBe(true)
          if (effect.make === 'membership')
            expect(policy.writesMemberships === true || policy.syncs === true).toBe(true)
          if (effect.make === 'no-membership') expect(effect).toMatchObject({ teamId: 't2', source: ISSUER })
          if (effect.make === 'role') expect(policy.syncs).toBe(true)
        }
      }),
      RUNS,
    )
  })

  test('a header never opens what the token does not', () => {
    fc.assert(
      fc.property(claimsOfAnyKind, anyCase, fc.constantFrom('t1', 't2', 't3', 'gone'), (claims, given, header) => {
        const answer = judge(claims, { ...given, header })
        if (answer.verdict === 'deny' || answer.granted.principal.admin === 'scope') return
        const { facts, standing } = answer.granted.principal
        const said = [facts.teamId, ...(facts.teamIds ?? []), given.policy?.defaultTeam]
        const stored = standing.user?.teams.map(({ teamId }): string => teamId) ?? []
        expect(standing.team?.id).toBe(header)
        expect(said.includes(header) || stored.includes(header) || facts.teamAlias !== undefined).toBe(true)
      }),
      RUNS,
    )
  })
})
