import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { digestOf, makeEntry, makeKey, NOON } from '../../test/support/entries.ts'
import * as make from '../../test/support/rows.ts'
import { ABOUT, ALL_ROWS, budgetId, ORIGIN, organizationId, teamId, userId } from '../../test/support/rows.ts'
import { allow } from '../domain/decision.ts'
import type { OrganizationId, TeamId } from '../domain/ids.ts'
import { epochMs } from '../domain/ids.ts'
import { writeLedgerLine } from '../domain/ledger-line.ts'
import { NO_LIMITS } from '../domain/limits.ts'
import { picoUsd } from '../domain/money.ts'
import type { SomeReach } from '../domain/reach.ts'
import { reachesKey, reachesOrganization, reachesTeam, reachesUser } from '../domain/scope.ts'
import type { LedgerStore } from './ledger.ts'
import type { AliasQuery, Registry, Rooms, Scope } from './registry.ts'

export interface OpenedLists {
  readonly registry: Registry
  /** Through which things come to have spent something. */
  readonly ledger: LedgerStore
  close(): Promise<void>
}

const TEAMS = [
  ['red', 'east'],
  ['blue', 'east'],
  ['green', 'west'],
  ['lone', undefined],
] as const
const TEAM_MEMBERS = [
  ['red', 'ana'],
  ['green', 'ana'],
  ['lone', 'bob'],
] as const
const ORGANIZATION_MEMBERS = [
  ['east', 'cat'],
  ['west', 'dan'],
] as const
/** Number, user, team, organisation. */
const KEYS = [
  [1, 'ana', undefined, undefined],
  [2, 'ana', 'red', undefined],
  [3, undefined, 'blue', undefined],
  [4, 'bob', 'green', undefined],
  [5, undefined, undefined, 'west'],
  [6, 'eve', 'lone', undefined],
  [7, undefined, undefined, undefined],
] as const

function organizationOf(team: string | undefined): OrganizationId | undefined {
  const organization = TEAMS.find(([id]) => id === team)?.[1]
  return organization === undefined ? undefined : organizationId(organization)
}

async function insertTenants(rooms: Rooms): Promise<void> {
  await rooms.budgets.insert(make.makeBudget('b'))
  for (const id of ['east', 'west']) await rooms.organizations.insert(make.makeOrganization(id, 'b'))
  for (const id of ['ana', 'bob', 'cat', 'dan', 'eve']) await rooms.users.insert(make.makeUser(id))
  for (const [id] of TEAMS) await rooms.teams.insert(make.makeTeam(id, { organizationId: organizationOf(id) }))
  for (const [team, user] of TEAM_MEMBERS) {
    await rooms.teamMembers.insert({ teamId: teamId(team), userId: userId(user), role: 'user', budgetId: undefined })
  }
  for (const [organization, user] of ORGANIZATION_MEMBERS) {
    const ids = { organizationId: organizationId(organization), userId: userId(user) }
    await rooms.organizationMembers.insert({ ...ids, role: 'org_admin', budgetId: undefined })
  }
  for (const [number, user, team, organization] of KEYS) {
    await rooms.keys.insert(
      makeKey(number, {
        alias: `key ${number}`,
        userId: user === undefined ? undefined : userId(user),
        teamId: team === undefined ? undefined : teamId(team),
        organizationId: organization === undefined ? undefined : organizationId(organization),
      }),
    )
  }
}

const scopes = fc.record({
  organizations: fc.subarray(['east', 'west', 'nowhere'].map(organizationId)),
  teams: fc.subarray(['red', 'blue', 'green', 'lone', 'nobody'].map(teamId)),
  userId: fc.option(fc.constantFrom(...['ana', 'bob', 'dan', 'nobody'].map(userId)), { nil: undefined }),
  keyDigest: fc.option(fc.constantFrom(digestOf(2), digestOf(7), digestOf(99)), { nil: undefined }),
})

/** What every list of a registry promises. */
export function describeLists(name: string, open: () => Promise<OpenedLists>): void {
  describe(`lists of the registry in ${name}`, () => {
    let opened: OpenedLists
    let rooms: Rooms

    beforeEach(async () => {
      opened = await open()
      ;({ rooms } = opened.registry)
    })
    afterEach(() => opened.close())

    async function write(work: (inside: Rooms) => Promise<unknown>): Promise<void> {
      await opened.registry.change(ORIGIN, ABOUT, async (inside) => {
        await work(inside)
        return allow({ outcome: undefined, records: [] })
      })
    }

    test('INV-18: rows, totals and aliases are those that the caller reaches, whatever else is asked for', async () => {
      await write(insertTenants)
      const filters = [
        {},
        { userId: userId('ana') },
        { teamId: teamId('red') },
        { organizationId: organizationId('east') },
      ]
      await fc.assert(
        fc.asyncProperty(scopes, fc.constantFrom(...filters), async (some, filter) => {
          const scope: Scope = { sees: 'some', ...some }
          const page = { ...ALL_ROWS, scope }
          const reach: SomeReach = {
            scope: 'some',
            organizations: new Set(some.organizations),
            adminTeams: new Set(some.teams),
            memberTeams: new Map(),
            userId: some.userId,
            keyDigest: some.keyDigest,
            keyTeamId: undefined,
          }
          const everyKey = await rooms.keys.list({ ...ALL_ROWS, ...filter, sort: 'token' })
          const keys = everyKey.rows.filter((key) => {
            const place = { ...key, organizationId: organizationOf(key.teamId) ?? key.organizationId }
            return reachesKey(reach, place, '/key/info')
          })
          expect(await rooms.keys.list({ ...page, ...filter, sort: 'token' })).toEqual({
            rows: keys,
            total: keys.length,
          })
          if (filter === filters[0]) {
            const { json, total } = await rooms.keys.listAliases({ scope })
            expect([JSON.parse(json), total]).toEqual([keys.map(({ alias }) => alias), keys.length])
          }

          const teams = (await rooms.teams.list({ ...ALL_ROWS, ...filter, sort: 'team_id' })).rows.filter((team) =>
            reachesTeam(reach, team),
          )
          expect(await rooms.teams.list({ ...page, ...filter, sort: 'team_id' })).toEqual({
            rows: teams,
            total: teams.length,
          })
          const users = (await rooms.users.list({ ...ALL_ROWS, sort: 'user_id' })).rows.filter(({ id }) =>
            reachesUser(reach, {
              id,
              organizationIds: ORGANIZATION_MEMBERS.filter(([, user]) => user === id).map(([o]) => organizationId(o)),
              teams: TEAM_MEMBERS.filter(([, user]) => user === id).map(([t]) => ({
                id: teamId(t),
                organizationId: organizationOf(t),
              })),
            }),
          )
          expect(await rooms.users.list({ ...page, sort: 'user_id' })).toEqual({ rows: users, total: users.length })
          const organizations = (await rooms.organizations.list({ scope: { sees: 'all' } })).filter(({ id }) =>
            reachesOrganization(reach, id),
          )
          expect(await rooms.organizations.list({ scope })).toEqual(organizations)
        }),
        { numRuns: 60 },
      )
    })

    test('keys are found by owner, team, organisation, digest and a part of the alias', async () => {
      await write(insertTenants)
      const numbers = async (query: Partial<Parameters<Rooms['keys']['list']>[0]>) =>
        (await rooms.keys.list({ ...ALL_ROWS, sort: 'token', ...query })).rows.map(({ digest }) =>
          Number(`0x${digest}`),
        )
      const [ana, red, east] = [userId('ana'), teamId('red'), organizationId('east')]
      expect(await numbers({ userId: ana })).toEqual([1, 2])
      expect(await numbers({ userId: ana, orTeams: [teamId('blue')] })).toEqual([1, 2, 3])
      expect(await numbers({ userId: ana, orCreatedBy: 'default_user_id' })).toEqual([1, 2, 3, 4, 5, 6, 7])
      expect(await numbers({ teamId: red, userId: ana })).toEqual([2])
      expect(await numbers({ organizationId: east })).toEqual([2, 3])
      expect(await numbers({ organizationId: organizationId('west') })).toEqual([4, 5])
      expect(await numbers({ digest: digestOf(4) })).toEqual([4])
      expect(await numbers({ aliasPart: 'KEY 7' })).toEqual([7])
      expect(await numbers({ aliasPart: '%' })).toEqual([])
      const digests = async (found: Promise<readonly { readonly digest: string }[]>) =>
        (await found).map(({ digest }) => Number(`0x${digest}`))
      expect(await digests(rooms.keys.ofUser(ana))).toEqual([1, 2])
      expect(await digests(rooms.keys.ofUser(ana, red))).toEqual([2])
      expect(await digests(rooms.keys.ofTeam(red))).toEqual([2])
      expect(await digests(rooms.keys.ofOrganization(organizationId('west')))).toEqual([5])
    })

    test('aliases come in one order, whole or by pages, of a team or with a part in them that is no pattern', async () => {
      await write(async (inside) => {
        await insertTenants(inside)
        await inside.teams.insert(make.makeTeam('names'))
        const aliases = ['b', 'A_%\\', 'É "1"', undefined]
        for (const [n, alias] of aliases.entries())
          await inside.keys.insert(makeKey(20 + n, { alias, teamId: teamId('names') }))
      })
      const list = async (query: Omit<AliasQuery, 'scope'>) => {
        const { json, total } = await rooms.keys.listAliases({ scope: { sees: 'all' }, ...query })
        const aliases: readonly string[] = JSON.parse(json)
        return [aliases, total] as const
      }
      const [all, total] = await list({})
      expect([all.length, all]).toEqual([total, all.toSorted()])
      for (const page of [1, 2, 3, 4, 5, 6]) {
        expect(await list({ page: { page, size: 2 } })).toEqual([all.slice((page - 1) * 2, page * 2), total])
      }
      const named = { teamId: teamId('names') }
      expect(await list(named)).toEqual([['A_%\\', 'b', 'É "1"'], 3])
      expect(await list({ ...named, page: { page: 1, size: 1 } })).toEqual([['A_%\\'], 3])
      for (const [part, found] of [
        ['a_%', ['A_%\\']],
        ['\\', ['A_%\\']],
        ['É "', ['É "1"']],
        ['%%', []],
        ["'; drop", []],
        ['\0', []],
      ] as const) {
        expect([part, await list({ ...named, part })]).toEqual([part, [found, found.length]])
      }
    })

    test('pages cut one order that is total, and those beyond the end are empty', async () => {
      const numbers = Array.from({ length: 7 }, (_, index) => index + 1)
      await write(async ({ keys, users, teams }) => {
        for (const number of numbers) {
          await keys.insert(makeKey(number))
          await users.insert(make.makeUser(`user ${number}`))
          await teams.insert(make.makeTeam(`team ${number}`))
        }
      })
      const lists: readonly ((
        page: number,
      ) => Promise<{ readonly rows: readonly object[]; readonly total: number }>)[] = [
        (page) => rooms.keys.list({ ...ALL_ROWS, sort: 'created_at', order: 'desc', size: 3, page }),
        (page) => rooms.users.list({ ...ALL_ROWS, idPart: 'user ', sort: 'user_role', size: 3, page }),
        (page) => rooms.teams.list({ ...ALL_ROWS, sort: 'team_alias', order: 'desc', size: 3, page }),
      ]
      for (const list of lists) {
        const pages = await Promise.all([1, 2, 3, 4].map(list))
        expect(pages.map(({ rows, total }) => [rows.length, total])).toEqual([
          [3, 7],
          [3, 7],
          [1, 7],
          [0, 7],
        ])
        expect(new Set(pages.flatMap(({ rows }) => rows.map((row) => JSON.stringify(row, digits)))).size).toBe(7)
      }
    })

    test('every order is one, both ways, with what is not set at its end', async () => {
      const [one, two] = [
        { createdAt: NOON, updatedAt: epochMs(NOON + 1), limits: { ...NO_LIMITS, maxBudget: picoUsd(1n) } },
        {
          createdAt: epochMs(NOON + 1),
          updatedAt: epochMs(NOON + 2),
          limits: { ...NO_LIMITS, maxBudget: picoUsd(2n) },
        },
      ]
      const at = { createdAt: epochMs(NOON + 2), updatedAt: epochMs(NOON + 3) }
      await write(async ({ keys, users, teams }) => {
        await users.insert(make.makeUser('1', { ...one, email: 'A@x', alias: 'B', role: 'internal_user' }))
        await users.insert(make.makeUser('2', { ...two, email: 'a@x', alias: 'a', role: 'proxy_admin' }))
        await teams.insert(make.makeTeam('1', { ...one, alias: 'B' }))
        await teams.insert(make.makeTeam('2', { ...two, alias: 'a' }))
        await teams.insert(make.makeTeam('3', at))
        await keys.insert(makeKey(1, { ...one, alias: 'B' }))
        await keys.insert(makeKey(2, { ...two, alias: 'a' }))
        await keys.insert(makeKey(3, at))
      })
      for (const number of [2, 3]) {
        const payer = { kind: 'key', digest: digestOf(number), alias: undefined } as const
        const spent = { payer, userId: userId(`${number}`), teamId: teamId(`${number}`) }
        await opened.ledger.keep([writeLedgerLine(makeEntry(number, { ...spent, amount: picoUsd(BigInt(number)) }))])
      }
      const filled = (sort: string) =>
        ['max_budget', 'key_alias', 'team_alias'].includes(sort) ? ['2', '1', '3'] : undefined
      const idOf = (digest: string) => `${Number(`0x${digest}`)}`
      for (const sort of ['spend', 'max_budget', 'created_at', 'updated_at', 'token', 'key_alias'] as const) {
        const list = async (order: 'asc' | 'desc') =>
          (await rooms.keys.list({ ...ALL_ROWS, sort, order })).rows.map(({ digest }) => idOf(digest))
        expect([sort, await list('asc'), await list('desc')]).toEqual([
          sort,
          ['1', '2', '3'],
          filled(sort) ?? ['3', '2', '1'],
        ])
      }
      for (const sort of ['team_id', 'team_alias', 'created_at', 'spend', 'max_budget'] as const) {
        const list = async (order: 'asc' | 'desc') =>
          (await rooms.teams.list({ ...ALL_ROWS, sort, order })).rows.map(({ id }) => id)
        expect([sort, await list('asc'), await list('desc')]).toEqual([
          sort,
          ['1', '2', '3'],
          filled(sort) ?? ['3', '2', '1'],
        ])
      }
      for (const sort of ['user_id', 'user_email', 'created_at', 'spend', 'user_alias', 'user_role'] as const) {
        const ids = ['1', '2'].map(userId)
        const list = async (order: 'asc' | 'desc') =>
          (await rooms.users.list({ ...ALL_ROWS, ids, sort, order })).rows.map(({ id }) => id)
        expect([sort, await list('asc'), await list('desc')]).toEqual([sort, ['1', '2'], ['2', '1']])
      }
    })

    test('teams and users are found by what they are and where they belong', async () => {
      await write(async (inside) => {
        await insertTenants(inside)
        await inside.users.insert(
          make.makeUser('root@x', { role: 'proxy_admin', email: 'Root@Example.com', ssoUserId: 'sub' }),
        )
        await inside.teams.insert(make.makeTeam('t', { alias: 'Search Team' }))
      })
      const users = async (query: Partial<Parameters<Rooms['users']['list']>[0]>) =>
        (await rooms.users.list({ ...ALL_ROWS, sort: 'user_id', ...query })).rows.map(({ id }) => id)
      expect(await users({ role: 'proxy_admin' })).toEqual(['default_user_id', 'root@x'])
      expect(await users({ ids: ['bob', 'ana', 'nobody'].map(userId) })).toEqual(['ana', 'bob'])
      expect(await users({ idPart: 'OT@' })).toEqual(['root@x'])
      expect(await users({ idPart: '_' })).toEqual(['default_user_id'])
      expect(await users({ emailPart: 'root@EX' })).toEqual(['root@x'])
      expect(await users({ ssoUserIds: ['sub'] })).toEqual(['root@x'])
      expect(await users({ teamId: teamId('red') })).toEqual(['ana'])
      expect(await users({ organizationIds: ['east', 'west'].map(organizationId) })).toEqual(['cat', 'dan'])
      expect((await rooms.users.findByEmail('root@example.COM')).map(({ id }) => id)).toEqual(['root@x'])
      expect(await rooms.users.findByEmail('root@example')).toEqual([])
      expect(await rooms.users.keyCounts(['ana', 'cat'].map(userId), { sees: 'all' })).toEqual(new Map([['ana', 2]]))
      const ofRed = {
        sees: 'some',
        organizations: [],
        teams: [teamId('red')],
        userId: undefined,
        keyDigest: undefined,
      } as const
      expect(await rooms.users.keyCounts(['ana', 'bob'].map(userId), ofRed)).toEqual(new Map([['ana', 1]]))
      const teamsOf = await rooms.users.teamsOf(['ana', 'cat'].map(userId))
      expect([...teamsOf].map(([id, of]) => [id, of.toSorted()])).toEqual([['ana', ['green', 'red']]])

      const teams = async (query: Partial<Parameters<Rooms['teams']['list']>[0]>): Promise<readonly TeamId[]> =>
        (await rooms.teams.list({ ...ALL_ROWS, sort: 'team_id', ...query })).rows.map(({ id }) => id)
      expect(await teams({ teamId: teamId('red') })).toEqual(['red'])
      expect(await teams({ organizationId: organizationId('east') })).toEqual(['blue', 'red'])
      expect(await teams({ organizationId: 'none' })).toEqual(['lone', 't'])
      expect(await teams({ aliasPart: 'RCH t' })).toEqual(['t'])
      expect(await teams({ userId: userId('ana') })).toEqual(['green', 'red'])
      expect((await rooms.teams.ofOrganization(organizationId('east'))).map(({ id }) => id)).toEqual(['blue', 'red'])
    })

    test('the last administrators are counted without those that are blocked, excepted, or behind the master key', async () => {
      await write(async ({ users }) => {
        await users.insert(make.makeUser('a', { role: 'proxy_admin' }))
        await users.insert(make.makeUser('b', { role: 'proxy_admin' }))
        await users.insert(make.makeUser('c', { role: 'proxy_admin', blocked: true }))
        await users.insert(make.makeUser('d', { role: 'proxy_admin_viewer' }))
      })
      expect(await rooms.users.countOtherAdmins([])).toBe(2)
      expect(await rooms.users.countOtherAdmins([userId('a')])).toBe(1)
      expect(await rooms.users.countOtherAdmins(['a', 'b'].map(userId))).toBe(0)
    })

    test('small lists are whole and in order, and budgets of one object alone are not among them', async () => {
      await write(async (inside) => {
        for (const id of ['b', 'a']) {
          await inside.budgets.insert(make.makeBudget(id))
          await inside.organizations.insert(make.makeOrganization(id, id, { alias: `The ${id.toUpperCase()} Org` }))
          await inside.endUsers.insert(make.makeEndUser(id))
          await inside.tags.insert(make.makeTag(id))
          await inside.accessGroups.insert(make.makeAccessGroup(id))
          await inside.credentials.insert(make.makeCredential(id))
          await inside.models.insert(make.makeStoredModel(id))
        }
        await inside.budgets.insert(make.makeBudget('own', { isOwn: true }))
      })
      expect((await rooms.budgets.list()).map(({ id }) => id)).toEqual(['a', 'b'])
      expect((await rooms.endUsers.list()).map(({ id }) => id)).toEqual(['a', 'b'])
      expect((await rooms.tags.list()).map((row) => row.name)).toEqual(['a', 'b'])
      expect((await rooms.accessGroups.list()).map(({ id }) => id)).toEqual(['a', 'b'])
      expect((await rooms.credentials.list()).map((row) => row.name)).toEqual(['a', 'b'])
      expect((await rooms.models.list()).map(({ id }) => id)).toEqual(['a', 'b'])
      const organizations = async (query: object) =>
        (await rooms.organizations.list({ scope: { sees: 'all' }, ...query })).map(({ id }) => id)
      expect(await organizations({})).toEqual(['a', 'b'])
      expect(await organizations({ id: 'b' })).toEqual(['b'])
      expect(await organizations({ aliasPart: 'a org' })).toEqual(['a'])
    })

    test('every use of a budget is counted', async () => {
      const [b, t, o, ana] = [budgetId('b'), teamId('t'), organizationId('o'), userId('ana')]
      const uses: readonly ((inside: Rooms) => Promise<unknown>)[] = [
        ({ organizations }) => organizations.insert(make.makeOrganization('o', 'b')),
        ({ teams }) => teams.insert(make.makeTeam('t', { memberBudgetId: b })),
        ({ teamMembers }) => teamMembers.insert({ teamId: t, userId: ana, role: 'user', budgetId: b }),
        ({ organizationMembers }) =>
          organizationMembers.insert({ organizationId: o, userId: ana, role: 'internal_user', budgetId: b }),
        ({ endUsers }) => endUsers.insert(make.makeEndUser('c', { budgetId: b })),
        ({ tags }) => tags.insert(make.makeTag('x', { budgetId: b })),
        ({ keys }) => keys.insert(makeKey(1, { budgetId: b })),
      ]
      await write(async ({ budgets, users }) => {
        await budgets.insert(make.makeBudget('b'))
        await users.insert(make.makeUser('ana'))
      })
      for (const [index, use] of uses.entries()) {
        expect(await rooms.budgets.countUses(b)).toBe(index)
        await write(use)
      }
      expect(await rooms.budgets.countUses(b)).toBe(uses.length)
    })
  })
}

function digits(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
