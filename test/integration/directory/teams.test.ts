import { NO_RULES, quietPorts } from '../../support/manage-ports.ts'
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digests } from '../../../src/adapters/crypto/digests.ts'
import { chance } from '../../../src/adapters/system/chance.ts'
import type { Decision } from '../../../src/domain/decision.ts'
import { parseOrganizationId, parseTeamId, parseUserId } from '../../../src/domain/ids.ts'
import type { TeamId } from '../../../src/domain/ids.ts'
import { NOBODY } from '../../../src/domain/principal.ts'
import type { VirtualKey } from '../../../src/domain/virtual-key.ts'
import { addTeamMembers } from '../../../src/manage/teams/add-team-members.ts'
import { createOrganization } from '../../../src/manage/organizations/change-organizations.ts'
import { removeTeamMember } from '../../../src/manage/teams/change-team-member.ts'
import { createTeam } from '../../../src/manage/teams/create-team.ts'
import { deleteOrganizations } from '../../../src/manage/organizations/delete-organizations.ts'
import { deleteTeams } from '../../../src/manage/teams/delete-teams.ts'
import type { Ask, ManagePorts } from '../../../src/manage/ports.ts'
import { listAvailableTeams, readTeam } from '../../../src/manage/teams/read-teams.ts'
import { makeKey } from '../../support/entries.ts'
import { openEmbedded, openServer, REAL_CLOCK } from '../../support/stores.ts'
import type { OpenedStore } from '../../support/stores.ts'

const AS_MASTER: Ask = {
  principal: { kind: 'master' },
  reach: { scope: 'all', mayWrite: true },
  origin: {
    actor: 'default_user_id',
    actorRole: 'master',
    actorKey: undefined,
    onBehalfOf: undefined,
    clientAddress: undefined,
    requestId: 'r',
    route: '/team/new',
  },
}

function granted<Value>(decision: Decision<Value>): Value {
  if (decision.verdict === 'deny') throw new Error(`${decision.problem}: ${decision.say ?? ''}`)
  return decision.granted
}

describe.each([
  { name: 'the embedded database', open: openEmbedded },
  { name: 'a PostgreSQL server', open: openServer },
])('$name', ({ open }) => {
  let opened: OpenedStore
  let ports: ManagePorts

  beforeAll(async () => {
    opened = await open()
    const { store } = opened
    ports = {
      registry: store.openRegistry(randomUUID, async () => {}),
      ledger: store.readLedger(async () => {}),
      budgets: store.openBudgets(async () => {}),
      digests,
      chance,
      clock: REAL_CLOCK,
      masterKey: digests.digestKey('sk-master'),
      ...quietPorts(),
      rules: NO_RULES,
      availableTeams: new Set(['open-team']),
    }
  })
  afterAll(() => opened.close())

  const user = (id: string) => ({ userId: id, email: undefined, role: 'user' as const })

  async function newTeam(id: string, members: readonly string[], organizationId?: string): Promise<void> {
    const wish = { limits: {}, memberLimits: { maxBudget: 5 }, organizationId }
    granted(await createTeam({ teamId: id, members: members.map(user), wish }, AS_MASTER, ports))
  }

  function add(teamId: string, members: readonly string[]) {
    return addTeamMembers({ teamId, members: members.map(user), limits: {}, mustAdd: false }, AS_MASTER, ports)
  }

  async function insertKey(number: number, place: Partial<VirtualKey>): Promise<VirtualKey> {
    const key = makeKey(number, place)
    const about = { action: 'created', objectType: 'LiteLLM_VerificationToken', objectId: key.digest } as const
    const done = await ports.registry.change(AS_MASTER.origin, about, async (rooms) => {
      await rooms.keys.insert(key)
      return { verdict: 'allow', granted: { outcome: key, records: [] } }
    })
    return granted(done)
  }

  async function countRows(table: string, where: string): Promise<number> {
    const { rows } = await sql<{ rows: bigint }>`
      select count(*) as rows from ${sql.table(`latchkey.${table}`)} where ${sql.raw(where)}`.execute(opened.store.db)
    return Number(rows[0]?.rows)
  }

  test('K-12 AC-051 a key that its user had before joining lives as long as the membership', async () => {
    await newTeam('bound', ['someone'])
    await newTeam('elsewhere', ['late'])
    const teamId = parseTeamId('bound')
    const userId = parseUserId('late')
    const key = await insertKey(1, { teamId, userId })
    const personal = await insertKey(2, { userId })
    const { rooms } = ports.registry
    expect((await rooms.keys.find(key.digest))?.needsMembership).toBe(false)

    granted(await add('bound', ['late']))
    expect((await rooms.keys.find(key.digest))?.needsMembership).toBe(true)
    expect((await rooms.keys.find(personal.digest))?.needsMembership).toBe(false)

    granted(await removeTeamMember({ teamId: 'bound', userId: 'late', email: undefined }, AS_MASTER, ports))
    expect((await rooms.keys.find(key.digest))?.needsMembership).toBe(true)
  })

  test('a team goes with its keys, members and budgets, and stays on record', async () => {
    await newTeam('doomed', ['d1', 'd2'])
    const key = await insertKey(10, { teamId: parseTeamId('doomed'), userId: parseUserId('d1') })
    granted(await deleteTeams(['doomed'], AS_MASTER, ports))
    expect(await ports.registry.rooms.keys.find(key.digest)).toBeUndefined()
    expect(await countRows('deleted_key', `digest = '${key.digest}'`)).toBe(1)
    expect(await countRows('deleted_team', "team_id = 'doomed'")).toBe(1)
    expect(await countRows('team_member', "team_id = 'doomed'")).toBe(0)
    // One record for the team that the call named, which tells of what went with it.
    const told = (id: string): string => `object_id = 'doomed' and before_value like '%${id}%'`
    expect(await countRows('audit_record', `action = 'deleted' and object_id like '%doomed%'`)).toBe(1)
    expect(await countRows('audit_record', `action = 'deleted' and ${told('doomed/d1')}`)).toBe(1)
    expect(await countRows('audit_record', `action = 'deleted' and ${told(key.digest)}`)).toBe(1)
  })

  test('an organisation goes with its teams, its own keys and the keys of its teams, and leaves no budget', async () => {
    const before = await countRows('budget', 'true')
    const wish = { alias: 'o', limits: { maxBudget: 9 } }
    granted(await createOrganization({ organizationId: 'o', wish }, AS_MASTER, ports))
    await newTeam('o-team', ['o1'], 'o')
    const inTeam = await insertKey(20, { teamId: parseTeamId('o-team') })
    const own = await insertKey(21, { organizationId: parseOrganizationId('o') })
    granted(await deleteOrganizations(['o'], AS_MASTER, ports))
    expect(await ports.registry.rooms.keys.findMany([inTeam.digest, own.digest])).toEqual([])
    expect(await countRows('team', "team_id = 'o-team'")).toBe(0)
    expect(await countRows('budget', 'true')).toBe(before)
  })

  test('calls at once that name the same people in other orders all succeed', async () => {
    const teams = Array.from({ length: 6 }, (_, index) => `busy-${index}`)
    for (const id of teams) await newTeam(id, [])
    const people = ['p1', 'p2', 'p3', 'p4', 'p5']
    const answers = await Promise.all(
      teams.flatMap((id, index) => [
        add(id, index % 2 === 0 ? people : people.toReversed()),
        add(id, [`only-${index}`, 'p3', 'p1']),
      ]),
    )
    expect(answers.map(({ verdict }) => verdict)).toEqual(answers.map(() => 'allow'))
    const members = await ports.registry.rooms.teamMembers.ofTeams(
      teams.map(parseTeamId).filter((id) => id !== undefined),
    )
    // The five, the one of each call, and whoever made the team.
    expect(members).toHaveLength(teams.length * 7)
  })

  test('note 7: a key of a team sees the team and itself, and nothing of the members', async () => {
    await newTeam('looked-at', ['seen'])
    const teamId = parseTeamId('looked-at')
    const key = await insertKey(30, { teamId })
    await insertKey(31, { teamId, userId: parseUserId('seen') })
    const nothing = { organizations: new Set<never>(), adminTeams: new Set<never>(), memberTeams: new Map() }
    const keyReach = { scope: 'some', ...nothing, userId: undefined, keyDigest: key.digest } as const
    const asKey = (keyTeamId: TeamId | undefined): Ask => ({
      ...AS_MASTER,
      principal: { kind: 'virtual-key', key: { ...key, teamId: keyTeamId }, standing: NOBODY, bearer: undefined },
      reach: { ...keyReach, keyTeamId },
    })
    const view = granted(await readTeam('looked-at', asKey(teamId), ports))
    expect(view.members).toEqual([])
    expect(view.keys.map(({ row }) => row.digest)).toEqual([key.digest])
    expect(view.spend).toBe(0n)
    expect((await readTeam('looked-at', asKey(parseTeamId('elsewhere')), ports)).verdict).toBe('deny')
    expect((await readTeam('looked-at', asKey(undefined), ports)).verdict).toBe('deny')
  })

  test('note 14: users join by themselves what is open to all, as plain members and alone', async () => {
    await newTeam('open-team', [])
    await newTeam('closed-team', ['joiner'])
    const userId = parseUserId('joiner')
    const nowhere = { organizations: new Set<never>(), adminTeams: new Set<never>(), memberTeams: new Map() }
    const asJoiner: Ask = {
      ...AS_MASTER,
      reach: { scope: 'some', ...nowhere, userId, keyDigest: undefined, keyTeamId: undefined },
    }
    expect(await listAvailableTeams(asJoiner, ports)).toMatchObject([{ id: 'open-team' }])
    const join = (teamId: string, members: readonly object[], limits = {}) =>
      addTeamMembers(
        { teamId, members: members.map((each) => ({ ...user('joiner'), ...each })), limits, mustAdd: true },
        asJoiner,
        ports,
      )
    const refused = [
      await join('closed-team', [{}]),
      await join('open-team', [{ role: 'admin' }]),
      await join('open-team', [{ userId: 'another' }]),
      await join('open-team', [{}, { userId: 'another' }]),
      await join('open-team', [{}], { maxBudget: 1_000 }),
    ]
    expect(refused.map((each) => each.verdict)).toEqual(refused.map(() => 'deny'))
    expect((await join('open-team', [{}])).verdict).toBe('allow')
  })
})
