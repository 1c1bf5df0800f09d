import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from './support/caller.ts'
import { NOT_FOR_YOU, callerOf } from './support/caller.ts'
import { MODELS, ORG, TEAM } from './support/cast.ts'
import { freshName } from './support/fresh.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'
import { keyRow, teamRow, userRow } from './support/state.ts'

let realm: Realm

beforeAll(async () => {
  realm = await startRealm()
})

afterAll(() => realm.close())

/** Two accounts that work together: every credential that they got hold of, and every person that they made. */
interface Gang {
  readonly held: Caller[]
  readonly people: string[]
}

type Move = (by: Caller, gang: Gang, pick: number) => Promise<unknown>

const pickOf = <T>(from: readonly T[], pick: number): T | undefined => from[pick % Math.max(1, from.length)]

const RIGHTS: readonly object[] = [
  { user_role: 'proxy_admin' },
  { user_role: 'proxy_admin_viewer' },
  { role: 'org_admin' },
  { role: 'admin' },
  { models: ['m2'] },
  { models: [] },
  { models: ['*'] },
  { max_budget: 1_000_000 },
  { max_budget: null },
  { allowed_routes: ['/*'] },
  { allowed_routes: [] },
  { key_type: 'management' },
  { team_id: TEAM.cobalt },
  { organization_id: ORG.cobalt },
  { organizations: [ORG.cobalt] },
  { teams: [TEAM.cobalt] },
  { permissions: { get_spend_routes: true } },
  { aliases: { m1: 'm2' } },
  { model_aliases: { m1: 'm2' } },
  { team_member_permissions: ['/key/generate', '/key/update', '/key/delete', '/key/regenerate'] },
  { object_permission: { models: ['m2'] } },
]
const right = (pick: number): object => RIGHTS[pick % RIGHTS.length] ?? {}

const MOVES: Readonly<Record<string, Move>> = {
  makesKey: (by, gang, pick) => grab(gang, by.post('/key/generate', { ...right(pick) })),
  makesTeamKey: (by, gang, pick) => grab(gang, by.post('/key/generate', { team_id: TEAM.amber, ...right(pick) })),
  makesServiceKey: (by, gang, pick) =>
    grab(gang, by.post('/key/service-account/generate', { team_id: TEAM.amber, ...right(pick) })),
  makesKeyForFriend: (by, gang, pick) =>
    grab(gang, by.post('/key/generate', { user_id: pickOf(gang.people, pick), ...right(pick) })),
  makesPerson: async (by, gang, pick) => {
    const user_id = freshName('crony', 'amber')
    const answer = await by.post('/user/new', { user_id, organizations: [ORG.amber], ...right(pick) })
    if (answer.status === 200) gang.people.push(user_id)
    keep(gang, answer)
  },
  changesPerson: (by, gang, pick) =>
    by.post('/user/update', { user_id: pickOf(gang.people, pick), ...right(pick * 7) }),
  changesKey: (by, gang, pick) => by.post('/key/update', { key: pickOf(gang.held, pick)?.hash, ...right(pick * 5) }),
  rotatesKey: (by, gang, pick) =>
    grab(
      gang,
      by.post('/key/regenerate', { key: pickOf(gang.held, pick)?.hash, grace_period: '1h', ...right(pick * 3) }),
    ),
  addsMember: (by, gang, pick) =>
    by.post('/team/member_add', {
      team_id: pick % 3 === 0 ? TEAM.cobalt : TEAM.amber,
      member: { user_id: pickOf(gang.people, pick), role: pick % 2 === 0 ? 'admin' : 'user' },
      max_budget_in_team: 1_000_000,
    }),
  joinsOrganisation: (by, gang, pick) =>
    by.post('/organization/member_add', {
      organization_id: pick % 2 === 0 ? ORG.cobalt : ORG.amber,
      member: { user_id: pickOf(gang.people, pick), role: 'org_admin' },
    }),
  changesTeam: (by, _, pick) => by.post('/team/update', { team_id: TEAM.amber, ...right(pick) }),
  changesPermissions: (by) =>
    by.post('/team/permissions_update', {
      team_id: TEAM.amber,
      team_member_permissions: ['/key/generate', '/key/update', '/key/service-account/generate'],
    }),
  makesTeam: (by, gang, pick) => grab(gang, by.post('/team/new', { organization_id: ORG.amber, ...right(pick) })),
  changesOrganisation: (by, _, pick) =>
    by.patch('/organization/update', { organization_id: ORG.amber, ...right(pick) }),
  invites: (by, gang, pick) => by.post('/invitation/new', { user_id: pickOf(gang.people, pick), ...right(pick) }),
  addsModel: (by, _, pick) => by.post('/team/model/add', { team_id: TEAM.amber, models: ['m2'], ...right(pick) }),
}

async function grab(gang: Gang, answer: Promise<{ status: number; text: string }>): Promise<void> {
  keep(gang, await answer)
}

function keep(gang: Gang, { status, text }: { status: number; text: string }): void {
  if (status !== 200) return
  const body: { key?: unknown } = JSON.parse(text)
  if (typeof body.key === 'string' && body.key.startsWith('sk-')) gang.held.push(callerOf(realm.port, body.key))
}

const moves = fc.array(
  fc.record({ who: fc.nat(50), move: fc.constantFrom(...Object.keys(MOVES)), pick: fc.nat(1_000) }),
  { minLength: 4, maxLength: 14 },
)

describe('INV-13: two accounts together reach nothing that neither has', () => {
  test.each([
    ['u2', 'v1'],
    ['u2', 'u1'],
    ['u1', 'oa1'],
    ['ks1', 'u2'],
  ] as const)('%s and %s', { timeout: 300_000 }, async (one, other) => {
    const { cast, upstream } = realm
    const isRuler = one === 'u1' && other === 'oa1'
    await fc.assert(
      fc.asyncProperty(moves, async (plan) => {
        const gang: Gang = { held: [cast[one], cast[other]], people: [cast.u2.id, cast.v1.id] }
        const billed = upstream.bill.entries.length

        for (const { who, move, pick } of plan) {
          const by = pickOf(gang.held, who)
          if (by !== undefined) await MOVES[move]?.(by, gang, pick)
        }

        for (const key of gang.held) {
          for (const model of ['m1', 'm2']) await key.chat(model)
          for (const path of ['/credentials', '/customer/list', `/team/info?team_id=${TEAM.cobalt}`]) {
            expect(NOT_FOR_YOU, path).toContain((await key.get(path)).status)
          }
          const created = await key.post('/budget/new', { budget_id: freshName('loot', 'amber'), max_budget: 1 })
          expect(NOT_FOR_YOU).toContain(created.status)
          if (!isRuler) expect(NOT_FOR_YOU).toContain((await key.get('/audit')).status)
        }
        expect(upstream.bill.entries.slice(billed).map((entry) => entry.model)).not.toContain('m2')
        await hasNobodyRisen(gang)
      }),
      { numRuns: 20, seed: 20_261_124, endOnFailure: true },
    )
  })

  async function hasNobodyRisen({ people, held }: Gang): Promise<void> {
    const { master } = realm.cast
    for (const id of people) {
      expect(['internal_user', 'internal_user_viewer', null]).toContain((await userRow(master, id))['user_role'])
    }
    const team = await teamRow(master, TEAM.amber)
    expect(Number(team['max_budget'])).toBeLessThanOrEqual(100)
    expect(team['models']).not.toContain('m2')
    expect(team['models']).not.toEqual([])
    expect((await teamRow(master, TEAM.cobalt))['members_with_roles']).not.toEqual(
      expect.arrayContaining([expect.objectContaining({ user_id: expect.stringContaining('amber') })]),
    )
    for (const key of held.slice(2)) {
      // A secret that was rotated away names no row any more.
      if ((await master.get(`/key/info?key=${key.hash}`)).status !== 200) continue
      const row = await keyRow(master, key.hash)
      expect(row['team_id']).not.toBe(TEAM.cobalt)
      expect(MODELS.amber.concat(['all-team-models', 'no-default-models'])).toEqual(
        expect.arrayContaining(Array.isArray(row['models']) ? row['models'] : []),
      )
    }
  }
})
