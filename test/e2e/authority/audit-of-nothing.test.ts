import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller, Json } from './support/caller.ts'
import { digestOf, good, textAt } from './support/caller.ts'
import { ORG, TEAM } from './support/cast.ts'
import {
  freshBudget,
  freshCredential,
  freshCustomer,
  freshKey,
  freshName,
  freshOrganisation,
  freshTag,
  freshTeam,
  freshUser,
} from './support/fresh.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'
import { stateOf } from './support/state.ts'

let realm: Realm

beforeAll(async () => {
  realm = await startRealm()
})

afterAll(() => realm.close())

async function recordsOf(objectId: string): Promise<readonly Json[]> {
  const path = `/audit?page_size=100&object_id=${encodeURIComponent(objectId)}&sort_by=updated_at&sort_order=asc`
  const { audit_logs } = good(await realm.cast.master.get(path))
  if (!Array.isArray(audit_logs)) throw new Error('no audit_logs')
  return audit_logs
}

async function countOfRecords(): Promise<number> {
  return Number(good(await realm.cast.master.get('/audit?page_size=1'))['total'])
}

interface Update {
  readonly name: string
  readonly make: (master: Caller) => Promise<string>
  readonly act: (caller: Caller, id: string) => Promise<unknown>
}

const post =
  (path: string, body: (id: string) => object): Update['act'] =>
  (caller, id) =>
    caller.post(path, body(id))

const UPDATES: readonly Update[] = [
  {
    name: 'a key',
    make: async (master) => (await freshKey(master, {})).hash,
    act: post('/key/update', (key) => ({ key, max_budget: 3, metadata: { a: 1 } })),
  },
  {
    name: 'a user',
    make: (master) => freshUser(master, 'amber'),
    act: post('/user/update', (user_id) => ({ user_id, user_alias: 'same', max_budget: 3 })),
  },
  {
    name: 'a team',
    make: (master) => freshTeam(master, 'amber'),
    act: post('/team/update', (team_id) => ({ team_id, team_alias: 'same', max_budget: 3 })),
  },
  {
    name: 'an organisation',
    make: (master) => freshOrganisation(master, 'amber'),
    act: (caller, organization_id) =>
      caller.patch('/organization/update', { organization_id, organization_alias: 'same', max_budget: 3 }),
  },
  {
    name: 'a budget',
    make: (master) => freshBudget(master, 'amber'),
    act: post('/budget/update', (budget_id) => ({ budget_id, max_budget: 3 })),
  },
  {
    name: 'a customer',
    make: (master) => freshCustomer(master, 'amber'),
    act: post('/customer/update', (user_id) => ({ user_id, alias: 'same', max_budget: 3 })),
  },
  {
    name: 'a block of a customer',
    make: (master) => freshCustomer(master, 'amber'),
    act: post('/customer/block', (id) => ({ user_ids: [id] })),
  },
  {
    name: 'a tag',
    make: (master) => freshTag(master, 'amber'),
    act: post('/tag/update', (name) => ({ name, description: 'same', max_budget: 3 })),
  },
  {
    name: 'a credential',
    make: (master) => freshCredential(master, 'amber'),
    act: (caller, name) =>
      caller.patch(`/credentials/${name}`, {
        credential_values: { api_key: 'sk-the-same' },
        credential_info: { a: 1 },
      }),
  },
  {
    name: 'an access group',
    make: async (master) => {
      const body = { access_group_name: freshName('group', 'amber'), access_model_names: ['m1'] }
      const made = await master.post('/v1/access_group', body)
      expect(made.status).toBe(201)
      return textAt(JSON.parse(made.text), 'access_group_id')
    },
    act: (caller, id) => caller.ask({ method: 'PUT', path: `/v1/access_group/${id}`, body: { description: 'same' } }),
  },
  {
    name: 'a member of a team',
    make: async (master) => {
      const user_id = await freshUser(master, 'amber')
      good(await master.post('/team/member_add', { team_id: TEAM.amber, member: { role: 'user', user_id } }))
      return user_id
    },
    act: post('/team/member_update', (user_id) => ({ team_id: TEAM.amber, user_id, max_budget_in_team: 3 })),
  },
  {
    name: 'a member of an organisation',
    make: (master) => freshUser(master, 'amber'),
    act: (caller, user_id) =>
      caller.patch('/organization/member_update', {
        organization_id: ORG.amber,
        user_id,
        role: 'internal_user_viewer',
        max_budget_in_organization: 3,
      }),
  },
  {
    name: 'an invitation',
    make: async (master) =>
      textAt(good(await master.post('/invitation/new', { user_id: await freshUser(master, 'amber') })), 'id'),
    act: post('/invitation/update', (invitation_id) => ({ invitation_id, is_accepted: true })),
  },
]

describe('INV-45: a change that changes nothing has no record, and leaves the row as it is', () => {
  test.each(UPDATES)('$name', async ({ make, act }) => {
    const { master, pa } = realm.cast
    const id = await make(master)
    const before = await countOfRecords()
    expect(await act(pa, id)).toMatchObject({ status: 200 })
    expect(await countOfRecords()).toBe(before + 1)
    const state = await stateOf(master)

    expect(await act(pa, id)).toMatchObject({ status: 200 })

    expect(await countOfRecords()).toBe(before + 1)
    expect(await stateOf(master)).toBe(state)
  })
})

describe('INV-45: who comes with a key is told in its record', () => {
  test('a user whom an administrator names first, by a new key and by a change', async () => {
    const { master, pa } = realm.cast
    for (const [path, body, action] of [
      ['/key/generate', {}, 'created'],
      ['/key/update', { key: (await freshKey(master, {})).hash }, 'updated'],
    ] as const) {
      const user_id = freshName('newcomer', 'amber')
      const before = await countOfRecords()
      const row = good(await pa.post(path, { ...body, user_id }))
      expect(await countOfRecords(), path).toBe(before + 1)
      const record = (await recordsOf(String(row['token_id'] ?? row['token']))).at(-1)
      expect(record).toMatchObject({ action })
      expect(JSON.stringify(record?.['updated_values'])).toContain('LiteLLM_UserTable')
    }
  })

  test('a refused key brings nobody', async () => {
    const { master, pa } = realm.cast
    const user_id = freshName('newcomer', 'amber')
    const body = { user_id, team_id: TEAM.amber, models: ['m2'] }
    const state = await stateOf(master)
    expect((await pa.post('/key/generate', body)).status).toBe(403)
    expect(await stateOf(master)).toBe(state)
  })
})

describe('A-01: attempts at what is somebody else’s are on record', () => {
  const absentKey = digestOf('of nothing')

  test('among what is not there at all', async () => {
    const { master, oa1, u2 } = realm.cast
    const foreign = await freshKey(master, { user_id: realm.cast.u3.id })
    const team = await freshTeam(master, 'cobalt')
    const attempts: readonly (readonly [act: () => Promise<unknown>, reason: string])[] = [
      [() => u2.post('/key/delete', { keys: [absentKey, foreign.hash] }), foreign.hash],
      [() => u2.post('/key/bulk_update', { keys: [{ key: absentKey }, { key: foreign.hash }] }), foreign.hash],
      [() => oa1.post('/team/delete', { team_ids: ['team-absent', team] }), team],
      [() => oa1.remove('/organization/delete', { organization_ids: ['org-absent', ORG.cobalt] }), ORG.cobalt],
    ]
    for (const [act, named] of attempts) {
      const before = await countOfRecords()
      expect([401, 403, 404]).toContain(Reflect.get(Object(await act()), 'status'))
      expect(await countOfRecords(), named).toBe(before + 1)
    }
  })

  test('an invitation of another tenant', async () => {
    const { master, oa1 } = realm.cast
    const user_id = await freshUser(master, 'cobalt')
    const invitation_id = textAt(good(await master.post('/invitation/new', { user_id })), 'id')
    for (const [path, body] of [
      ['/invitation/update', { invitation_id, is_accepted: true }],
      ['/invitation/delete', { invitation_id }],
    ] as const) {
      const before = (await recordsOf(invitation_id)).length
      expect((await oa1.post(path, body)).status).toBe(404)
      expect((await recordsOf(invitation_id)).slice(before), path).toHaveLength(1)
    }
  })
})
