import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MASTER_KEY } from '../../support/gateway.ts'
import type { Caller, Json } from './support/caller.ts'
import { NOT_FOR_YOU, NO_ROLE, REFUSED, good, textAt } from './support/caller.ts'
import { ORG, TEAM } from './support/cast.ts'
import { freshKey, freshName, freshTeam, freshUser } from './support/fresh.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'
import { stateOf } from './support/state.ts'

/** The records about an object, oldest first. */
async function recordsOf(reader: Caller, objectId: string): Promise<readonly Json[]> {
  const path = `/audit?page_size=100&object_id=${encodeURIComponent(objectId)}&sort_by=updated_at&sort_order=asc`
  const { audit_logs } = good(await reader.get(path))
  if (!Array.isArray(audit_logs)) throw new Error('no audit_logs')
  return audit_logs
}

const isRefusal = (record: Json): boolean => /refus|denied|deny|forbidden|reject|fail/i.test(JSON.stringify(record))

interface Change {
  readonly name: string
  readonly action: string
  readonly make: (master: Caller) => Promise<string>
  readonly act: (caller: Caller, id: string) => Promise<unknown>
}

const key = async (master: Caller): Promise<string> => (await freshKey(master, { team_id: TEAM.amber })).hash
const team = (master: Caller): Promise<string> => freshTeam(master, 'amber')
const user = (master: Caller): Promise<string> => freshUser(master, 'amber')

const CHANGES: readonly Change[] = [
  {
    name: '/key/update',
    action: 'updated',
    make: key,
    act: (by, id) => by.post('/key/update', { key: id, max_budget: 1 }),
  },
  { name: '/key/block', action: 'blocked', make: key, act: (by, id) => by.post('/key/block', { key: id }) },
  { name: '/key/delete', action: 'deleted', make: key, act: (by, id) => by.post('/key/delete', { keys: [id] }) },
  {
    name: '/team/update',
    action: 'updated',
    make: team,
    act: (by, id) => by.post('/team/update', { team_id: id, max_budget: 1 }),
  },
  { name: '/team/block', action: 'blocked', make: team, act: (by, id) => by.post('/team/block', { team_id: id }) },
  { name: '/team/delete', action: 'deleted', make: team, act: (by, id) => by.post('/team/delete', { team_ids: [id] }) },
  {
    name: '/team/permissions_update',
    action: 'updated',
    make: team,
    act: (by, team_id) => by.post('/team/permissions_update', { team_id, team_member_permissions: ['/key/info'] }),
  },
  {
    name: '/user/update',
    action: 'updated',
    make: user,
    act: (by, id) => by.post('/user/update', { user_id: id, user_alias: 'x' }),
  },
  { name: '/user/delete', action: 'deleted', make: user, act: (by, id) => by.post('/user/delete', { user_ids: [id] }) },
]

describe('INV-45, A-01, A-02: the record of a change', () => {
  let realm: Realm

  beforeAll(async () => {
    realm = await startRealm()
  })

  afterAll(() => realm.close())

  test.each(CHANGES)('$name leaves exactly one', async ({ action, make, act }) => {
    const { master, pa } = realm.cast
    const id = await make(master)
    const before = await recordsOf(pa, id)

    expect(await act(pa, id)).toMatchObject({ status: 200 })

    const after = (await recordsOf(pa, id)).slice(before.length)
    expect(after).toHaveLength(1)
    expect(after[0]).toMatchObject({ action, object_id: id, changed_by: pa.id, changed_by_api_key: pa.hash })
  })

  test('making leaves one: of a key, a user, a team, an organisation, a budget, a customer', async () => {
    const { pa } = realm.cast
    const made: readonly (readonly [path: string, body: Json, id: string])[] = [
      ['/key/generate', { team_id: TEAM.amber }, ''],
      ...(['user', 'team', 'budget', 'customer'] as const).map((kind) => {
        const id = freshName(kind, 'amber')
        const name = kind === 'customer' ? 'user_id' : `${kind}_id`
        return [`/${kind}/new`, { [name]: id, auto_create_key: false, max_budget: 1 }, id] as const
      }),
      ['/organization/new', { organization_id: 'org-audited', organization_alias: 'x' }, 'org-audited'],
    ]
    for (const [path, body, id] of made) {
      const answer = good(await pa.post(path, body))
      const records = await recordsOf(pa, id === '' ? textAt(answer, 'token_id') : id)
      expect.soft(records, path).toHaveLength(1)
      expect.soft(records[0], path).toMatchObject({ action: 'created', changed_by: pa.id })
    }
  })

  test.each(CHANGES)(
    '$name that is refused changes nothing, and is recorded as refused, not as done',
    async ({ make, act }) => {
      const { master, pa, u3 } = realm.cast
      const id = await make(master)
      const before = await recordsOf(pa, id)
      const state = await stateOf(master)

      const answer = await act(u3, id)

      expect(NOT_FOR_YOU).toContain(Reflect.get(Object(answer), 'status'))
      expect(await stateOf(master)).toBe(state)
      const after = (await recordsOf(pa, id)).slice(before.length)
      expect(after.filter((record) => !isRefusal(record))).toEqual([])
      expect(after).toHaveLength(1)
    },
  )

  test('rotation, unblocking and members are told apart', async () => {
    const { master, pa } = realm.cast
    const id = await key(master)
    good(await pa.post('/key/block', { key: id }))
    good(await pa.post('/key/unblock', { key: id }))
    const rotated = textAt(good(await pa.post('/key/regenerate', { key: id })), 'token_id')
    const records = [...(await recordsOf(pa, id)), ...(await recordsOf(pa, rotated))]
    const actions = [...new Map(records.map((record) => [record['id'], String(record['action'])])).values()]
    expect(actions).toHaveLength(4)
    expect(actions).toEqual(expect.arrayContaining(['blocked', 'created', 'rotated', 'unblocked']))

    const team_id = await team(master)
    const before = await recordsOf(pa, team_id)
    good(await pa.post('/team/member_add', { team_id, member: { role: 'user', user_id: await user(master) } }))
    expect((await recordsOf(pa, team_id)).length).toBe(before.length + 1)
  })

  test('Z-04: litellm-changed-by is a claim; the principal stays recorded', async () => {
    const { master, u1, pa } = realm.cast
    const team_id = await team(master)
    const headers = { 'litellm-changed-by': pa.id }
    const body = { team_id, max_budget: 2 }

    good(await u1.ask({ method: 'POST', path: '/team/update', headers, body }))

    const record = (await recordsOf(pa, team_id)).at(-1)
    expect(record?.['changed_by_api_key']).toBe(u1.hash)
    expect(JSON.stringify(record)).toContain(u1.id)
  })

  test('secrets are masked and lines stay whole', async () => {
    const { master, pa } = realm.cast
    const secret = 'sk-in-a-credential-0123456789abcdef'
    const evil = 'two\r\n{"audit":"forged"}\u001b[31m\u202e'
    const credential = { credential_name: 'audited', credential_values: { api_key: secret }, credential_info: {} }
    good(await master.post('/credentials', credential))
    const { key: made } = await freshKey(master, { key_alias: 'audited', metadata: { note: evil } })
    const { text } = await pa.get('/audit?page_size=100')
    expect(text).not.toContain(secret)
    expect(text).not.toContain(made)
    expect(text).not.toContain(MASTER_KEY)
    expect(text).not.toMatch(/[\r\u001b\u202e]/)
  })

  test('A-07: nobody changes or deletes a record', async () => {
    const { pa, master } = realm.cast
    const [record] = await recordsOf(pa, await team(master))
    for (const caller of [pa, master, realm.cast.pav]) {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        for (const path of ['/audit', `/audit/${String(record?.['id'])}`]) {
          const { status } = await caller.ask({ method, path, body: { action: 'x' } })
          expect.soft([...REFUSED], `${method} ${path}`).toContain(status)
        }
      }
    }
    expect(good(await pa.get(`/audit/${String(record?.['id'])}`))).toMatchObject({ id: record?.['id'] })
    expect((await pa.get('/audit/no-such-record')).status).toBe(404)
    for (const caller of [realm.cast.u1, realm.cast.u2, realm.cast.v1, realm.cast.ks1]) {
      expect(NO_ROLE).toContain((await caller.get('/audit')).status)
    }
    const { text } = await realm.cast.oa2.get(`/audit?object_id=${ORG.amber}`)
    expect(text.replaceAll(ORG.amber, '')).not.toContain('amber')
  })
})
