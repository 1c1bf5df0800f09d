import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Ask } from '../hostile/support/stand.ts'
import { chatBody } from '../hostile/support/stand.ts'
import { NOT_FOR_YOU, NO_ROLE, callerOf, good, textAt } from './support/caller.ts'
import { TEAM } from './support/cast.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'
import { ALL_ROWS } from './support/rows.ts'
import { stateOf, userRow } from './support/state.ts'

let realm: Realm

beforeAll(async () => {
  realm = await startRealm()
})

afterAll(() => realm.close())

const VIEWERS = ['pav', 'v1'] as const

/** Every route that costs money or moves something although it creates no object. */
const COSTLY: readonly Ask[] = [
  ...['/chat/completions', '/v1/chat/completions', '/completions', '/embeddings', '/v1/responses', '/moderations'].map(
    (path) => ({ path, body: { ...chatBody('m1'), input: 'x', prompt: 'x' } }),
  ),
  ...['/openai/deployments/m1/chat/completions', '/engines/m1/chat/completions', '/v1/messages'].map((path) => ({
    path,
    body: chatBody('m1', { max_tokens: 4 }),
  })),
  ...['/v1/images/generations', '/v1/audio/speech', '/v1/rerank', '/v1/files', '/v1/batches'].map((path) => ({
    path,
    body: { model: 'm1', input: 'x', prompt: 'x' },
  })),
  ...['/health', '/health/test_connection', '/cache/ping', '/health/services?service=slack'].map((path) => ({ path })),
  { path: '/health/test_connection', body: { litellm_params: { model: 'openai/m1' } } },
  { path: '/key/health', body: {} },
  { path: '/cache/flushall', body: {} },
  { path: '/global/spend/reset', body: {} },
  { path: '/global/spend/refresh' },
  { path: '/config/update', body: { litellm_settings: { drop_params: true } } },
  { path: '/debug/log-level', body: { level: 'debug' } },
  { path: '/utils/token_counter', body: chatBody('m1') },
  { path: '/mcp-rest/tools/call', body: { name: 'x' } },
  { path: '/anthropic/v1/messages', body: chatBody('m1') },
  { method: 'DELETE', path: '/v1/responses/resp_1' },
  { path: '/v1/responses/resp_1/cancel', body: {} },
]

describe('AC-072, INV-16: a viewer changes nothing and costs nothing', () => {
  test.each(VIEWERS)('%s on every management route, own object and foreign', async (name) => {
    const { cast, upstream } = realm
    const asks: Ask[] = []
    for (const row of ALL_ROWS) asks.push(await row.ask(cast, 'amber'), await row.ask(cast, 'cobalt'))
    const before = await stateOf(cast.master)
    const called = upstream.requests.total

    for (const ask of asks) await cast[name].ask(ask)

    expect(await stateOf(cast.master)).toBe(before)
    expect(upstream.requests.total).toBe(called)
  })

  test.each(VIEWERS)('%s on every route that spends, tests or flushes', async (name) => {
    const { cast, upstream } = realm
    const before = await stateOf(cast.master)
    const called = upstream.requests.total

    for (const ask of COSTLY) {
      const { status } = await cast[name].ask(ask)
      expect.soft(status, ask.path).toBeLessThan(500)
    }
    expect(upstream.requests.total).toBe(called)
    expect(await stateOf(cast.master)).toBe(before)
  })

  test.each(VIEWERS)('%s is refused inference by role, with a key in a team too', async (name) => {
    const { cast, port, upstream } = realm
    const called = upstream.requests.total
    expect(NO_ROLE).toContain((await cast[name].chat('m1')).status)
    expect(NO_ROLE).toContain((await cast[name].chat('m1', { stream: true })).status)

    const made = await cast.master.post('/key/generate', { user_id: cast.v1.id, team_id: TEAM.amber })
    const inTeam = callerOf(port, textAt(good(made), 'key'))
    expect(NO_ROLE).toContain((await inTeam.chat('m1')).status)
    expect(upstream.requests.total).toBe(called)
  })

  test.each(VIEWERS)('%s cannot act on itself: no new name, no new key, no rotation, no leaving', async (name) => {
    const { cast } = realm
    const before = await stateOf(cast.master)
    const { id, hash } = cast[name]
    for (const [path, body] of [
      ['/user/update', { user_id: id, user_alias: 'Grand viewer' }],
      ['/user/update', { user_id: id, max_budget: 1_000_000 }],
      ['/key/generate', { key_alias: 'mine' }],
      ['/key/update', { key: hash, key_alias: 'mine' }],
      ['/key/regenerate', { key: hash }],
      [`/key/${hash}/regenerate`, {}],
      ['/key/block', { key: hash }],
      ['/key/delete', { keys: [hash] }],
      ['/team/member_delete', { team_id: TEAM.amber, user_id: id }],
    ] as const) {
      const { status } = await cast[name].post(path, body)
      expect.soft(NOT_FOR_YOU, path).toContain(status)
    }
    expect(await stateOf(cast.master)).toBe(before)
  })

  test('an administrator who becomes a viewer is one at the next request, whatever keys there are', async () => {
    const { cast, port } = realm
    const id = 'turncoat-proxy'
    good(await cast.master.post('/user/new', { user_id: id, user_role: 'proxy_admin', auto_create_key: false }))
    const key = textAt(good(await cast.master.post('/key/generate', { user_id: id })), 'key')
    const turncoat = callerOf(port, key)
    good(await turncoat.post('/budget/new', { budget_id: 'last-act', max_budget: 1 }))

    good(await cast.master.post('/user/update', { user_id: id, user_role: 'proxy_admin_viewer' }))

    expect(NO_ROLE).toContain((await turncoat.post('/budget/new', { budget_id: 'too-late', max_budget: 1 })).status)
    expect(NO_ROLE).toContain((await turncoat.chat('m1')).status)
    expect((await userRow(cast.master, id))['user_role']).toBe('proxy_admin_viewer')
  })
})
