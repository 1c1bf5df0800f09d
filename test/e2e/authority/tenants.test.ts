import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import type { Ask } from '../hostile/support/stand.ts'
import { CHAT, chatBody } from '../hostile/support/stand.ts'
import type { Caller, Json } from './support/caller.ts'
import { DEAD, callerOf, good, goodList, textAt } from './support/caller.ts'
import { ORG, TEAM } from './support/cast.ts'
import { freshKey, freshTeam } from './support/fresh.ts'
import { ledgerRowsOf } from './support/ledger.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'
import { keyRow, teamRow } from './support/state.ts'

let realm: Realm

beforeAll(async () => {
  realm = await startRealm({
    models: ({ apiBase }) => [
      mockModel('m-broken', apiBase, { model: 'openai/mock-500' }),
      mockModel('m-flaky', apiBase, { model: 'openai/mock-fail-twice' }),
    ],
    config: { router_settings: { num_retries: 3, disable_cooldowns: true, fallbacks: [{ 'm-broken': ['m2', 'm1'] }] } },
  })
  for (const tenant of ['amber', 'cobalt'] as const) {
    const { master } = realm.cast
    good(await master.patch('/organization/update', { organization_id: ORG[tenant], models: [] }))
  }
})

afterAll(() => realm.close())

async function keyOf(caller: string, body: object): Promise<Caller> {
  const { key } = await freshKey(realm.cast.master, { key_alias: `${caller}-${Math.random()}`, ...body })
  return callerOf(realm.port, key)
}

function isOnlyCalled(model: string, since: number): void {
  const called = realm.upstream.bill.entries.slice(since).map((entry) => entry.model)
  expect(called.filter((each) => each !== model)).toEqual([])
}

describe('AC-100, Z-32: the model that is called in the end is one that the principal has', () => {
  const TRICKS: readonly (readonly [name: string, ask: Ask])[] = [
    ['by its name', { path: CHAT, body: chatBody('m2') }],
    ['in a list', { path: CHAT, body: chatBody('m1,m2') }],
    ['as a fallback', { path: CHAT, body: chatBody('m-broken', { fallbacks: ['m2'] }) }],
    ['as the operator’s fallback', { path: CHAT, body: chatBody('m-broken') }],
    [
      'as a context fallback',
      { path: CHAT, body: chatBody('m-broken', { context_window_fallback_dict: { 'm-broken': 'm2' } }) },
    ],
    ['by an alias of its own', { path: CHAT, body: chatBody('m1', { model_aliases: { m1: 'm2' } }) }],
    ['by a query', { path: `${CHAT}?model=m2`, body: chatBody('m1') }],
    ['by a path', { path: '/engines/m2/chat/completions', body: chatBody('m1') }],
    ['by its deployment', { path: CHAT, body: chatBody('deployment-of-m2') }],
    ['for another operation', { path: '/v1/embeddings', body: { model: 'm2', input: 'x' } }],
    ['for a response', { path: '/v1/responses', body: { model: 'm2', input: 'x' } }],
    ['for a picture', { path: '/v1/images/generations', body: { model: 'm2', prompt: 'x' } }],
    ['for a moderation', { path: '/v1/moderations', body: { model: 'm2', input: 'x' } }],
  ]
  /** Where a limit can stand: at the key, the team, the user, the organisation, the team's member. */
  const LIMITED: readonly (readonly [name: string, make: () => Promise<Caller>])[] = [
    ['key', () => keyOf('key', { models: ['m1', 'm-broken'] })],
    [
      'team',
      async () => {
        const team_id = await freshTeam(realm.cast.master, 'amber', { models: ['m1', 'm-broken'] })
        return keyOf('team', { team_id })
      },
    ],
    [
      'user',
      async () => {
        const body = { user_id: `limited-${Math.random()}`, models: ['m1', 'm-broken'], auto_create_key: false }
        const user_id = textAt(good(await realm.cast.master.post('/user/new', body)), 'user_id')
        return keyOf('user', { user_id })
      },
    ],
    [
      'organisation',
      async () => {
        const organization_id = `org-limited-${Math.random()}`
        const body = { organization_id, organization_alias: 'x', models: ['m1', 'm-broken'] }
        good(await realm.cast.master.post('/organization/new', body))
        return keyOf('organisation', { organization_id })
      },
    ],
  ]
  for (const [level, make] of LIMITED) {
    test.each(TRICKS)(`limited at the ${level}: %s`, async (_, ask) => {
      const caller = await make()
      const since = realm.upstream.bill.entries.length

      await caller.ask(ask)

      isOnlyCalled('m1', since)
      expect((await caller.chat('m1')).status).toBe(200)
    })
  }

  test('an alias of the team or key opens no model that the principal lacks', async () => {
    const { master } = realm.cast
    const team_id = await freshTeam(master, 'amber', { models: ['m1'], model_aliases: { fast: 'm1' } })
    const caller = await keyOf('alias', { team_id, aliases: { own: 'm1' } })
    const since = realm.upstream.bill.entries.length

    expect((await caller.chat('fast')).status).toBe(200)
    expect((await caller.chat('own')).status).toBe(200)
    isOnlyCalled('m1', since)

    good(await master.post('/team/update', { team_id, models: ['m-slow'] }))
    expect(DEAD).toContain((await caller.chat('own')).status)
    expect(DEAD).toContain((await caller.chat('m1')).status)
    isOnlyCalled('m1', since)
  })
})

describe('AC-101, Z-33: who pays follows from the credential', () => {
  const CLAIMS = {
    user_api_key_user_id: 'u3-cobalt',
    user_api_key_team_id: TEAM.cobalt,
    user_api_key_org_id: ORG.cobalt,
  }

  test.each([
    ['metadata', { metadata: CLAIMS }],
    ['litellm_metadata', { litellm_metadata: CLAIMS }],
    ['members', { user_id: 'u3-cobalt', team_id: TEAM.cobalt, organization_id: ORG.cobalt }],
    ['user', { user: 'u3-cobalt' }],
  ])('whatever the %s say', async (_, more) => {
    const { master, u2 } = realm.cast
    const caller = await keyOf('payer', { user_id: u2.id, team_id: TEAM.amber })
    const foreign = await teamRow(master, TEAM.cobalt)

    const { status } = await caller.chat('m1', more)

    expect([200, 400, 403]).toContain(status)
    if (status === 200) {
      const line = await lineOf(caller)
      expect(line).toMatchObject({ user: u2.id, team_id: TEAM.amber, organization_id: ORG.amber })
      expect(line['spend']).toBeGreaterThan(0)
    }
    expect((await teamRow(master, TEAM.cobalt))['spend']).toBe(foreign['spend'])
  })

  test('nor headers', async () => {
    const { u2 } = realm.cast
    const caller = await keyOf('payer', { user_id: u2.id, team_id: TEAM.amber })
    const headers = {
      'x-litellm-user-id': 'u3-cobalt',
      'x-litellm-team-id': TEAM.cobalt,
      'x-litellm-organization-id': ORG.cobalt,
      'x-litellm-spend-logs-metadata': JSON.stringify(CLAIMS),
    }
    // A machine under load may shed the first call of a key that it has not seen.
    const ask = async (): Promise<number> => (await caller.ask({ path: CHAT, headers, body: chatBody('m1') })).status
    await expect.poll(ask, { timeout: 8_000 }).toBe(200)
    expect(await lineOf(caller)).toMatchObject({ user: u2.id, team_id: TEAM.amber, organization_id: ORG.amber })
  })

  async function lineOf(caller: Caller): Promise<Json> {
    return vi.waitFor(
      async () => {
        const [line] = await ledgerRowsOf(realm.cast.master, caller.hash)
        if (line === undefined) throw new Error('no line')
        return line
      },
      { timeout: 8_000, interval: 50 },
    )
  }
})

describe('AC-103, AC-104, INV-19: what another tenant keeps at the provider', () => {
  test('a response is not found by its id, nor by the provider’s, on every verb', async () => {
    const { u2, u3, inTeam, u1 } = realm.cast
    const made = await inTeam.u2.post('/v1/responses', { model: 'm1', input: 'Our figures' })
    const ours = textAt(good(made), 'id')
    const raw = realm.upstream.bill.entries.at(-1)?.responseId ?? ''
    const seen = realm.upstream.requests.total

    for (const id of [ours, raw]) {
      for (const stranger of [u3, inTeam.u3, realm.cast.oa2]) {
        for (const ask of [
          { path: `/v1/responses/${id}` },
          { path: `/v1/responses/${id}/input_items` },
          { path: `/v1/responses/${id}/cancel`, body: {} },
          { method: 'DELETE', path: `/v1/responses/${id}` },
          { path: '/v1/responses', body: { model: 'm1', input: 'And?', previous_response_id: id } },
        ]) {
          expect.soft((await stranger.ask(ask)).status, ask.path).toBe(404)
        }
      }
    }
    expect(realm.upstream.requests.total).toBe(seen)
    expect((await inTeam.u2.get(`/v1/responses/${ours}`)).status).toBe(200)
    for (const colleague of [u2, u1])
      expect([200, 404]).toContain((await colleague.get(`/v1/responses/${ours}`)).status)
  })

  const NESTED: readonly (readonly [name: string, path: string, body: Json | string])[] = [
    [
      'a file in a message',
      CHAT,
      { model: 'm1', messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-of-u2' } }] }] },
    ],
    [
      'a file in an input',
      '/v1/responses',
      { model: 'm1', input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-of-u2' }] }] },
    ],
    [
      'an image in an input',
      '/v1/responses',
      { model: 'm1', input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'file-of-u2' }] }] },
    ],
    [
      'a vector store of a tool',
      '/v1/responses',
      { model: 'm1', input: 'x', tools: [{ type: 'file_search', vector_store_ids: ['vs_of_u2'] }] },
    ],
    [
      'a container of a tool',
      '/v1/responses',
      { model: 'm1', input: 'x', tools: [{ type: 'code_interpreter', container: 'cntr_of_u2' }] },
    ],
    ['a conversation', '/v1/responses', { model: 'm1', input: 'x', conversation: 'conv_of_u2' }],
    ['a stored prompt', '/v1/responses', { model: 'm1', input: 'x', prompt: { id: 'pmpt_of_u2' } }],
    ['an item', '/v1/responses', { model: 'm1', input: [{ type: 'item_reference', id: 'msg_of_u2' }] }],
    [
      'a conversation in extra_body',
      '/v1/responses',
      { model: 'm1', input: 'x', extra_body: { conversation: 'conv_of_u2' } },
    ],
    [
      'a stored prompt in extra_body',
      '/v1/responses',
      { model: 'm1', input: 'x', extra_body: { prompt: { id: 'pmpt_of_u2' } } },
    ],
    [
      'a response in extra_body',
      '/v1/responses',
      { model: 'm1', input: 'x', extra_body: { previous_response_id: 'resp_of_u2' } },
    ],
    [
      'a file under a name spelt with escapes',
      CHAT,
      '{"model":"m1","messages":[{"role":"user","content":[{"type":"file","file":{"fil\\u0065_id":"file-of-u2"}}]}]}',
    ],
  ]
  test.each(NESTED)('%s that is not the caller’s refuses the whole call', async (_, path, body) => {
    const seen = realm.upstream.requests.total

    const { status } = await realm.cast.u3.ask({ path, body })

    expect([400, 403, 404]).toContain(status)
    expect(realm.upstream.requests.total).toBe(seen)
  })
})

describe('AC-099, AC-109, AC-110: every owner’s sum is the sum of the lines', () => {
  test('after prices of the caller’s, poisoned usage, failures and fallbacks', async () => {
    const { master } = realm.cast
    const team_id = await freshTeam(master, 'amber', { models: ['m1', 'm-broken', 'm-flaky'], max_budget: 10 })
    const user_id = `bookkeeper-${Math.random()}`
    good(await master.post('/user/new', { user_id, user_role: 'internal_user', auto_create_key: false }))
    good(await master.post('/team/member_add', { team_id, member: { role: 'user', user_id } }))
    const caller = await keyOf('books', { team_id, user_id })
    const before = await spendOf(master, caller, team_id)
    expect(before).toEqual([0, 0])

    for (const more of [{ input_cost_per_token: 0 }, { metadata: { model_info: { input_cost_per_token: 0 } } }, {}]) {
      await caller.chat('m1', more)
    }
    for (const poison of ['-5', '1e400', '"5"', '1000000000000000']) {
      realm.upstream.script('m1', { usage: { poison } })
      await caller.chat('m1')
    }
    realm.upstream.script('m1', {})
    await caller.chat('m-flaky')
    await caller.chat('m-broken')

    await vi.waitFor(
      async () => {
        const lines = await ledgerRowsOf(master, caller.hash)
        expect(lines.length).toBeGreaterThanOrEqual(6)
        const sum = lines.reduce((total, line) => total + Number(line['spend']), 0)
        expect(lines.every((line) => Number(line['spend']) >= 0)).toBe(true)
        const [ofKey, ofTeam] = await spendOf(master, caller, team_id)
        expect(ofKey).toBeCloseTo(sum, 9)
        expect(ofTeam).toBeCloseTo(sum, 9)
        expect(sum).toBeLessThan(0.01)
      },
      { timeout: 10_000, interval: 100 },
    )
    expect(goodList(await master.get(`/spend/logs?user_id=${user_id}`)).length).toBeGreaterThan(0)
  })

  async function spendOf(master: Caller, caller: Caller, team: string): Promise<readonly number[]> {
    return [Number((await keyRow(master, caller.hash))['spend']), Number((await teamRow(master, team))['spend'])]
  }
})
