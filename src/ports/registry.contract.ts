import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { digestOf, makeKey, NOON } from '../../test/support/entries.ts'
import * as make from '../../test/support/rows.ts'
import { ABOUT, budgetId, makeDraft, ORIGIN, organizationId, teamId, userId } from '../../test/support/rows.ts'
import type { AuditRecord } from '../domain/audit-record.ts'
import { allow, deny } from '../domain/decision.ts'
import { epochMs } from '../domain/ids.ts'
import type { Limits } from '../domain/limits.ts'
import { NO_LIMITS } from '../domain/limits.ts'
import { picoUsd } from '../domain/money.ts'
import type { Registry, Rooms, Rows } from './registry.ts'

export interface OpenedRegistry {
  readonly registry: Registry
  /** The audit log, oldest first. */
  audit(): Promise<readonly AuditRecord[]>
  close(): Promise<void>
}

const AWKWARD = `it's "me" \\u0041 🗝️; drop table x`
const LIMITS: Limits = {
  maxBudget: picoUsd(12_345_678_901_234_567_890n),
  softBudget: picoUsd(0n),
  window: { duration: '30d', anchor: epochMs(NOON + 1) },
  tokensPerMinute: 9_007_199_254_740_991,
  requestsPerMinute: 0,
  parallelRequests: 3,
  perWindow: [
    { maxBudget: picoUsd(12_345_678_901_234_567_890n), window: { duration: '1d', anchor: NOON } },
    { maxBudget: picoUsd(0n), window: undefined },
  ],
  perModel: {
    maxBudget: { [AWKWARD]: { budget_limit: 5, time_period: '1d' } },
    tokensPerMinute: { 'gpt-4o': 7 },
    requestsPerMinute: {},
  },
}
const STAMPS = { createdAt: NOON, createdBy: AWKWARD, updatedAt: epochMs(NOON + 7), updatedBy: 'bob' }
const RICH = { metadata: { [AWKWARD]: [1, null, { deep: 'x' }] }, models: [AWKWARD, 'gpt-4o'], ...STAMPS }

const RICH_KEY = makeKey(1, {
  ...RICH,
  alias: AWKWARD,
  userId: userId('owner'),
  teamId: teamId('team'),
  organizationId: organizationId('org'),
  needsMembership: true,
  roleless: true,
  modelAliases: { fast: 'gpt-4o' },
  allowedRoutes: ['/key/*'],
  allowedPassThroughRoutes: ['/bria'],
  enforcedParams: ['user'],
  tags: [AWKWARD],
  accessGroupIds: ['group'],
  limits: LIMITS,
  budgetId: budgetId('shared'),
  temporaryBudget: { increase: picoUsd(1n), expiresAt: NOON },
  blocked: true,
  blockedByRole: 'proxy_admin',
  expiresAt: NOON,
  rotationCount: 3,
  lastRotatedAt: NOON,
})
const RICH_TEAM = make.makeTeam('t', {
  ...RICH,
  alias: AWKWARD,
  organizationId: organizationId('org'),
  modelAliases: { fast: 'gpt-4o' },
  tags: ['x'],
  blocked: true,
  blockedByRole: 'proxy_admin',
  memberPermissions: ['/key/generate'],
  defaultMemberModels: ['o3'],
  allowedPassThroughRoutes: ['/bria'],
  accessGroupIds: ['group'],
  memberBudgetId: budgetId('shared'),
  limits: LIMITS,
})

/** What every registry promises about its rows and its changes. */
export function describeRegistry(name: string, open: () => Promise<OpenedRegistry>): void {
  describe(`the registry in ${name}`, () => {
    let opened: OpenedRegistry

    beforeEach(async () => {
      opened = await open()
      await write(async ({ users, budgets, organizations, teams }) => {
        await users.insert(make.makeUser('owner'))
        await budgets.insert(make.makeBudget('shared'))
        await organizations.insert(make.makeOrganization('org', 'shared'))
        await teams.insert(make.makeTeam('team', { organizationId: organizationId('org') }))
      })
    })
    afterEach(() => opened.close())

    async function write<Outcome>(work: (rooms: Rooms) => Promise<Outcome>): Promise<Outcome> {
      const changed = await opened.registry.change(ORIGIN, ABOUT, async (rooms) =>
        allow({ outcome: await work(rooms), records: [] }),
      )
      if (changed.verdict === 'deny') throw new Error(changed.because)
      return changed.granted
    }

    /** The verbs that rows of all kinds have. `plain` and `rich` have the same id. */
    function keepsRows<Row, Id>(
      kind: string,
      rowsOf: (rooms: Rooms) => Rows<Row, Id>,
      [id, absent]: readonly [Id, Id],
      plain: Row,
      rich: Row,
    ): void {
      test(`${kind} come back as they were written, field for field, and are there once`, async () => {
        const reads = rowsOf(opened.registry.rooms)
        expect(await write((rooms) => rowsOf(rooms).insert(rich))).toBe('inserted')
        expect(await reads.find(id)).toEqual(rich)
        expect(await write((rooms) => rowsOf(rooms).insert(plain))).toBe('taken')
        expect(await reads.findMany([absent, id, id])).toEqual([rich])
        expect(await write((rooms) => rowsOf(rooms).update(plain))).toBe('updated')
        expect(await reads.find(id)).toEqual(plain)
        expect(await reads.findMany([])).toEqual([])
        expect(await write((rooms) => rowsOf(rooms).delete([absent, id]))).toEqual([plain])
        expect(await reads.find(id)).toBeUndefined()
        expect(await write((rooms) => rowsOf(rooms).delete([id]))).toEqual([])
      })
    }

    keepsRows('keys', ({ keys }) => keys, [digestOf(1), digestOf(2)], makeKey(1), RICH_KEY)
    test('keys and teams that were archived are listed as they were', async () => {
      const { keys, teams } = opened.registry.rooms
      await write((rooms) => rooms.keys.insert(RICH_KEY))
      await write((rooms) => rooms.teams.insert(RICH_TEAM))
      expect(await write((rooms) => rooms.keys.archive([RICH_KEY.digest], 'root'))).toEqual([RICH_KEY])
      expect(await write((rooms) => rooms.teams.archive([RICH_TEAM.id], 'root'))).toEqual([RICH_TEAM])
      expect([await keys.find(RICH_KEY.digest), await teams.find(RICH_TEAM.id)]).toEqual([undefined, undefined])
      const gone = { deletedAt: expect.any(Number), deletedBy: 'root' }
      expect(await keys.listDeleted({ ...make.ALL_ROWS, sort: 'created_at' })).toEqual({
        rows: [{ key: RICH_KEY, ...gone }],
        total: 1,
      })
      expect(await teams.listDeleted({ ...make.ALL_ROWS, sort: 'created_at' })).toEqual({
        rows: [{ team: RICH_TEAM, ...gone }],
        total: 1,
      })
    })

    keepsRows(
      'users',
      ({ users }) => users,
      [userId('ana'), userId('bob')],
      make.makeUser('ana'),
      make.makeUser('ana', {
        ...RICH,
        email: AWKWARD,
        alias: AWKWARD,
        role: 'proxy_admin_viewer',
        ssoUserId: AWKWARD,
        blocked: true,
        blockedByRole: 'org_admin',
        passwordHash: 'hash',
        limits: LIMITS,
      }),
    )
    keepsRows('teams', ({ teams }) => teams, [teamId('t'), teamId('u')], make.makeTeam('t'), RICH_TEAM)
    keepsRows(
      'organizations',
      ({ organizations }) => organizations,
      [organizationId('o'), organizationId('p')],
      make.makeOrganization('o', 'shared'),
      make.makeOrganization('o', 'shared', { ...RICH, alias: AWKWARD }),
    )
    keepsRows(
      'budgets',
      ({ budgets }) => budgets,
      [budgetId('b'), budgetId('c')],
      make.makeBudget('b'),
      make.makeBudget('b', { isOwn: true, limits: LIMITS, allowedModels: [AWKWARD], ...STAMPS }),
    )
    keepsRows(
      'end users',
      ({ endUsers }) => endUsers,
      [make.endUserId(AWKWARD), make.endUserId('c')],
      make.makeEndUser(AWKWARD),
      make.makeEndUser(AWKWARD, {
        alias: AWKWARD,
        blocked: true,
        defaultModel: 'o3',
        budgetId: budgetId('shared'),
      }),
    )
    keepsRows(
      'tags',
      ({ tags }) => tags,
      [AWKWARD, 'other'],
      make.makeTag(AWKWARD),
      make.makeTag(AWKWARD, { description: AWKWARD, models: ['o3'], budgetId: budgetId('shared') }),
    )
    keepsRows(
      'access groups',
      ({ accessGroups }) => accessGroups,
      ['g', 'h'],
      make.makeAccessGroup('g'),
      make.makeAccessGroup('g', {
        name: AWKWARD,
        description: AWKWARD,
        models: ['o3'],
        mcpServerIds: ['m'],
        agentIds: ['a'],
        ...STAMPS,
      }),
    )
    keepsRows(
      'credentials',
      ({ credentials }) => credentials,
      [AWKWARD, 'other'],
      make.makeCredential(AWKWARD),
      make.makeCredential(AWKWARD, { sealedValues: 'others', info: RICH.metadata, ...STAMPS }),
    )
    keepsRows(
      'models',
      ({ models }) => models,
      ['m', 'n'],
      make.makeStoredModel('m'),
      make.makeStoredModel('m', {
        modelName: 'model_name_team_1',
        publicName: AWKWARD,
        teamId: teamId('team'),
        info: RICH.metadata,
        blocked: true,
        ...STAMPS,
      }),
    )
    keepsRows(
      'invitations',
      ({ invitations }) => invitations,
      ['i', 'j'],
      make.makeInvitation('i', 'owner'),
      make.makeInvitation('i', 'owner', { acceptedAt: NOON, ...STAMPS }),
    )

    test('text that no database can hold is kept without what it can’t hold', async () => {
      await write(({ users }) =>
        users.insert(make.makeUser('ana', { alias: 'a\0\ud800', metadata: { 'k\0': '\udfff' } })),
      )
      expect(await opened.registry.rooms.users.find(userId('ana'))).toMatchObject({
        alias: 'a\ufffd\ufffd',
        metadata: { 'k\ufffd': '\ufffd' },
      })
    })

    test('aliases of keys, names of access groups and ids of the sign-on are unique', async () => {
      await write(async ({ keys, accessGroups, users }) => {
        await keys.insert(makeKey(1, { alias: 'svc' }))
        await keys.insert(makeKey(2))
        await accessGroups.insert(make.makeAccessGroup('g', { name: 'beta' }))
        await accessGroups.insert(make.makeAccessGroup('h'))
        await users.insert(make.makeUser('ana', { ssoUserId: 'sub' }))
        await users.insert(make.makeUser('bob'))
      })
      const attempts: readonly ((rooms: Rooms) => Promise<'inserted' | 'updated' | 'taken'>)[] = [
        ({ keys }) => keys.insert(makeKey(3, { alias: 'svc' })),
        ({ keys }) => keys.update(makeKey(2, { alias: 'svc' })),
        ({ accessGroups }) => accessGroups.insert(make.makeAccessGroup('i', { name: 'beta' })),
        ({ accessGroups }) => accessGroups.update(make.makeAccessGroup('h', { name: 'beta' })),
        ({ users }) => users.insert(make.makeUser('cat', { ssoUserId: 'sub' })),
        ({ users }) => users.update(make.makeUser('bob', { ssoUserId: 'sub' })),
      ]
      for (const attempt of attempts) {
        let said: unknown
        const refused = await opened.registry.change(ORIGIN, ABOUT, async (rooms) => {
          said = await attempt(rooms)
          return deny('bad-request', 'param_type')
        })
        expect([said, refused.verdict]).toEqual(['taken', 'deny'])
      }
      expect((await opened.registry.rooms.keys.findByAlias('svc'))?.digest).toBe(digestOf(1))
    })

    describe('a change', () => {
      test('is carried out whole: its outcome, its rows and one record for each draft', async () => {
        const drafts = ['ana', 'bob'].map((id) => makeDraft(id, { before: {}, after: { alias: AWKWARD } }))
        const origin = { ...ORIGIN, actorKey: digestOf(7), onBehalfOf: AWKWARD }
        const changed = await opened.registry.change(origin, ABOUT, async ({ users }) => {
          await users.insert(make.makeUser('ana'))
          expect(await users.find(userId('ana'))).toEqual(make.makeUser('ana'))
          return allow({ outcome: 42, records: drafts })
        })
        expect(changed).toEqual(allow(42))
        expect(await opened.registry.rooms.users.find(userId('ana'))).toBeDefined()
        expect(await opened.audit()).toMatchObject(
          drafts.map((draft, index) => ({
            ...origin,
            ...draft,
            sequence: index + 1,
            outcome: 'done',
            reason: undefined,
          })),
        )
      })

      test.each([
        ['authz_ceiling', { because: 'authz_ceiling' }],
        ['authz_role', { because: 'authz_role' }],
        ['last_admin', { because: 'last_admin' }],
        ['object_denied', { because: 'object_denied', onRecord: 'object_denied' }],
      ] as const)(
        'A01: that is refused for %s leaves no row and one record of the attempt',
        async (onRecord, { because, ...hidden }) => {
          const refusal = { ...deny('beyond-yours', because, 'not yours'), ...hidden }
          const changed = await opened.registry.change(ORIGIN, ABOUT, async ({ users, budgets }) => {
            await users.insert(make.makeUser('ana'))
            await budgets.delete([budgetId('none')])
            return refusal
          })
          expect(changed).toEqual(refusal)
          expect(await opened.registry.rooms.users.find(userId('ana'))).toBeUndefined()
          expect(await opened.audit()).toMatchObject([
            { ...ORIGIN, ...ABOUT, before: {}, after: {}, outcome: 'refused', reason: onRecord },
          ])
        },
      )

      test('that is malformed or that throws leaves nothing at all', async () => {
        const malformed = deny('bad-request', 'param_type', 'no')
        const insert = ({ users }: Rooms) => users.insert(make.makeUser('ana'))
        const refused = await opened.registry.change(ORIGIN, ABOUT, async (rooms) => {
          await insert(rooms)
          return malformed
        })
        expect(refused).toEqual(malformed)
        const thrown = opened.registry.change(ORIGIN, ABOUT, async (rooms) => {
          await insert(rooms)
          throw new Error('changed my mind')
        })
        await expect(thrown).rejects.toThrow('changed my mind')
        expect(await opened.registry.rooms.users.find(userId('ana'))).toBeUndefined()
        expect(await opened.audit()).toEqual([])
      })

      test('that can’t be put on record is not carried out', async () => {
        const failing = opened.registry.change({ ...ORIGIN, requestId: 'nul\0' }, ABOUT, async ({ users }) => {
          await users.insert(make.makeUser('ana'))
          return allow({ outcome: undefined, records: [makeDraft('ana')] })
        })
        await expect(failing).rejects.toBeInstanceOf(Error)
        expect(await opened.registry.rooms.users.find(userId('ana'))).toBeUndefined()
      })

      test('locks what it reads: of twenty at once on one row none is lost, and each is on record', async () => {
        const rounds = Array.from({ length: 20 }, (_, number) => `tag ${number}`)
        await write(({ teams }) =>
          teams.insert(make.makeTeam('t', { limits: { ...NO_LIMITS, maxBudget: picoUsd(0n) } })),
        )
        await Promise.all(
          rounds.map((tag) =>
            opened.registry.change(ORIGIN, ABOUT, async ({ teams }) => {
              const team = await teams.find(teamId('t'))
              if (team === undefined) throw new Error('gone')
              await teams.update({ ...team, tags: [...team.tags, tag] })
              return allow({ outcome: undefined, records: [makeDraft(tag)] })
            }),
          ),
        )
        const team = await opened.registry.rooms.teams.find(teamId('t'))
        expect(team?.tags.toSorted()).toEqual(rounds.toSorted())
        const records = await opened.audit()
        expect(records.map(({ sequence }) => sequence)).toEqual(rounds.map((_, index) => index + 1))
        expect(records.map(({ objectId }) => objectId).toSorted()).toEqual(rounds.toSorted())
        expect(new Set(records.map(({ id }) => id)).size).toBe(20)
      })
    })
  })
}
