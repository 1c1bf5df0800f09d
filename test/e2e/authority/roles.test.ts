import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller, Json } from './support/caller.ts'
import { NOT_FOR_YOU, NO_ROLE, REFUSED, TOO_MUCH, callerOf, good, textAt } from './support/caller.ts'
import { ORG, TEAM, TEAM_BUDGET } from './support/cast.ts'
import { freshKey, freshName, freshTeam, freshUser } from './support/fresh.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'
import { keyRow, stateOf, teamRow, userRow } from './support/state.ts'

let realm: Realm

beforeAll(async () => {
  realm = await startRealm()
})

afterAll(() => realm.close())

/** The calls are refused, or ignored: what counts is that nothing is other than it was. */
async function changesNothing(caller: Caller, calls: readonly (readonly [path: string, body: Json])[]): Promise<void> {
  const before = await stateOf(realm.cast.master)
  for (const [path, body] of calls) {
    const { status } = await caller.post(path, body)
    expect.soft(REFUSED, `${path} ${JSON.stringify(body)} ${status}`).toContain(status)
  }
  expect(await stateOf(realm.cast.master)).toBe(before)
}

const HIGHER = ['proxy_admin', 'proxy_admin_viewer', 'org_admin']

describe('AC-073, Z-12, INV-13: nobody raises its own role', () => {
  test.each(HIGHER)('u2 to %s, by every route that takes a role', async (user_role) => {
    const { u2 } = realm.cast
    const email = `${u2.id}@example.com`
    await changesNothing(u2, [
      ['/user/update', { user_id: u2.id, user_role }],
      ['/user/update', { user_email: email, user_role }],
      ['/user/bulk_update', { users: [{ user_id: u2.id, user_role }] }],
      ['/user/bulk_update', { all_users: true, user_updates: { user_role } }],
      ['/user/new', { user_id: u2.id, user_role }],
      ['/user/new', { user_id: freshName('user', 'amber'), user_email: email, user_role }],
      ['/team/member_add', { team_id: TEAM.amber, member: { user_id: u2.id, role: 'admin', user_role } }],
      ['/team/member_update', { team_id: TEAM.amber, user_id: u2.id, role: 'admin' }],
      ['/organization/member_add', { organization_id: ORG.amber, member: { user_id: u2.id, role: 'org_admin' } }],
      ['/invitation/new', { user_id: u2.id, user_role }],
      ['/customer/new', { user_id: u2.id, user_role }],
    ])
    expect((await userRow(realm.cast.master, u2.id))['user_role']).toBe('internal_user')
    for (const [method, path] of [
      ['PATCH', '/organization/member_update'],
      ['PUT', `/scim/v2/Users/${u2.id}`],
      ['PATCH', `/scim/v2/Users/${u2.id}`],
    ] as const) {
      const body = { organization_id: ORG.amber, user_id: u2.id, role: 'org_admin', roles: [{ value: user_role }] }
      expect(NOT_FOR_YOU).toContain((await u2.ask({ method, path, body })).status)
    }
    expect(NO_ROLE).toContain((await u2.get('/user/list')).status)
  })

  test.each(['u1', 'oa1', 'v1', 'pav'] as const)('%s neither', async (name) => {
    const caller = realm.cast[name]
    await changesNothing(caller, [
      ['/user/update', { user_id: caller.id, user_role: 'proxy_admin' }],
      ['/user/bulk_update', { users: [{ user_id: caller.id, user_role: 'proxy_admin' }] }],
      ['/user/update', { user_id: caller.id, max_budget: 1_000_000 }],
      ['/user/update', { user_id: caller.id, max_budget: null }],
      ['/user/update', { user_id: caller.id, models: ['m1', 'm2'] }],
      ['/user/update', { user_id: caller.id, models: [] }],
      ['/user/update', { user_id: caller.id, rpm_limit: 1_000_000 }],
      ['/user/update', { user_id: caller.id, sso_user_id: realm.cast.pa.id }],
      ['/user/update', { user_id: caller.id, user_email: `${realm.cast.pa.id}@example.com` }],
      ['/user/update', { user_id: caller.id, teams: [TEAM.cobalt] }],
      ['/user/update', { user_id: caller.id, organization_id: ORG.cobalt }],
      ['/user/update', { user_id: realm.cast.pa.id, user_role: 'internal_user' }],
    ])
  })

  test('an unknown role is nobody’s', async () => {
    const { pa, master, u2 } = realm.cast
    for (const user_role of [
      'root',
      'PROXY_ADMIN',
      'internal_user_view_only',
      'team',
      'customer',
      '',
      7,
      ['proxy_admin'],
    ]) {
      const { status } = await pa.post('/user/update', { user_id: u2.id, user_role })
      expect.soft([200, 400, 422], String(user_role)).toContain(status)
      expect((await userRow(master, u2.id))['user_role']).toBe('internal_user')
    }
  })
})

describe('AC-074: an organisation’s administrator', () => {
  test.each(HIGHER)('makes no %s', async (user_role) => {
    const { oa1 } = realm.cast
    const user_id = freshName('user', 'amber')
    await changesNothing(oa1, [
      ['/user/new', { user_id, user_role, organizations: [ORG.amber], auto_create_key: false }],
      ['/user/new', { user_id, user_role, organizations: [ORG.cobalt], auto_create_key: false }],
      ['/user/new', { user_id, organizations: [ORG.cobalt], auto_create_key: false }],
      ['/user/new', { user_id, organizations: [ORG.amber, ORG.cobalt], auto_create_key: false }],
      ['/organization/member_add', { organization_id: ORG.cobalt, member: { user_id, role: 'org_admin' } }],
      [
        '/organization/member_add',
        {
          organization_id: ORG.amber,
          member: { user_id: realm.cast.u2.id, role: user_role === 'org_admin' ? 'owner' : user_role },
        },
      ],
    ])
  })

  test('does not take a stranger into the organisation in order to rule over him', async () => {
    const { oa1, pa, u3, master } = realm.cast
    const roles = [await userRow(master, pa.id), await userRow(master, u3.id)]
    for (const user_id of [pa.id, u3.id]) {
      await oa1.post('/organization/member_add', {
        organization_id: ORG.amber,
        member: { user_id, role: 'internal_user' },
      })
      for (const body of [
        { user_role: 'internal_user_viewer' },
        { models: [] },
        { blocked: true },
        { max_budget: 0 },
      ]) {
        expect(NOT_FOR_YOU).toContain((await oa1.post('/user/update', { user_id, ...body })).status)
      }
      expect(NOT_FOR_YOU).toContain((await oa1.post('/key/generate', { user_id })).status)
      expect(NOT_FOR_YOU).toContain((await oa1.post('/user/delete', { user_ids: [user_id] })).status)
    }
    for (const [at, user_id] of [pa.id, u3.id].entries()) {
      const row = await userRow(master, user_id)
      for (const name of ['user_role', 'models', 'max_budget']) expect(row[name]).toEqual(roles[at]?.[name])
    }
    expect((await pa.get('/user/list')).status).toBe(200)
    await master.remove('/organization/member_delete', { organization_id: ORG.amber, user_id: pa.id })
    await master.remove('/organization/member_delete', { organization_id: ORG.amber, user_id: u3.id })
  })

  test('neither opens an account that was closed, nor leads somebody else into it', async () => {
    const { oa1, master } = realm.cast
    const closed = await freshUser(master, 'amber', { metadata: { scim_active: false, note: 1 } })
    const taken = await freshUser(master, 'amber', { password: 'correct horse battery staple' })
    await changesNothing(oa1, [
      ['/user/update', { user_id: closed, metadata: {} }],
      ['/user/update', { user_id: closed, metadata: { scim_active: true } }],
      ['/user/update', { user_id: taken, user_email: 'another@example.com' }],
      ['/invitation/new', { user_id: taken }],
    ])
    good(await oa1.post('/user/update', { user_id: closed, metadata: { scim_active: false, note: 2 } }))
    good(await oa1.post('/user/update', { user_id: await freshUser(master, 'amber'), user_email: 'new@example.com' }))
  })

  test('gives the organisation no more than it has, and changes its limits not at all', async () => {
    const { oa1, master } = realm.cast
    const before = await stateOf(master)
    for (const body of [
      { max_budget: 1_000_000 },
      { max_budget: null },
      { max_budget: 1 },
      { models: [] },
      { models: ['m1', 'm2'] },
      { budget_id: 'other' },
      { rpm_limit: 1_000_000 },
    ]) {
      const { status } = await oa1.patch('/organization/update', { organization_id: ORG.amber, ...body })
      expect.soft(REFUSED, JSON.stringify(body)).toContain(status)
    }
    for (const body of [{ models: ['m2'] }, { models: ['*'] }, { max_budget: 1_000_000 }]) {
      const team = { team_id: freshName('team', 'amber'), organization_id: ORG.amber, ...body }
      expect.soft(TOO_MUCH, JSON.stringify(body)).toContain((await oa1.post('/team/new', team)).status)
    }
    expect(await stateOf(master)).toBe(before)
  })
})

describe('AC-081, Z-16: a team’s administrator', () => {
  const RAISES: readonly Json[] = [
    { max_budget: 11 },
    { max_budget: null },
    { max_budget: '' },
    { budget_duration: '1s' },
    { models: ['m1', 'm-slow', 'm2'] },
    { models: [] },
    { models: ['*'] },
    { models: null },
    { organization_id: null },
    { organization_id: ORG.cobalt },
    { rpm_limit: null, tpm_limit: null },
    { rpm_limit: 20_000 },
    { spend: 0 },
    { members_with_roles: [] },
  ]
  test.each(RAISES)('does not set %j', async (change) => {
    const { master, u1 } = realm.cast
    const team_id = await freshTeam(master, 'amber', { rpm_limit: 10_000, tpm_limit: 10_000_000 })
    const before = await stateOf(master)

    await u1.post('/team/update', { team_id, ...change })

    expect(await stateOf(master)).toBe(before)
  })

  /** Whether these are refused or stored is open; that they open nothing is not. */
  const DETOURS: readonly Json[] = [
    { model_aliases: { m1: 'm2' } },
    { model_aliases: { mine: 'm2' } },
    { access_group_ids: ['everything'] },
    { object_permission: { models: ['m2'] } },
    { router_settings: { model_group_alias: { m1: 'm2' } } },
    { metadata: { models: ['m2'], model_aliases: { m1: 'm2' } } },
    { default_team_member_models: ['m2'] },
  ]
  test.each(DETOURS)('reaches no other model by %j', async (change) => {
    const { master, u1, u2 } = realm.cast
    const team_id = await freshTeam(master, 'amber')
    const { key } = await freshKey(master, { team_id, user_id: u2.id })
    const billed = realm.upstream.bill.entries.length

    await u1.post('/team/update', { team_id, ...change })

    for (const model of ['m1', 'm2', 'mine']) await callerOf(realm.port, key).chat(model)
    expect(realm.upstream.bill.entries.slice(billed).map((entry) => entry.model)).not.toContain('m2')
  })

  test('lowers it, and cannot take that back', async () => {
    const { master, u1 } = realm.cast
    const team_id = await freshTeam(master, 'amber')

    expect((await u1.post('/team/update', { team_id, max_budget: 5 })).status).toBe(200)
    expect((await u1.post('/team/update', { team_id, models: ['m1'] })).status).toBe(200)

    expect(TOO_MUCH).toContain((await u1.post('/team/update', { team_id, max_budget: 10 })).status)
    expect(TOO_MUCH).toContain((await u1.post('/team/update', { team_id, models: ['m1', 'm-slow'] })).status)
    expect(await teamRow(master, team_id)).toMatchObject({ max_budget: 5, models: ['m1'] })
  })

  test('Z-18: gives a member no more than the team has', async () => {
    const { master, u1, u2 } = realm.cast
    const before = await teamRow(master, TEAM.amber)
    const body = { team_id: TEAM.amber, user_id: u2.id, max_budget_in_team: TEAM_BUDGET * 10 }
    expect(TOO_MUCH).toContain((await u1.post('/team/member_update', body)).status)
    expect((await teamRow(master, TEAM.amber))['members_with_roles']).toEqual(before['members_with_roles'])
  })

  test('Z-13: gives away the team’s roles and no others', async () => {
    const { master, u1 } = realm.cast
    const user_id = await freshUser(master, 'amber')
    for (const role of ['proxy_admin', 'org_admin', 'owner', '', 'ADMIN']) {
      const { status } = await u1.post('/team/member_add', { team_id: TEAM.amber, member: { role, user_id } })
      expect.soft([400, 403, 422], role).toContain(status)
    }
    expect((await userRow(master, user_id))['user_role']).toBe('internal_user')
  })
})

describe('AC-085, Z-02: ids that name two objects', () => {
  test('the path names one key and the body another', async () => {
    const { master, u2 } = realm.cast
    const [one, other] = [await freshKey(master, { user_id: u2.id }), await freshKey(master, { user_id: u2.id })]
    for (const caller of [master, u2]) {
      expect((await caller.post(`/key/${one.hash}/regenerate`, { key: other.hash })).status).toBe(400)
    }
    for (const { key } of [one, other]) expect((await callerOf(realm.port, key).get('/v1/models')).status).toBe(200)
  })

  test('the path names one team and the body another', async () => {
    const { master, u1 } = realm.cast
    const before = await stateOf(master)
    const body = { team_id: TEAM.cobalt, callback_name: 'langfuse', callback_type: 'success', callback_vars: {} }
    for (const caller of [master, u1]) {
      expect([400, 404]).toContain((await caller.post(`/team/${TEAM.amber}/callback`, body)).status)
    }
    expect(await stateOf(master)).toBe(before)
  })

  test('query and body disagree', async () => {
    const { master, u2, u3 } = realm.cast
    const before = await stateOf(master)
    for (const caller of [u2, u3]) {
      const path = `/user/update?user_id=${caller.id}`
      expect(REFUSED).toContain((await caller.post(path, { user_id: realm.cast.pa.id, user_alias: 'x' })).status)
    }
    expect(await stateOf(master)).toBe(before)
  })
})

describe('AC-086, Z-20: what a higher role has blocked', () => {
  test('stays blocked for its owner and for the team’s administrator, in every spelling', async () => {
    const { pa, master, u1, u2 } = realm.cast
    for (const body of [{ user_id: u2.id }, { user_id: u2.id, team_id: TEAM.amber }]) {
      const { key, hash } = await freshKey(master, body)
      good(await pa.post('/key/block', { key: hash }))

      for (const caller of [u2, u1, callerOf(realm.port, key)]) {
        for (const [path, change] of [
          ['/key/unblock', { key: hash }],
          ['/key/update', { key: hash, blocked: false }],
          ['/key/update', { key: hash, blocked: null }],
        ] as const) {
          const { status } = await caller.post(path, change)
          // That null changes nothing may be said with a 200.
          if (!('blocked' in change) || change.blocked !== null) expect.soft(NOT_FOR_YOU, path).toContain(status)
        }
        expect((await keyRow(master, hash))['blocked']).toBe(true)
        const rotated = await caller.post('/key/regenerate', { key: hash, blocked: false })
        if (rotated.status === 200) {
          const next = callerOf(realm.port, textAt(good(rotated), 'key'))
          expect(NO_ROLE).toContain((await next.chat('m1')).status)
          expect((await keyRow(master, next.hash))['blocked']).toBe(true)
          break
        }
      }
      expect(NO_ROLE).toContain((await callerOf(realm.port, key).chat('m1')).status)
    }
  })

  test('a blocked team is not unblocked by those in it', async () => {
    const { pa, master, u1 } = realm.cast
    const team_id = await freshTeam(master, 'amber')
    good(await pa.post('/team/block', { team_id }))
    for (const [path, body] of [
      ['/team/unblock', { team_id }],
      ['/team/update', { team_id, blocked: false }],
    ] as const) {
      expect(NOT_FOR_YOU).toContain((await u1.post(path, body)).status)
    }
    expect((await teamRow(master, team_id))['blocked']).toBe(true)
  })
})

describe('AC-093, Z-06: the last administrator', () => {
  test('is neither demoted nor deleted nor blocked, by anybody', async () => {
    const { pa, master } = realm.cast
    const before = await stateOf(master)
    for (const caller of [master, pa]) {
      for (const [path, body] of [
        ['/user/update', { user_id: pa.id, user_role: 'internal_user' }],
        ['/user/update', { user_id: pa.id, user_role: 'proxy_admin_viewer' }],
        ['/user/update', { user_id: pa.id, blocked: true }],
        ['/user/update', { user_id: pa.id, metadata: { scim_active: false } }],
        ['/user/delete', { user_ids: [pa.id] }],
        ['/user/delete', { user_ids: [realm.cast.v1.id, pa.id] }],
      ] as const) {
        const { status } = await caller.post(path, body)
        // Of itself an administrator may hear Z-12 first.
        expect.soft(caller === pa ? [403, 409] : [409], `${path} ${JSON.stringify(body)}`).toContain(status)
      }
    }
    expect(await stateOf(master)).toBe(before)
    expect((await pa.get('/user/list')).status).toBe(200)
  })

  test('of two, at most one goes, also when both are sent away at once', async () => {
    const { master } = realm.cast
    const second = freshName('admin', 'amber')
    good(await master.post('/user/new', { user_id: second, user_role: 'proxy_admin', auto_create_key: false }))

    const demote = (user_id: string) => master.post('/user/update', { user_id, user_role: 'internal_user' })
    const answers = await Promise.all([demote(realm.cast.pa.id), demote(second)])

    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
    good(await master.post('/user/update', { user_id: realm.cast.pa.id, user_role: 'proxy_admin' }))
  })
})
