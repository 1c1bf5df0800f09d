import { describe, expect, test } from 'vitest'
import { NOON } from '../../../test/support/entries.ts'
import { makeBudget, makeOrganization, makeTeam, makeUser, userId } from '../../../test/support/rows.ts'
import { factsOf, makeMembership, makePolicy, makeProfile, makeToken } from '../../../test/support/token-makers.ts'
import type { FieldTexts } from '../../../test/support/token-makers.ts'
import type { Claims } from '../../domain/claims.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import type { UserFacts } from '../../domain/user.ts'
import type { WarmDirectory } from '../../ports/directory.ts'
import { gatherGround } from './gather-ground.ts'

const TEAMS = new Map(
  [
    makeTeam('red', { alias: 'Red' }),
    makeTeam('blue', { alias: 'Twins', organizationId: makeOrganization('acme', 'b').id }),
    makeTeam('green', { alias: 'Twins' }),
  ].map((team) => [String(team.id), team]),
)
const ORGANIZATIONS = new Map([['acme', makeOrganization('acme', 'b', { alias: 'Acme' })]])
const BUDGET = makeBudget('of-ana', { allowedModels: ['m1'] })

const FIELDS: FieldTexts = {
  userId: 'sub',
  teamId: 'team',
  teamIds: 'teams',
  teamAlias: 'alias',
  organizationId: 'org',
  organizationAlias: 'org_alias',
}

/** `asked`: what was asked of the store; `cold`: nothing is known beforehand. */
function world(ana: Pick<UserFacts, 'teams'>, isCold = false) {
  const asked: string[] = []
  const facts: UserFacts = { user: makeUser('ana'), organizations: [], identities: [], ...ana }
  const read = {
    identity: () => ({ userId: userId('ana'), isDeleted: false }),
    user: (id: string) => (id === 'ana' ? facts : undefined),
    team: (id: string) => TEAMS.get(id),
    organization: (id: string) => ORGANIZATIONS.get(id),
    budget: (id: string) => (id === BUDGET.id ? BUDGET : undefined),
    teamsByAlias: (alias: string) => [...TEAMS.values()].filter((team) => team.alias === alias).map(({ id }) => id),
    organizationsByAlias: (alias: string) =>
      [...ORGANIZATIONS.values()].filter((each) => each.alias === alias).map(({ id }) => id),
  }
  const peek =
    <Key, Fact>(from: (key: Key) => Fact) =>
    (key: Key): Fact | 'ask' =>
      isCold ? 'ask' : from(key)
  const find =
    <Key, Fact>(name: string, from: (key: Key) => Fact) =>
    async (key: Key): Promise<Fact> => {
      asked.push(`${name} ${JSON.stringify(key)}`)
      return from(key)
    }
  const never = (): never => {
    throw new Error('nobody asks for that')
  }
  const directory: WarmDirectory = {
    findKey: never,
    peekKey: never,
    hasSeenKey: never,
    findEndUser: never,
    peekEndUser: never,
    findTagBudgets: never,
    peekTagBudgets: never,
    findFormerUser: never,
    peekFormerUser: never,
    findUserBySsoSubject: never,
    peekUserBySsoSubject: never,
    findUsersByEmail: never,
    peekUsersByEmail: never,
    findKeyMappings: never,
    peekKeyMappings: never,
    hasRevocations: never,
    findRevocations: never,
    peekRevocations: never,
    peekIdentity: peek(read.identity),
    findIdentity: find('identity', read.identity),
    peekUser: peek(read.user),
    findUser: find('user', read.user),
    peekTeam: peek(read.team),
    findTeam: find('team', read.team),
    peekOrganization: peek(read.organization),
    findOrganization: find('organization', read.organization),
    peekBudget: peek(read.budget),
    findBudget: find('budget', read.budget),
    peekTeamsByAlias: peek(read.teamsByAlias),
    findTeamsByAlias: find('team alias', read.teamsByAlias),
    peekOrganizationsByAlias: peek(read.organizationsByAlias),
    findOrganizationsByAlias: find('organization alias', read.organizationsByAlias),
  }
  return { directory, asked }
}

const NO_TEAMS = { teams: [] }

async function gathered(
  claims: Claims,
  given: {
    readonly ana?: Pick<UserFacts, 'teams'>
    readonly policy?: Partial<TokenPolicy>
    readonly header?: string
  } = {},
) {
  const policy = makePolicy(given.policy)
  const token = makeToken({ sub: 'S', ...claims }, makeProfile(FIELDS))
  const ask = {
    policy,
    profile: token.profile,
    teamHeader: given.header,
    userDefaults: {},
    newId: () => userId('made-up'),
    now: NOON,
  }
  const warm = gatherGround(factsOf(token, policy), ask, world(given.ana ?? NO_TEAMS).directory)
  if (warm instanceof Promise) throw new Error('a promise although all is known')
  const cold = await gatherGround(factsOf(token, policy), ask, world(given.ana ?? NO_TEAMS, true).directory)
  expect(cold.result).toEqual(warm.result)
  expect(cold.seen).toBeUndefined()
  return warm.result
}

describe('what there is to know about a token', () => {
  test('nobody is asked for whom it does not name', async () => {
    const policy = makePolicy()
    const profile = makeProfile({ teamId: 'team' })
    const token = makeToken({ team: 'red' }, profile)
    const { directory } = world(NO_TEAMS)
    const ask = { policy, profile, teamHeader: undefined, userDefaults: {}, newId: () => userId('x'), now: NOON }
    const { result: ground } = await gatherGround(factsOf(token, policy), ask, directory)
    expect([ground.user, [...ground.teams.keys()], ground.organization]).toEqual([undefined, ['red'], undefined])
  })

  test('teams by every text that names one: claims, header and default, the absent ones as such', async () => {
    const { teams } = await gathered(
      { team: 'red', teams: ['blue', 'gone'] },
      { header: 'green', policy: { defaultTeam: 'none such' } },
    )
    expect([...teams].map(([name, ground]) => [name, ground?.team.id])).toEqual([
      ['red', 'red'],
      ['blue', 'blue'],
      ['gone', undefined],
      ['green', 'green'],
      ['none such', undefined],
    ])
    expect(teams.get('blue')?.organization?.id).toBe('acme')
  })

  test('a text that is no id is an absent team', async () => {
    const { teams } = await gathered({ teams: ['Ωmega', 'r\u00e9d'] })
    expect([...teams.values()]).toEqual([undefined, undefined])
  })

  test('AT-100, AT-109: aliases of the claim and of the header, with their teams; several are two', async () => {
    const { teamsByAlias, teams } = await gathered({ alias: 'Twins' }, { header: 'Red' })
    expect([...teamsByAlias]).toEqual([
      ['Twins', ['blue', 'green']],
      ['Red', ['red']],
    ])
    expect([...teams.keys()].toSorted()).toEqual(['Red', 'blue', 'green', 'red'])
    expect(teams.get('Red')).toBeUndefined()
  })

  test('the membership that the user has in each, with what it lets the member use', async () => {
    const membership = { ...makeMembership('ana', 'red', 'https://id.example'), budgetId: BUDGET.id }
    const { teams } = await gathered({ teams: ['red', 'green'] }, { ana: { teams: [membership] } })
    expect(teams.get('red')).toMatchObject({ membership, memberModels: ['m1'] })
    expect(teams.get('green')).toMatchObject({ membership: undefined, memberModels: [] })
  })

  test.each<{ name: string; stored: readonly string[]; policy: Partial<TokenPolicy>; teams: readonly string[] }>([
    { name: 'AT-121: a single stored team may be meant', stored: ['red'], policy: {}, teams: ['red'] },
    { name: 'of several none is loaded in vain', stored: ['red', 'blue'], policy: {}, teams: [] },
    {
      name: 'AT-111: all of them where a token may fall back to them',
      stored: ['red', 'blue'],
      policy: { fallsBackToStoredTeams: true },
      teams: ['red', 'blue'],
    },
    {
      name: 'all of them where claimed teams are advice',
      stored: ['red', 'blue'],
      policy: { claimedTeamsAreAdvice: true },
      teams: ['red', 'blue'],
    },
    {
      name: 'all of them where a sync may leave a single one',
      stored: ['red', 'blue'],
      policy: { syncs: true },
      teams: ['red', 'blue'],
    },
  ])('$name', async ({ stored, policy, teams }) => {
    const ana = { teams: stored.map((team) => makeMembership('ana', team)) }
    expect([...(await gathered({}, { ana, policy })).teams.keys()]).toEqual(teams)
  })

  test('AT-116: the organisation by its id, else by its alias', async () => {
    expect((await gathered({ org: 'acme' })).organization).toMatchObject({ is: 'found', organization: { id: 'acme' } })
    expect((await gathered({ org: 'gone', org_alias: 'Acme' })).organization).toEqual({ is: 'absent', ids: [] })
    expect((await gathered({ org_alias: 'Acme' })).organization).toMatchObject({ is: 'found' })
    expect((await gathered({ org_alias: 'Nobody' })).organization).toEqual({ is: 'absent', ids: [] })
    expect((await gathered({})).organization).toBeUndefined()
  })

  test('what is not known is asked for once each, and at once what is of a kind', async () => {
    const { directory, asked } = world({ teams: [makeMembership('ana', 'red')] }, true)
    const policy = makePolicy()
    const token = makeToken({ sub: 'S', team: 'red', teams: ['red', 'blue', 'blue'] }, makeProfile(FIELDS))
    const ask = {
      policy,
      profile: token.profile,
      teamHeader: 'red',
      userDefaults: {},
      newId: () => userId('made-up'),
      now: NOON,
    }
    await gatherGround(factsOf(token, policy), ask, directory)
    expect(asked).toEqual([
      'identity {"issuer":"https://id.example","subject":"S"}',
      'user "ana"',
      'team alias "red"',
      'team "red"',
      'team "blue"',
      'organization "acme"',
    ])
  })

  test.each(['findTeam', 'findTeamsByAlias', 'findOrganization', 'findOrganizationsByAlias', 'findBudget'] as const)(
    'AT-127: an error of %s is never an absence',
    async (broken) => {
      const membership = { ...makeMembership('ana', 'red'), budgetId: BUDGET.id }
      const { directory } = world({ teams: [membership] }, true)
      const away = { ...directory, [broken]: () => Promise.reject(new Error('away')) }
      const policy = makePolicy()
      const token = makeToken({ sub: 'S', alias: 'Red', teams: ['blue'], org_alias: 'Acme' }, makeProfile(FIELDS))
      const { profile } = token
      const ask = { policy, profile, teamHeader: undefined, userDefaults: {}, newId: () => userId('x'), now: NOON }
      await expect(gatherGround(factsOf(token, policy), ask, away)).rejects.toMatchObject({ code: 'store-unavailable' })
    },
  )
})
