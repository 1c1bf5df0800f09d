import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller, Json } from './support/caller.ts'
import { DEAD, NOT_FOR_YOU, NO_ROLE, TOO_MUCH, callerOf, good, goodList, textAt } from './support/caller.ts'
import { TEAM } from './support/cast.ts'
import { freshBudget, freshKey, freshName, freshUser } from './support/fresh.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'
import { keyRow, stateOf } from './support/state.ts'
import { ledgerRowOf } from './support/ledger.ts'

let realm: Realm

beforeAll(async () => {
  realm = await startRealm()
})

afterAll(() => realm.close())

/** What the call answers, and the key that it made if it made one: a narrowed grant is as good as a refusal. */
async function tryToMake(caller: Caller, body: object): Promise<{ status: number; made: Caller | undefined }> {
  const answer = await caller.post('/key/generate', { key_alias: freshName('key', 'amber'), ...body })
  if (answer.status !== 200) return { status: answer.status, made: undefined }
  return { status: 200, made: callerOf(realm.port, textAt(good(answer), 'key')) }
}

const MANAGEMENT: readonly (readonly [path: string, body: object])[] = [
  ['/budget/new', { budget_id: 'by-a-key', max_budget: 1 }],
  ['/user/new', { user_id: 'by-a-key', user_role: 'proxy_admin', auto_create_key: false }],
  ['/team/new', { team_id: 'by-a-key' }],
  ['/organization/new', { organization_alias: 'by-a-key' }],
  ['/customer/new', { user_id: 'by-a-key' }],
  ['/tag/new', { name: 'by-a-key' }],
  ['/team/block', { team_id: TEAM.amber }],
  ['/team/update', { team_id: TEAM.cobalt, max_budget: 1 }],
  ['/config/update', { general_settings: {} }],
]
const MANAGEMENT_READS = ['/user/list', '/budget/list', '/customer/list', '/credentials', '/audit', '/global/spend']

async function managesNothing(key: Caller): Promise<void> {
  const before = await stateOf(realm.cast.master)
  for (const [path, body] of MANAGEMENT) {
    expect.soft(NOT_FOR_YOU, path).toContain((await key.post(path, body)).status)
  }
  for (const path of MANAGEMENT_READS) expect.soft(NOT_FOR_YOU, path).toContain((await key.get(path)).status)
  expect(await stateOf(realm.cast.master)).toBe(before)
}

describe('AC-075, Z-10: routes that the maker lacks', () => {
  const ROUTES: readonly (readonly string[])[] = [
    ['/*'],
    ['*'],
    ['/budget/*', '/user/*', '/team/*'],
    ['management_routes'],
    ['key_management_routes', 'management_routes', 'llm_api_routes'],
    ['/user/new', '/budget/new'],
    ['org_admin_allowed_routes'],
    ['admin_viewer_routes', 'master_key_only_routes'],
  ]
  test.each(ROUTES)('by making a key with %s', async (...allowed_routes) => {
    const { status, made } = await tryToMake(realm.cast.u2, { allowed_routes })

    if (made === undefined) expect(TOO_MUCH).toContain(status)
    else await managesNothing(made)
  })

  test.each(ROUTES)('by changing a key to %s', async (...allowed_routes) => {
    const { master, u2 } = realm.cast
    const { key, hash } = await freshKey(master, { user_id: u2.id })

    await u2.post('/key/update', { key: hash, allowed_routes })

    await managesNothing(callerOf(realm.port, key))
  })

  test.each(['management', 'default', 'admin', 'proxy_admin'])('by the type %s', async (key_type) => {
    const { made } = await tryToMake(realm.cast.u2, { key_type })
    if (made !== undefined) await managesNothing(made)
  })

  test('a narrow key does not make a wide one, nor widen itself', async () => {
    const { master, u2, pa } = realm.cast
    for (const person of [u2, pa]) {
      const narrow = await freshKey(master, { user_id: person.id, allowed_routes: ['/key/*', '/v1/models'] })
      const holder = callerOf(realm.port, narrow.key)
      for (const more of [
        {},
        { allowed_routes: [] },
        { allowed_routes: ['llm_api_routes'] },
        { key_type: 'default' },
      ]) {
        const { made } = await tryToMake(holder, more)
        if (made !== undefined) expect.soft(DEAD, JSON.stringify(more)).toContain((await made.chat('m1')).status)
        await holder.post('/key/update', { key: narrow.hash, ...more })
        expect.soft(DEAD, JSON.stringify(more)).toContain((await holder.chat('m1')).status)
      }
    }
  })

  test('llm_api, read_only and management keys of an administrator do no more than their type says', async () => {
    const { master, pa } = realm.cast
    const typed = async (key_type: string): Promise<Caller> =>
      callerOf(realm.port, (await freshKey(master, { user_id: pa.id, key_type })).key)
    const [inference, reader, manager] = [await typed('llm_api'), await typed('read_only'), await typed('management')]

    expect((await inference.chat('m1')).status).toBe(200)
    for (const key of [inference, reader]) {
      expect(NO_ROLE).toContain((await key.post('/budget/new', { budget_id: 'typed', max_budget: 1 })).status)
      expect(NO_ROLE).toContain((await key.post('/key/generate', {})).status)
    }
    expect(NO_ROLE).toContain((await reader.chat('m1')).status)
    expect(NO_ROLE).toContain((await manager.chat('m1')).status)
    expect((await manager.get('/user/list')).status).toBe(200)
  })
})

describe('AC-076: permissions', () => {
  test('no permission is granted that the maker lacks', async () => {
    const { oa1, u2, u1 } = realm.cast
    const permissions = { get_spend_routes: true, allow_pii_controls: false }
    for (const caller of [oa1, u1, u2]) {
      const { status, made } = await tryToMake(caller, { permissions })
      if (made === undefined) expect(TOO_MUCH).toContain(status)
      else expect(NOT_FOR_YOU).toContain((await made.get('/global/spend')).status)
    }
    const id = freshName('user', 'amber')
    const answer = await oa1.post('/user/new', { user_id: id, organizations: ['org-amber'], permissions })
    if (answer.status !== 200) return
    const spender = callerOf(realm.port, textAt(good(answer), 'key'))
    expect(NOT_FOR_YOU).toContain((await spender.get('/global/spend')).status)
  })
})

describe('AC-077, AC-078, Z-11: keys of others', () => {
  const OTHERS: readonly (readonly [name: string, body: () => object])[] = [
    ['another user', () => ({ user_id: realm.cast.u3.id })],
    ['an administrator', () => ({ user_id: realm.cast.pa.id })],
    ['the team’s administrator', () => ({ user_id: realm.cast.u1.id, team_id: TEAM.amber })],
    ['the master’s user', () => ({ user_id: 'default_user_id' })],
    ['a user that is not there', () => ({ user_id: 'nobody-at-all' })],
    ['a foreign team', () => ({ team_id: TEAM.cobalt })],
    ['a team that is not there', () => ({ team_id: 'team-absent' })],
    ['a foreign organisation', () => ({ organization_id: 'org-cobalt' })],
  ]
  test.each(OTHERS)('u2 makes no key for %s', async (_, body) => {
    const { master, u2 } = realm.cast
    const before = await stateOf(master)

    expect(NOT_FOR_YOU).toContain((await u2.post('/key/generate', { models: ['m1'], ...body() })).status)

    expect(await stateOf(master)).toBe(before)
  })

  test.each(OTHERS)('u2 moves no key to %s', async (_, body) => {
    const { master, u2 } = realm.cast
    const { hash } = await freshKey(master, { user_id: u2.id })
    const before = await keyRow(master, hash)

    expect(NOT_FOR_YOU).toContain((await u2.post('/key/update', { key: hash, ...body() })).status)

    expect(await keyRow(master, hash)).toEqual(before)
  })

  test('nobody below an administrator makes a key for an administrator', async () => {
    const { master, oa1, u1, pa } = realm.cast
    const before = await stateOf(master)
    for (const caller of [oa1, u1]) {
      for (const more of [{}, { team_id: TEAM.amber }]) {
        expect(NOT_FOR_YOU).toContain((await caller.post('/key/generate', { user_id: pa.id, ...more })).status)
      }
    }
    expect(await stateOf(master)).toBe(before)
  })

  test('a team’s administrator moves no key of the team to a foreign team, and takes none from there', async () => {
    const { master, u1 } = realm.cast
    const own = await freshKey(master, { team_id: TEAM.amber })
    const foreign = await freshKey(master, { team_id: TEAM.cobalt })
    const before = await stateOf(master)

    for (const [key, team_id] of [
      [own.hash, TEAM.cobalt],
      [own.hash, 'team-absent'],
      [foreign.hash, TEAM.amber],
    ] as const) {
      expect(NOT_FOR_YOU).toContain((await u1.post('/key/update', { key, team_id })).status)
    }
    expect(await stateOf(master)).toBe(before)
  })

  test('created_by is the caller, whatever the body says', async () => {
    const { master, u2, pa } = realm.cast
    const { made } = await tryToMake(u2, { created_by: pa.id, updated_by: pa.id })
    if (made === undefined) return

    expect((await keyRow(master, made.hash))['created_by']).toBe(u2.id)
  })
})

describe('AC-079, Z-14: models that the maker lacks', () => {
  const WISHES: readonly Json[] = [
    { models: ['m2'] },
    { models: ['m1', 'm2'] },
    { models: ['*'] },
    { models: ['m*'] },
    { models: ['openai/*'] },
    { models: ['all-proxy-models'] },
    { models: ['all-team-models'] },
    { models: [] },
    { models: ['deployment-of-m2'] },
    { models: ['m1'], aliases: { m1: 'm2' } },
    { models: ['m1'], aliases: { mine: 'm2' } },
    { models: ['mine'], aliases: { mine: 'm2' } },
    { models: ['m1'], config: { model_list: [{ model_name: 'm2', litellm_params: { model: 'openai/m2' } }] } },
    { models: ['m1'], router_settings: { fallbacks: [{ m1: ['m2'] }], model_group_alias: { m1: 'm2' } } },
    { models: ['m1'], access_group_ids: ['everything'] },
    { models: ['m1'], object_permission: { models: ['m2'] } },
  ]
  test.each(WISHES)('u2 asks for %j', async (wish) => {
    const { upstream } = realm
    const { status, made } = await tryToMake(realm.cast.u2, wish)
    if (made === undefined) {
      expect(TOO_MUCH).toContain(status)
      return
    }
    await reachesNoM2(made, upstream.bill.entries.length)
  })

  test.each(WISHES)('u2 changes a key to %j', async (wish) => {
    const { master, u2 } = realm.cast
    const { key, hash } = await freshKey(master, { user_id: u2.id, models: ['m1'] })

    await u2.post('/key/update', { key: hash, ...wish })

    await reachesNoM2(callerOf(realm.port, key), realm.upstream.bill.entries.length)
  })

  test.each(WISHES)('oa1 makes a user whose first key asks for %j', async (wish) => {
    const user = { user_id: freshName('user', 'amber'), organizations: ['org-amber'], ...wish }
    const answer = await realm.cast.oa1.post('/user/new', user)
    if (answer.status !== 200) {
      expect(TOO_MUCH).toContain(answer.status)
      return
    }
    const key = callerOf(realm.port, textAt(good(answer), 'key'))
    await reachesNoM2(key, realm.upstream.bill.entries.length)
  })

  async function reachesNoM2(key: Caller, billed: number): Promise<void> {
    for (const model of ['m2', 'mine', 'm1', 'deployment-of-m2', 'openai/m2']) await key.chat(model)
    expect([...DEAD, 400, 404]).toContain((await key.chat('m2')).status)
    expect(realm.upstream.bill.entries.slice(billed).map((entry) => entry.model)).not.toContain('m2')
    expect((await key.get('/v1/models')).text).not.toContain('m2')
  }
})

describe('AC-080, Z-15, Z-19: every way to raise a budget', () => {
  const RAISES: readonly (readonly [name: string, body: () => Promise<Json>])[] = [
    ['a higher number', async () => ({ max_budget: 10_000 })],
    ['null', async () => ({ max_budget: null })],
    ['an empty text', async () => ({ max_budget: '' })],
    ['a shorter period', async () => ({ budget_duration: '1s' })],
    ['a richer row', async () => ({ budget_id: await freshBudget(realm.cast.master, 'amber', 9_999) })],
    [
      'a temporary increase',
      async () => ({ temp_budget_increase: 9_999, temp_budget_expiry: '2090-01-01T00:00:00.000Z' }),
    ],
    [
      'the same in metadata',
      async () => ({ metadata: { temp_budget_increase: 9_999, temp_budget_expiry: '2090-01-01' } }),
    ],
    ['spend 0', async () => ({ spend: 0 })],
    ['a negative spend', async () => ({ spend: -1_000 })],
    ['a reset in the past', async () => ({ budget_reset_at: '2020-01-01T00:00:00.000Z' })],
    ['windows', async () => ({ budget_limits: [{ budget_duration: '1d', max_budget: 9_999 }] })],
    ['per model', async () => ({ model_max_budget: { m1: { budget_limit: 9_999, time_period: '1d' } } })],
    ['infinity', async () => ({ max_budget: '1e400' })],
  ]
  const HALF_SPENT = { max_budget: 30e-6, budget_duration: '30d' }

  test.each(RAISES)('%s, by the owner and the team’s administrator', async (_, body) => {
    const { master, u1, u2 } = realm.cast
    const owners = [
      { caller: u2, made: await freshKey(master, { user_id: u2.id, ...HALF_SPENT }) },
      { caller: u2, made: await freshKey(master, { user_id: u2.id, team_id: TEAM.amber, ...HALF_SPENT }) },
    ]
    for (const { caller, made } of owners) {
      const key = callerOf(realm.port, made.key)
      const before = await keyRow(master, made.hash)

      await caller.post('/key/update', { key: made.hash, ...(await body()) })

      const after = await keyRow(master, made.hash)
      for (const name of ['max_budget', 'budget_duration', 'budget_id', 'user_id', 'team_id']) {
        expect.soft(after[name], name).toEqual(before[name])
      }
      await spendsNoMoreThan(key, HALF_SPENT.max_budget)
    }
    const { status } = await u1.post('/team/update', { team_id: TEAM.amber, ...(await body()), max_budget: 10_000 })
    expect(TOO_MUCH).toContain(status)
  })

  test.each(RAISES)('%s, by the owner of a key on a shared row and by a key that it makes', async (_, body) => {
    const { master, u2 } = realm.cast
    const made = await freshKey(master, {
      user_id: u2.id,
      budget_id: await freshBudget(master, 'amber', HALF_SPENT.max_budget),
    })
    const key = callerOf(realm.port, made.key)

    await u2.post('/key/update', { key: made.hash, ...(await body()) })
    const child = await tryToMake(key, await body())

    await spendsNoMoreThan(key, HALF_SPENT.max_budget)
    if (child.made !== undefined) await spendsNoMoreThan(child.made, HALF_SPENT.max_budget)
  })

  test.each(['rpm_limit', 'tpm_limit', 'max_parallel_requests'])(
    '%s of a shared row is lowered by the owner of a key, and not raised',
    async (name) => {
      const { master, u2 } = realm.cast
      const budget_id = freshName('budget', 'amber')
      good(await master.post('/budget/new', { budget_id, [name]: 5 }))
      const { hash } = await freshKey(master, { user_id: u2.id, budget_id })

      expect(TOO_MUCH).toContain((await u2.post('/key/update', { key: hash, [name]: 6 })).status)
      good(await u2.post('/key/update', { key: hash, [name]: 4 }))
    },
  )

  /** Until it is refused: what it has spent by then is what it may. */
  async function spendsNoMoreThan(key: Caller, bound: number): Promise<void> {
    const billed = realm.upstream.bill.entries.length
    for (let i = 0; i < 6; i += 1) await key.chat('m1')
    const spent = realm.upstream.bill.entries
      .slice(billed)
      .reduce((sum, entry) => sum + entry.promptTokens * 1e-6 + entry.completionTokens * 2e-6, 0)
    expect(spent).toBeLessThanOrEqual(bound + 1e-12)
    expect((await key.chat('m1')).status).toBe(429)
  }

  test('a new key begins under the limits of its maker: 10,000 keys are not 10,000 budgets', async () => {
    const { master } = realm.cast
    const user_id = await freshUser(master, 'amber', { max_budget: 60e-6 })
    const maker = callerOf(realm.port, (await freshKey(master, { user_id })).key)
    const keys = await Promise.all(Array.from({ length: 4 }, () => tryToMake(maker, { max_budget: 50e-6 })))
    const billed = realm.upstream.bill.entries.length

    for (let i = 0; i < 3; i += 1) for (const { made } of keys) await made?.chat('m1')

    const entries = realm.upstream.bill.entries.slice(billed)
    const spent = entries.reduce((sum, each) => sum + each.promptTokens * 1e-6 + each.completionTokens * 2e-6, 0)
    expect(spent).toBeLessThanOrEqual(60e-6)
  })
})

describe('AC-087, Z-21: metadata is inert', () => {
  test('it names no payer, sets no logging, takes no guardrail away', async () => {
    const { master, u2, pa } = realm.cast
    const metadata = {
      user_api_key_user_id: pa.id,
      user_api_key_team_id: TEAM.cobalt,
      logging: [{ callback_name: 'langfuse', callback_vars: { langfuse_host: 'http://127.0.0.1:9' } }],
      guardrails: [],
      disable_global_guardrails: true,
      allowed_routes: ['/*'],
      allowed_tools: ['*'],
      models: ['m2'],
      max_budget: 1_000_000,
      user_role: 'proxy_admin',
      service_account_id: 'x',
    }
    const { status, made } = await tryToMake(u2, { models: ['m1'], metadata })
    if (made === undefined) {
      expect(TOO_MUCH).toContain(status)
      return
    }
    expect((await made.chat('m1')).status).toBe(200)
    expect(DEAD).toContain((await made.chat('m2')).status)
    await managesNothing(made)
    const line = await ledgerRowOf(master, made.hash)
    expect(line['user']).toBe(u2.id)
    expect(line['team_id'] ?? '').toBe('')
    expect(JSON.stringify(line)).not.toContain(pa.id)
  })

  test('the same in an update', async () => {
    const { master, u2, pa } = realm.cast
    const { key, hash } = await freshKey(master, { user_id: u2.id, models: ['m1'] })

    await u2.post('/key/update', { key: hash, metadata: { user_api_key_user_id: pa.id, models: ['m2'] } })

    expect((await callerOf(realm.port, key).chat('m1')).status).toBe(200)
    expect(DEAD).toContain((await callerOf(realm.port, key).chat('m2')).status)
    expect((await ledgerRowOf(master, hash))['user']).toBe(u2.id)
    expect(goodList(await u2.get('/spend/logs')).some((line) => line['user'] === pa.id)).toBe(false)
  })
})
