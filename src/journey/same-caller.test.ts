import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NOON } from '../../test/support/entries.ts'
import { makeBudget, makeTeam, userId } from '../../test/support/rows.ts'
import { cachedDirectory, smallDirectory } from '../../test/support/small-directory.ts'
import type { SmallWorld } from '../../test/support/small-directory.ts'
import { ISSUER, makeMembership, makeProfile, makeToken } from '../../test/support/token-makers.ts'
import { WORLD, claimsOf, sceneOf } from '../../test/support/token-scenes.ts'
import type { Scene } from '../../test/support/token-scenes.ts'
import { CachedDirectory } from '../adapters/cache/cached-directory.ts'
import { epochMs } from '../domain/ids.ts'
import { ModelCatalogue } from '../domain/model-catalogue.ts'
import type { VerifiedToken } from '../domain/token-facts.ts'
import { stampedNew } from '../domain/stamps.ts'
import type { RevocationTarget } from '../domain/token-revocation.ts'
import type { UserFacts } from '../domain/user.ts'
import type { Directory, WarmDirectory } from '../ports/directory.ts'
import { chooseCaller } from './choose-caller.ts'
import { identifyToken } from './tokens/identify-token.ts'
import type { Caller, Identified } from './tokens/identify-token.ts'

const clock = { now: () => epochMs(NOON) }
const CATALOGUE = new ModelCatalogue([], { models: new Map(), groups: new Map() })
const OTHER_CATALOGUE = new ModelCatalogue([], {
  models: new Map(),
  groups: new Map([['m1', { model: 'm2', hidden: false }]]),
})

const withUser =
  (id: string, change: (facts: UserFacts) => UserFacts) =>
  (world: SmallWorld): SmallWorld => ({
    ...world,
    users: world.users.map((facts) => (facts.user.id === id ? change(facts) : facts)),
  })

const revoking =
  (target: RevocationTarget) =>
  (world: SmallWorld): SmallWorld => ({
    ...world,
    revocations: [{ id: 'r', target, reason: undefined, endsAt: undefined, ...stampedNew('root', NOON) }],
  })

/** What an administrator may do between two calls. */
const CHANGES: Readonly<Record<string, (world: SmallWorld) => SmallWorld>> = {
  nothing: (world) => world,
  'ann is blocked': withUser('ann', (facts) => ({ ...facts, user: { ...facts.user, blocked: true } })),
  'ann leaves her teams': withUser('ann', (facts) => ({ ...facts, teams: [] })),
  'ann joins another team': withUser('ann', (facts) => ({
    ...facts,
    teams: [...facts.teams, makeMembership('ann', 't3')],
  })),
  'ann becomes an administrator': withUser('ann', (facts) => ({
    ...facts,
    user: { ...facts.user, role: 'proxy_admin' },
  })),
  'root is none any more': withUser('root', (facts) => ({ ...facts, user: { ...facts.user, role: 'internal_user' } })),
  'bob gets a link': withUser('bob', (facts) => ({ ...facts, identities: [{ issuer: ISSUER, subject: 'bob' }] })),
  'bob is gone': (world) => ({
    ...world,
    users: world.users.filter(({ user }) => user.id !== 'bob'),
    deleted: [...world.deleted, 'bob'],
  }),
  't1 is blocked': (world) => ({
    ...world,
    teams: world.teams.map((team) => (team.id === 't1' ? { ...team, blocked: true } : team)),
  }),
  't2 is gone': (world) => ({ ...world, teams: world.teams.filter(({ id }) => id !== 't2') }),
  't3 may use m1 alone': (world) => ({
    ...world,
    teams: world.teams.map((team) => (team.id === 't3' ? { ...team, models: ['m1'] } : team)),
  }),
  't4 is made': (world) => ({ ...world, teams: [...world.teams, makeTeam('t4', { alias: 'nobody' })] }),
  'members may use more': (world) => ({ ...world, budgets: [makeBudget('few', { allowedModels: ['m1', 'm3'] })] }),
  'ann is cut off': revoking({ is: 'user', userId: userId('ann'), issuedBefore: NOON }),
  'ann is let in again': (world) => ({ ...world, revocations: [] }),
  'new is cut off at the provider': revoking({ is: 'subject', issuer: ISSUER, subject: 'new', issuedBefore: NOON }),
  'the token itself is revoked': revoking({ is: 'token', digest: '1'.repeat(64) }),
  'another token is revoked': revoking({ is: 'token', digest: '2'.repeat(64) }),
  'organisations are renamed': (world) => ({
    ...world,
    organizations: world.organizations.map((organization) => ({ ...organization, alias: 'Acme' })),
  }),
}

/** A cache in front of rows that change, which hears of each change. */
function liveDirectory(): { directory: WarmDirectory; change(how: string): SmallWorld } {
  let world = WORLD
  const forgetting: (() => void)[] = []
  const rows = new Proxy({} as Directory, {
    get: (_, name: keyof Directory) => smallDirectory(world)[name],
  })
  const changes = {
    watch: 1,
    completeUntil: epochMs(NOON),
    subscribe: (_kind: string, _one: (id: string) => void, all: () => void) => void forgetting.push(all),
  }
  const directory = new CachedDirectory({ directory: rows, changes, clock, maxPresent: 64, maxAbsent: 64 })
  return {
    directory,
    change(how) {
      world = CHANGES[how]?.(world) ?? world
      for (const forget of forgetting) forget()
      return world
    },
  }
}

async function arrive(
  token: VerifiedToken,
  scene: Scene,
  directory: WarmDirectory,
  catalogue = CATALOGUE,
): Promise<unknown> {
  const { policy, header, route, model } = scene
  const tokens = { policy, userDefaults: {}, newUserId: () => userId('made-up'), log: { warn: () => {} } } as never
  const settings = { routes: { served: undefined, adminOnly: [], opensPassThrough: false } }
  const identified: Identified = await identifyToken(token, { route, teamHeader: header }, tokens, { clock, directory })
  if (identified.verdict === 'deny') return identified
  return chooseCaller(identified as Caller, model, route, { tokens, catalogue: () => catalogue, settings })
}

test('INV-03: who a remembered token is, is what a stranger with the same token would be now', async () => {
  const step = fc.tuple(fc.constantFrom(...Object.keys(CHANGES)), sceneOf, fc.constantFrom(CATALOGUE, OTHER_CATALOGUE))
  let recalled = 0
  await fc.assert(
    fc.asyncProperty(
      claimsOf,
      sceneOf,
      fc.array(step, { minLength: 2, maxLength: 5 }),
      async (claims, first, steps) => {
        const live = liveDirectory()
        const token = makeToken(claims, makeProfile(first.fields, { emailDomains: ['b.com'] }))
        for (const [how, { header, route, model }, catalogue] of steps) {
          const world = live.change(how)
          const scenes: Scene[] = [{ ...first, header, route, model }, first, first]
          for (const scene of scenes) {
            const stranger = { ...token }
            const fresh = cachedDirectory(smallDirectory(world), 64)
            const told = await arrive(token, scene, live.directory, catalogue)
            expect(told).toEqual(await arrive(stranger, scene, fresh, catalogue))
            if (told === (await arrive(token, scene, live.directory, catalogue))) recalled += 1
          }
        }
      },
    ),
    { numRuns: 300 },
  )
  expect(recalled).toBeGreaterThan(40)
})
