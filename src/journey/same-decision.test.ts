import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NOON } from '../../test/support/entries.ts'
import { userId } from '../../test/support/rows.ts'
import { cachedDirectory, smallDirectory } from '../../test/support/small-directory.ts'
import { makeProfile, makeToken, mayUse } from '../../test/support/token-makers.ts'
import { WORLD, claimsOf, name, sceneOf } from '../../test/support/token-scenes.ts'
import type { Scene } from '../../test/support/token-scenes.ts'
import type { Claims } from '../domain/claims.ts'
import type { Decision } from '../domain/decision.ts'
import type { JsonValue } from '../domain/json.ts'
import type { WarmDirectory } from '../ports/directory.ts'
import { gatherGround } from './3-identify/gather-ground.ts'
import { readTokenFacts } from './3-identify/read-token-facts.ts'
import { chooseTeam } from './4-authorise/choose-team.ts'
import { decideTokenCaller } from './4-authorise/decide-token-caller.ts'
import { decideToken } from './4-authorise/decide-token.ts'
import type { TokenCaller } from './4-authorise/settle-team.ts'

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
  const { result: ground } = await gatherGround(facts.granted, wanted, directory)
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
