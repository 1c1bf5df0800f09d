import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { COLUMNS, RIGHTS, row } from './access-row.ts'
import type { AccessRow } from './access-row.ts'
import { ACCESS_TABLE, rowFor } from './access-table.ts'
import { parseKeyDigest, parseOrganizationId, parseTeamId, parseUserId } from './ids.ts'
import { decideReach } from './reach.ts'
import type { Caller, Reach } from './reach.ts'
import { USER_ROLES, isViewer } from './role.ts'
import { changesKey, changesUser, createsKey, reachesKey, reachesOrganization, reachesOwnTeam } from './scope.ts'
import { reachesTeam, reachesUser } from './scope.ts'
import type { KeyPlace, TeamPlace, UserPlace } from './scope.ts'

const sure = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('not an id')
  return value
}
const team = (name: string) => sure(parseTeamId(name))
const organization = (name: string) => sure(parseOrganizationId(name))
const user = (name: string) => sure(parseUserId(name))
const digest = (character: string) => sure(parseKeyDigest(character.repeat(64)))
const rowOf = (method: string, path: string) => sure(rowFor(method, path))

const NOBODY: Caller = {
  kind: 'user',
  userId: undefined,
  role: undefined,
  teams: [],
  organizations: [],
  keyDigest: undefined,
  keyTeamId: undefined,
}
const MASTER: Caller = { ...NOBODY, kind: 'master' }
const ANA: Caller = { ...NOBODY, kind: 'key', userId: user('ana'), role: 'internal_user', keyDigest: digest('a') }
const T1 = { teamId: team('t1'), organizationId: organization('o1'), permissions: ['/key/info'] }
const SERVICE_KEY: Caller = { ...NOBODY, kind: 'key', keyDigest: digest('5'), keyTeamId: team('t1') }

const key = (place: Partial<KeyPlace>): KeyPlace => ({
  userId: undefined,
  teamId: undefined,
  organizationId: undefined,
  digest: digest('f'),
  ...place,
})
const reachOf = (caller: Caller, method: string, path: string): Reach => {
  const reach = decideReach(caller, rowOf(method, path))
  if (reach === 'none') throw new Error(`${method} ${path} is not for this caller`)
  return reach
}

describe('how far a right goes', () => {
  test('administrators reach everything, their viewers look at it', () => {
    expect(decideReach(MASTER, rowOf('POST', '/key/update'))).toEqual({ scope: 'all', mayWrite: true })
    const admin: Caller = { ...ANA, role: 'proxy_admin' }
    expect(decideReach(admin, rowOf('POST', '/team/new'))).toEqual({ scope: 'all', mayWrite: true })
    const viewer: Caller = { ...ANA, role: 'proxy_admin_viewer' }
    expect(decideReach(viewer, rowOf('GET', '/key/list'))).toEqual({ scope: 'all', mayWrite: false })
    expect(decideReach(viewer, rowOf('POST', '/key/update'))).toBe('none')
    expect(decideReach(viewer, rowOf('POST', '/chat/completions'))).toBe('none')
    expect(decideReach(ANA, rowOf('GET', '/openapi.json'))).toEqual({ scope: 'all', mayWrite: false })
  })

  test('a user who administers one team and belongs to another has the rights of each', () => {
    const t2 = { ...T1, teamId: team('t2') }
    const reach = reachOf(
      {
        ...ANA,
        teams: [
          { ...T1, role: 'admin' },
          { ...t2, role: 'user' },
        ],
      },
      'GET',
      '/key/info',
    )
    expect(reachesKey(reach, key({ userId: user('ana') }), '/key/info')).toBe(true)
    expect(reachesKey(reach, key({ teamId: team('t1') }), '/key/none')).toBe(true)
    expect(reachesKey(reach, key({ teamId: team('t2') }), '/key/info')).toBe(true)
    expect(reachesKey(reach, key({ teamId: team('t2') }), '/key/update')).toBe(false)
    expect(reachesKey(reach, key({ teamId: team('t3') }), '/key/info')).toBe(false)
    expect(reachesKey(reach, key({ userId: user('bob') }), '/key/info')).toBe(false)
  })

  test('a key without a user reaches itself and the summary of its team', () => {
    const info = reachOf(SERVICE_KEY, 'GET', '/key/info')
    expect(reachesKey(info, key({ digest: digest('5'), teamId: team('t1') }), '/key/info')).toBe(true)
    expect(reachesKey(info, key({ teamId: team('t1') }), '/key/info')).toBe(false)
    const teamInfo = reachOf(SERVICE_KEY, 'GET', '/team/info')
    expect(reachesOwnTeam(teamInfo, { id: team('t1'), organizationId: undefined })).toBe(true)
    expect(reachesTeam(teamInfo, { id: team('t1'), organizationId: undefined })).toBe(false)
    expect(reachesOwnTeam(teamInfo, { id: team('t2'), organizationId: undefined })).toBe(false)
    expect(decideReach(SERVICE_KEY, rowOf('POST', '/key/generate'))).toBe('none')
    const withTeams: Caller = { ...SERVICE_KEY, teams: [{ ...T1, role: 'admin' }] }
    expect(decideReach(withTeams, rowOf('POST', '/key/generate'))).toBe('none')
  })

  test('an organisation admin reaches its teams and members, and changes only members that are nobody else’s', () => {
    const caller: Caller = { ...ANA, organizations: [{ organizationId: organization('o1'), role: 'org_admin' }] }
    const t1: TeamPlace = { id: team('t1'), organizationId: organization('o1') }
    expect(reachesTeam(reachOf(caller, 'POST', '/team/update'), t1)).toBe(true)
    expect(reachesTeam(reachOf(caller, 'POST', '/team/update'), { ...t1, organizationId: undefined })).toBe(false)
    expect(reachesOrganization(reachOf(caller, 'GET', '/organization/info'), organization('o1'))).toBe(true)
    expect(reachesOrganization(reachOf(caller, 'GET', '/organization/info'), organization('o2'))).toBe(false)

    const reach = reachOf(caller, 'POST', '/user/update')
    const bob: UserPlace = { id: user('bob'), organizationIds: [organization('o1')], teams: [t1] }
    expect(changesUser(reach, bob)).toBe(true)
    const elsewhere: readonly UserPlace[] = [
      { ...bob, organizationIds: [organization('o1'), organization('o2')] },
      { ...bob, teams: [t1, { id: team('t9'), organizationId: undefined }] },
      { ...bob, teams: [t1, { id: team('t9'), organizationId: organization('o2') }] },
    ]
    for (const place of elsewhere) {
      expect(changesUser(reach, place)).toBe(false)
      expect(reachesUser(reach, place)).toBe(true)
    }
    expect(changesUser(reach, { ...bob, organizationIds: [], teams: [] })).toBe(false)
    expect(reachesUser(reach, { ...bob, organizationIds: [], teams: [] })).toBe(false)
  })

  test('a plain member of an organisation has no right in it', () => {
    const caller: Caller = { ...ANA, organizations: [{ organizationId: organization('o1'), role: 'internal_user' }] }
    expect(decideReach(caller, rowOf('GET', '/organization/list'))).toBe('none')
    const admin = { organizationId: organization('o2'), role: 'org_admin' } as const
    const reach = reachOf({ ...caller, organizations: [...caller.organizations, admin] }, 'GET', '/organization/list')
    expect(reachesOrganization(reach, organization('o2'))).toBe(true)
    expect(reachesOrganization(reach, organization('o1'))).toBe(false)
  })

  test('where the user is gone, the key reaches itself and a session nothing', () => {
    const orphan: Caller = { ...ANA, role: undefined }
    const reach = reachOf(orphan, 'GET', '/key/info')
    expect(reachesKey(reach, key({ userId: user('ana'), digest: digest('a') }), '/key/info')).toBe(true)
    expect(reachesKey(reach, key({ userId: user('ana') }), '/key/info')).toBe(false)
    expect(decideReach({ ...orphan, kind: 'user' }, rowOf('GET', '/key/info'))).toBe('none')
  })

  test('a member makes personal keys and, where the team lets, keys in the team; never for somebody else', () => {
    const creating = (permissions: readonly string[]) =>
      reachOf({ ...ANA, teams: [{ ...T1, role: 'user', permissions }] }, 'POST', '/key/generate')
    const [shut, open] = [creating([]), creating(['/key/generate'])]
    const [own, inTeam] = [key({ userId: user('ana') }), key({ userId: user('ana'), teamId: team('t1') })]
    const may = (reach: Reach, place: KeyPlace) => createsKey(reach, place, '/key/generate')
    expect(may(shut, own)).toBe(true)
    expect(may(shut, inTeam)).toBe(false)
    expect(may(open, inTeam)).toBe(true)
    expect(may(open, { ...inTeam, userId: user('bob') })).toBe(false)
    expect(may(open, { ...inTeam, teamId: team('t2') })).toBe(false)
    expect(may(open, key({ userId: user('bob') }))).toBe(false)
    expect(may(open, key({}))).toBe(false)
    expect(may(open, { ...own, organizationId: organization('o1') })).toBe(false)
  })

  test('an own key in a team is changed as the team lets its members, and always read', () => {
    const caller: Caller = { ...ANA, teams: [{ ...T1, role: 'user' }] }
    const [own, inTeam] = [key({ userId: user('ana') }), key({ userId: user('ana'), teamId: team('t1') })]
    const changing = reachOf(caller, 'POST', '/key/update')
    expect(changesKey(changing, own, '/key/update')).toBe(true)
    expect(changesKey(changing, inTeam, '/key/update')).toBe(false)
    expect(reachesKey(reachOf(caller, 'GET', '/key/info'), inTeam, '/key/none')).toBe(true)
  })

  test('a viewer who administers a team sees what is in it, and changes and spends nothing', () => {
    const viewer: Caller = { ...ANA, role: 'internal_user_viewer', teams: [{ ...T1, role: 'admin' }] }
    expect(reachesKey(reachOf(viewer, 'GET', '/key/list'), key({ teamId: team('t1') }), '/key/none')).toBe(true)
    for (const path of ['/key/generate', '/team/member_add', '/chat/completions', '/utils/token_counter']) {
      expect(decideReach(viewer, rowOf('POST', path))).toBe('none')
    }
  })

  test('what is for everybody reaches nobody’s objects', () => {
    const onboarding = rowOf('POST', '/onboarding/claim_token')
    for (const caller of [NOBODY, SERVICE_KEY, ANA, MASTER]) {
      const reach = decideReach(caller, onboarding)
      expect(reach).toMatchObject({ scope: 'some', userId: undefined, keyDigest: undefined, keyTeamId: undefined })
    }
  })
})

const teamIds = ['t1', 't2', 't3'].map(team)
const organizationIds = ['o1', 'o2'].map(organization)
const maybe = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined })
const permissions = fc.subarray(['/key/info', '/key/generate', '/key/update'])
const anyOrganization = fc.constantFrom(...organizationIds)
const callers: fc.Arbitrary<Caller> = fc.record({
  kind: fc.constantFrom('key', 'user', 'master'),
  userId: maybe(fc.constantFrom(user('ana'), user('bob'))),
  role: maybe(fc.constantFrom(...USER_ROLES)),
  teams: fc.uniqueArray(
    fc.record({
      teamId: fc.constantFrom(...teamIds),
      role: fc.constantFrom('admin', 'user'),
      organizationId: maybe(anyOrganization),
      permissions,
    }),
    { selector: ({ teamId }) => teamId },
  ),
  organizations: fc.uniqueArray(
    fc.record({
      organizationId: anyOrganization,
      role: fc.constantFrom('org_admin', 'internal_user', 'internal_user_viewer'),
    }),
    { selector: ({ organizationId }) => organizationId },
  ),
  keyDigest: maybe(fc.constantFrom(digest('a'), digest('b'))),
  keyTeamId: maybe(fc.constantFrom(...teamIds)),
})
/** Rows of the table, and any other rows that obey the laws of it: the rules hold for tables to come. */
const NARROW = RIGHTS.filter((right) => right !== 'A' && right !== 'V')
const rows: fc.Arbitrary<AccessRow> = fc.oneof(
  fc.constantFrom(...ACCESS_TABLE),
  fc
    .record({
      writes: fc.boolean(),
      rights: fc.array(fc.constantFrom(...NARROW), { minLength: COLUMNS.length, maxLength: COLUMNS.length }),
      wide: fc.boolean(),
    })
    .map(({ writes, rights, wide }) => {
      const texts = rights.map((right, at) => {
        if (wide && COLUMNS[at] === 'PA') return 'A'
        return wide && !writes && COLUMNS[at] === 'PAV' ? 'V' : right
      })
      return row(undefined, 'any', writes ? 'writes' : 'reads', [], texts.join(' '))
    }),
)
const keys: fc.Arbitrary<KeyPlace> = fc.record({
  userId: maybe(fc.constantFrom(user('ana'), user('bob'))),
  teamId: maybe(fc.constantFrom(...teamIds)),
  organizationId: maybe(anyOrganization),
  digest: fc.constantFrom(digest('a'), digest('b'), digest('c')),
})
const teams: fc.Arbitrary<TeamPlace> = fc.record({
  id: fc.constantFrom(...teamIds),
  organizationId: maybe(anyOrganization),
})
const users: fc.Arbitrary<UserPlace> = fc.record({
  id: fc.constantFrom(user('ana'), user('bob'), user('cyn')),
  organizationIds: fc.subarray(organizationIds),
  teams: fc.uniqueArray(teams, { selector: ({ id }) => id }),
})
const objects = fc.record({
  key: keys,
  team: teams,
  user: users,
  permission: fc.constantFrom('/key/info', '/key/update'),
})
type Objects = typeof objects extends fc.Arbitrary<infer Value> ? Value : never

/** Everything that a verb could ask, by name. */
function answers(reach: Reach | 'none', { key: place, team: group, user: person, permission }: Objects) {
  if (reach === 'none') return {}
  return {
    reachesKey: reachesKey(reach, place, permission),
    changesKey: changesKey(reach, place, permission),
    createsKey: createsKey(reach, place, permission),
    reachesTeam: reachesTeam(reach, group),
    reachesOwnTeam: reachesOwnTeam(reach, group),
    reachesUser: reachesUser(reach, person),
    changesUser: changesUser(reach, person),
    reachesOrganization: organizationIds.some((id) => reachesOrganization(reach, id)),
  }
}
const yeses = (of: Readonly<Record<string, boolean>>) => Object.keys(of).filter((name) => of[name])

describe('INV-12: for any caller, row and object', () => {
  test('fewer memberships never reach more', () => {
    const pairs = callers.chain((caller) =>
      fc.record({
        caller: fc.constant(caller),
        less: fc.record({
          teams: fc.subarray([...caller.teams]),
          organizations: fc.subarray([...caller.organizations]),
        }),
      }),
    )
    fc.assert(
      fc.property(pairs, rows, objects, ({ caller, less }, of, object) => {
        const all = yeses(answers(decideReach(caller, of), object))
        expect(all).toEqual(expect.arrayContaining(yeses(answers(decideReach({ ...caller, ...less }, of), object))))
      }),
      { numRuns: 2_000 },
    )
  })

  test('a lower membership never reaches more', () => {
    fc.assert(
      fc.property(callers, rows, objects, (caller, of, object) => {
        const lower: Caller = {
          ...caller,
          teams: caller.teams.map((membership) => ({ ...membership, role: 'user' })),
          organizations: caller.organizations.map((membership) => ({ ...membership, role: 'internal_user' })),
        }
        const all = yeses(answers(decideReach(caller, of), object))
        expect(all).toEqual(expect.arrayContaining(yeses(answers(decideReach(lower, of), object))))
      }),
      { numRuns: 2_000 },
    )
  })

  test('a viewer’s reach never writes', () => {
    const writing = ACCESS_TABLE.filter(({ writes }) => writes)
    fc.assert(
      fc.property(callers, fc.constantFrom(...writing), objects, (caller, of, object) => {
        fc.pre(caller.kind !== 'master' && caller.role !== undefined && isViewer(caller.role))
        expect(yeses(answers(decideReach(caller, of), object))).toEqual([])
      }),
    )
  })

  test('nobody but a proxy administrator may write everywhere', () => {
    fc.assert(
      fc.property(callers, rows, (caller, of) => {
        fc.pre(caller.kind !== 'master' && caller.role !== 'proxy_admin')
        expect(decideReach(caller, of)).not.toMatchObject({ mayWrite: true })
      }),
    )
  })

  test('a caller without a role, or with a role of its own alone, has what its column says and no more', () => {
    const bare = callers.map((caller): Caller => ({ ...caller, kind: 'key', teams: [], organizations: [] }))
    const columnOf = {
      proxy_admin: 'PA',
      proxy_admin_viewer: 'PAV',
      internal_user: 'IU',
      internal_user_viewer: 'IUV',
    } as const
    fc.assert(
      fc.property(bare, rows, (caller, of) => {
        const { right } = of.cells[caller.role === undefined ? 'KN' : columnOf[caller.role]]
        expect(decideReach(caller, of) === 'none').toBe(right === '-' && of.cells.AN.right === '-')
      }),
    )
  })

  test('a row with a right in no column is for nobody', () => {
    const shut = row(undefined, 'shut', 'reads', [], '- - - - - - - - - -')
    fc.assert(
      fc.property(callers, (caller) => {
        expect(decideReach(caller, shut)).toBe('none')
      }),
    )
  })
})
