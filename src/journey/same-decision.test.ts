import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NOON } from '../../test/support/entries.ts'
import { makeBudget, makeOrganization, makeTeam, makeUser, userId } from '../../test/support/rows.ts'
import { cachedDirectory, smallDirectory } from '../../test/support/small-directory.ts'
import type { SmallWorld } from '../../test/support/small-directory.ts'
import {
  CHAT,
  ISSUER,
  makeMembership,
  makePolicy,
  makeProfile,
  makeRoute,
  makeToken,
  mayUse,
} from '../../test/support/token-makers.ts'
import type { FieldTexts } from '../../test/support/token-makers.ts'
import type { Claims } from '../domain/claims.ts'
import type { Decision } from '../domain/decision.ts'
import type { JsonValue } from '../domain/json.ts'
import type { TokenPolicy } from '../domain/token-settings.ts'
import type { WarmDirectory } from '../ports/directory.ts'
import { gatherGround } from './3-identify/gather-ground.ts'
import { readTokenFacts } from './3-identify/read-token-facts.ts'
import { chooseTeam } from './4-authorise/choose-team.ts'
import { decideTokenCaller } from './4-authorise/decide-token-caller.ts'
import { decideToken } from './4-authorise/decide-token.ts'
import type { TokenCaller } from './4-authorise/settle-team.ts'

const OTHER = 'https://other.example'
const ROUTES = [CHAT, makeRoute('/v1/embeddings'), makeRoute('/v1/models', 'GET'), makeRoute('/key/generate')]
const NAMES = ['ann', 'bob', 'root', 'gone', 'nobody', 'S', 't1', 't2', 't3', 't4', 'One', 'Twins', 'acme', 'Acme']
const MAILS = ['ann@a.com', 'ANN@a.com', 'bob@b.com', 'two@a.com', 'new@a.com']

const of = (
  id: string,
  user: object,
  memberships: readonly (readonly [string, string?])[] = [],
  links: readonly string[] = [],
) => ({
  user: makeUser(id, user),
  teams: memberships.map(([team, source]) => ({
    ...makeMembership(id, team, source),
    ...(team === 't3' ? { budgetId: makeBudget('few').id } : {}),
  })),
  organizations: [],
  identities: links.map((link) => ({
    issuer: link.startsWith('other ') ? OTHER : ISSUER,
    subject: link.replace('other ', ''),
  })),
})

const WORLD: SmallWorld = {
  users: [
    of('ann', { email: 'Ann@a.com' }, [['t1'], ['t2', ISSUER]]),
    of('bob', { email: 'bob@b.com', models: ['m1'] }, [['t3']], ['S']),
    of('root', { role: 'proxy_admin', email: 'root@a.com' }),
    of('one', { email: 'two@a.com' }, [], ['other x']),
    of('two', { email: 'TWO@a.com', ssoUserId: 'nobody' }),
  ],
  teams: [
    makeTeam('t1', { alias: 'One', models: ['m1'], organizationId: makeOrganization('acme', 'b').id }),
    makeTeam('t2', { alias: 'Twins', models: ['m2'] }),
    makeTeam('t3', { alias: 'Twins', allowedPassThroughRoutes: ['/azure'] }),
  ],
  organizations: [makeOrganization('acme', 'b', { alias: 'Acme' }), makeOrganization('zeta', 'b', { alias: 'Zeta' })],
  budgets: [makeBudget('few', { allowedModels: ['m3'] })],
  deleted: ['gone'],
}

const FIELDS: FieldTexts = {
  userId: 'uid',
  email: 'email',
  teamId: 'tid',
  teamIds: 'groups',
  teamAlias: 'team',
  organizationId: 'org',
  organizationAlias: 'org_name',
  endUserId: 'customer',
  objectId: 'oid',
  roles: 'roles',
  allowedRoles: 'realm.roles',
}

/** Without those that make a team mandatory. */
const WITHOUT_NEED = Object.entries(FIELDS).filter(([field]) => field !== 'teamId' && field !== 'teamAlias')

interface Scene {
  readonly fields: FieldTexts
  readonly policy: TokenPolicy
  readonly header: string | undefined
  readonly route: (typeof ROUTES)[number]
  readonly model: string | undefined
}

/** The whole way of a proven token, up to the team that its model decides. */
async function decide(claims: Claims, scene: Scene, directory: WarmDirectory): Promise<Decision<TokenCaller>> {
  const { fields, policy, header, route, model } = scene
  const profile = makeProfile(fields, { emailDomains: ['b.com'] })
  const token = makeToken(claims, profile)
  const facts = readTokenFacts(token, policy)
  if (facts.verdict === 'deny') return facts
  const lets = decideToken(token, facts.granted, policy, route)
  if (lets.verdict === 'deny') return lets
  const wanted = { policy, profile, teamHeader: header, now: NOON, userDefaults: {}, newId: () => userId('made-up') }
  const ground = await gatherGround(facts.granted, wanted, directory)
  const caller = decideTokenCaller(token, facts.granted, ground, { policy, teamHeader: header, route })
  return caller.verdict === 'deny' ? caller : chooseTeam(caller.granted, model, route, policy, mayUse)
}

/** What it comes to, without the token, whose claims may stand in another order. */
function told(decision: Decision<TokenCaller>): unknown {
  if (decision.verdict === 'deny') return decision
  const { principal, effects } = decision.granted
  const { token: _token, facts, ...rest } = principal
  return {
    ...rest,
    subject: facts.subject,
    email: facts.email,
    endUser: facts.endUserId,
    role: facts.tokenRole,
    effects,
  }
}

const cold = (): WarmDirectory => cachedDirectory(smallDirectory(WORLD), 64)

const name = fc.constantFrom(...NAMES)
const team = fc.oneof({ weight: 5, arbitrary: fc.constantFrom('t1', 't2', 't3') }, { weight: 1, arbitrary: name })
const person = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('ann', 'bob', 'S', 'root', 'new') },
  { weight: 1, arbitrary: name },
)
const flag = (ofTen: number): fc.Arbitrary<boolean> => fc.nat(9).map((drawn) => drawn < ofTen)

/** Present in so many of ten cases: most scenes have to let most tokens through, or nothing would be seen. */
function now<T>(value: fc.Arbitrary<T>, ofTen: number): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 10 - ofTen, arbitrary: fc.constant(undefined) }, { weight: ofTen, arbitrary: value })
}

const claimsOf: fc.Arbitrary<Claims> = fc
  .record({
    sub: now(name, 5),
    uid: now(person, 8),
    email: now(fc.constantFrom(...MAILS), 5),
    email_verified: now(fc.boolean(), 5),
    tid: now(fc.oneof(team, fc.array(team, { maxLength: 2 })), 4),
    groups: now(fc.array(team, { maxLength: 3 }), 5),
    team: now(fc.constantFrom('One', 'One', 'Twins', 'nobody'), 2),
    org: now(fc.constantFrom('acme', 'acme', 'gone'), 2),
    org_name: now(fc.constantFrom('zeta', 'Zeta', 'Acme'), 2),
    customer: now(name, 3),
    oid: now(fc.oneof(team, person), 2),
    roles: now(fc.oneof(fc.constantFrom('ADMIN', 'svc', 'dev'), fc.subarray(['ADMIN', 'svc', 'dev', 'x'])), 4),
    realm: now(fc.record({ roles: fc.subarray(['dev', 'x']) }), 3),
    scope: now(fc.constantFrom('a', 'a b', 'b', 'c', 'litellm_proxy_admin', 'litellm_proxy_admin a', ''), 4),
  })
  .map((claims) => Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)) as Claims)

const policyOf: fc.Arbitrary<TokenPolicy> = fc
  .record({
    exemptsStoredAdmins: flag(5),
    emailDomain: now(fc.constant('a.com'), 1),
    createsUsers: flag(8),
    allowedRoles: now(fc.constant(['dev']), 3),
    defaultTeam: now(fc.constantFrom('t1', 't4'), 2),
    createsTeams: flag(3),
    teamRoutes: fc.constantFrom(['openai_routes', 'info_routes'], ['/v1/chat/completions']),
    writesMemberships: flag(5),
    needsTeam: flag(2),
    claimedTeamsAreAdvice: flag(3),
    fallsBackToStoredTeams: flag(3),
    enforcesRoles: flag(2),
    needsSomebody: flag(5),
    syncs: flag(3),
    scopeMappings: now(
      fc.constant([
        { scope: 'a', models: ['m1'], routes: undefined },
        { scope: 'b', models: ['m2'], routes: ['/v1/embeddings'] },
      ]),
      3,
    ),
  })
  .map((some) =>
    makePolicy({
      ...some,
      adminRoutes: ['openai_routes', 'management_routes'],
      roleMappings: [{ role: 'svc', tokenRole: 'team' }],
      roleMap: [{ tokenRole: 'ADMIN', isGlob: false, role: 'proxy_admin' }],
      rolePermissions: [
        { role: 'team', models: ['m1', 'm2'], routes: ['/v1/chat/completions', '/v1/models'] },
        { role: 'internal_user', models: undefined, routes: ['openai_routes'] },
      ],
    }),
  )

const sceneOf: fc.Arbitrary<Scene> = fc.record({
  fields: fc
    .record({ ids: fc.subarray(Object.entries(FIELDS)), isAll: flag(5) })
    .map(({ ids, isAll }) => ({ userId: 'uid', ...(Object.fromEntries(isAll ? WITHOUT_NEED : ids) as FieldTexts) })),
  policy: policyOf,
  header: now(fc.constantFrom('t1', 't2', 't3', 'One', 'Twins', 'nobody'), 2),
  route: fc.constantFrom(CHAT, CHAT, ...ROUTES),
  model: now(fc.constantFrom('m1', 'm2', 'm3'), 7),
})

const RUNS = { numRuns: 300 }

test('most of what follows is about tokens that are let through', async () => {
  const reasons = new Map<string, number>()
  for (const [claims, scene] of fc.sample(fc.tuple(claimsOf, sceneOf), { seed: 1, numRuns: 400 })) {
    const decision = await decide(claims, scene, cold())
    const what = decision.verdict === 'deny' ? decision.because : `${decision.granted.principal.kind} allowed`
    reasons.set(what, (reasons.get(what) ?? 0) + 1)
  }
  expect(reasons.get('user allowed')).toBeGreaterThan(100)
  expect(reasons.size).toBeGreaterThan(8)
})

describe('INV-03: what is decided does not depend on what is known already', () => {
  test('without a cache, with a cold one, a warm one, one that forgets, and one that others filled', async () => {
    const shared = [cold(), cachedDirectory(smallDirectory(WORLD), 1), cachedDirectory(smallDirectory(WORLD), 3)]
    await fc.assert(
      fc.asyncProperty(claimsOf, sceneOf, async (claims, scene) => {
        const wanted = told(await decide(claims, scene, cachedDirectory(smallDirectory(WORLD), 0)))
        const fresh = cold()
        for (const directory of [fresh, fresh, ...shared])
          expect(told(await decide(claims, scene, directory))).toEqual(wanted)
      }),
      RUNS,
    )
  })
})

describe('what a token does not mean to say means nothing', () => {
  test('the order of its claims', async () => {
    const directory = cold()
    await fc.assert(
      fc.asyncProperty(claimsOf, sceneOf, fc.infiniteStream(fc.nat()), async (claims, scene, chance) => {
        const turned = Object.entries(claims)
          .map((entry) => [chance.next().value, entry] as const)
          .toSorted(([one], [other]) => one - other)
          .map(([, entry]) => entry)
        const other = await decide(Object.fromEntries(turned), scene, directory)
        expect(told(other)).toEqual(told(await decide(claims, scene, directory)))
      }),
      RUNS,
    )
  })

  test('claims that no setting names, also those that look like ours', async () => {
    const directory = cold()
    const foreign = fc.dictionary(
      fc.constantFrom(
        '_litellm_user_id',
        '_litellm_team_id',
        '_litellm_jwt_issuer',
        'user_id',
        'team_id',
        'team_ids',
        'user_role',
        'role',
        'is_admin',
        'scp',
        'scopes',
        'permissions',
        'models',
        'max_budget',
        'metadata',
        'uid.x',
        'x',
        'act',
      ),
      fc.oneof(
        name,
        fc.array(name, { maxLength: 2 }),
        fc.jsonValue() as fc.Arbitrary<JsonValue>,
        fc.constant('proxy_admin'),
      ),
    )
    await fc.assert(
      fc.asyncProperty(claimsOf, foreign, sceneOf, async (claims, more, scene) => {
        const other = await decide({ ...more, ...claims }, scene, directory)
        expect(told(other)).toEqual(told(await decide(claims, scene, directory)))
      }),
      RUNS,
    )
  })

  test('claims whose settings are not set', async () => {
    const directory = cold()
    await fc.assert(
      fc.asyncProperty(claimsOf, claimsOf, sceneOf, async (claims, more, scene) => {
        const read = new Set([
          'sub',
          'scope',
          'email_verified',
          ...Object.values(scene.fields).map((text) => text.split('.')[0]),
        ])
        const unread = Object.entries(more).filter(([key]) => !read.has(key))
        const other = await decide({ ...claims, ...Object.fromEntries(unread) }, scene, directory)
        expect(told(other)).toEqual(told(await decide(claims, scene, directory)))
      }),
      RUNS,
    )
  })
})

describe('more claims take no restriction away', () => {
  const RESTRICTING = ['org', 'org_name', 'customer'] as const

  test('an organisation or a customer lets through nothing that was refused without it', async () => {
    const directory = cold()
    await fc.assert(
      fc.asyncProperty(claimsOf, claimsOf, sceneOf, async (claims, more, scene) => {
        const before = Object.fromEntries(
          Object.entries(claims).filter(([key]) => !RESTRICTING.some((each) => each === key)),
        )
        const added = Object.fromEntries(
          Object.entries(more).filter(([key]) => RESTRICTING.some((each) => each === key)),
        )
        const [without, with_] = [
          await decide(before, scene, directory),
          await decide({ ...before, ...added }, scene, directory),
        ]
        if (with_.verdict === 'deny') return
        expect(without.verdict).toBe('allow')
        if (without.verdict === 'deny') return
        const { standing: s1, ...p1 } = without.granted.principal
        const { standing: s2, ...p2 } = with_.granted.principal
        expect({ ...s2, organization: undefined }).toEqual({ ...s1, organization: undefined })
        expect([p2.admin, p2.roleModels, p2.roleRoutes, p2.scopeModels]).toEqual([
          p1.admin,
          p1.roleModels,
          p1.roleRoutes,
          p1.scopeModels,
        ])
        if (s1.organization !== undefined) expect(s2.organization).toBeDefined()
      }),
      RUNS,
    )
  })

  test('who is bound to one team stays bound to it, by whatever else the token says', async () => {
    const directory = cold()
    await fc.assert(
      fc.asyncProperty(claimsOf, fc.constantFrom('t1', 't2', 't3'), sceneOf, async (more, tid, some) => {
        const { oid: _oid, scope: _scope, ...claims } = more
        const scene: Scene = {
          ...some,
          fields: { ...some.fields, teamId: 'tid' },
          policy: { ...some.policy, syncs: false },
          header: undefined,
        }
        const decision = await decide({ ...claims, tid }, scene, directory)
        if (decision.verdict === 'deny') return
        const { principal } = decision.granted
        expect(principal.standing.team?.id).toBe(tid)
        if (scene.policy.enforcesRoles) expect(principal.roleModels).toEqual(['m1', 'm2'])
        if (scene.policy.scopeMappings !== undefined) expect(principal.scopeModels).toEqual([])
        if (principal.admin !== undefined) expect(principal.standing.user?.user.id).toBe('root')
      }),
      RUNS,
    )
  })

  test('a header chooses among what the token says, and adds nothing', async () => {
    const directory = cold()
    await fc.assert(
      fc.asyncProperty(claimsOf, name, sceneOf, async (claims, header, some) => {
        const scene = { ...some, header }
        const decision = await decide(claims, scene, directory)
        if (decision.verdict === 'deny' || decision.granted.principal.admin !== undefined) return
        const { standing } = decision.granted.principal
        const said = [claims['tid'], claims['groups'], claims['team'], claims['oid'], scene.policy.defaultTeam].flat()
        const aliases = WORLD.teams.filter(({ alias }) => said.includes(alias ?? '')).map(({ id }) => id)
        const stored = standing.user?.teams.map(({ teamId }) => teamId) ?? []
        expect([...said, ...aliases, ...stored]).toContain(standing.team?.id)
        const chosen = WORLD.teams.find(({ id }) => id === standing.team?.id)
        expect([standing.team?.id, chosen?.alias]).toContain(header)
      }),
      RUNS,
    )
  })
})
