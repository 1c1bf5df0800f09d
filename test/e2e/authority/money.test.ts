import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import type { Answer } from '../hostile/support/stand.ts'
import type { Caller, Json } from './support/caller.ts'
import { callerOf, good, goodList } from './support/caller.ts'
import { freshKey } from './support/fresh.ts'
import { ledgerRowsOf } from './support/ledger.ts'
import type { Twins } from './support/realm.ts'
import { startTwins } from './support/realm.ts'
import { keyRow } from './support/state.ts'

let twins: Twins

/** Words cost 2 µ$ each and prompts nothing, so that the upper cost of a call of eight words is its cost: 16 µ$. */
const COST = 16e-6
const CALLS = 10
const BUDGET = COST * CALLS
const PARALLEL = 200

beforeAll(async () => {
  twins = await startTwins({
    models: ({ apiBase }) => [mockModel('m-words', apiBase, { input_cost_per_token: 0, output_cost_per_token: 2e-6 })],
  })
})

afterAll(() => twins.close())

type Level = 'key' | 'key’s budget row' | 'user' | 'team' | 'member' | 'organisation' | 'end user'
const LEVELS: readonly Level[] = ['key', 'key’s budget row', 'user', 'team', 'member', 'organisation', 'end user']

interface Limited {
  readonly keys: readonly string[]
  readonly more: object
}

let made = 0

/** Several keys under one limit, wherever that can be. */
async function limitedAt(level: Level): Promise<Limited> {
  const { master } = twins.cast
  made += 1
  const name = `${level.replaceAll(/\W/g, '-')}-${made}`
  const several = async (body: object): Promise<Limited> => ({
    keys: await Promise.all([1, 2, 3].map(async () => (await freshKey(master, body)).key)),
    more: {},
  })
  const user = async (more: object): Promise<string> => {
    good(await master.post('/user/new', { user_id: name, user_role: 'internal_user', auto_create_key: false, ...more }))
    return name
  }
  const team = async (more: object): Promise<string> => {
    good(await master.post('/team/new', { team_id: name, ...more }))
    return name
  }
  switch (level) {
    case 'key':
      return { keys: [(await freshKey(master, { max_budget: BUDGET })).key], more: {} }
    case 'key’s budget row': {
      good(await master.post('/budget/new', { budget_id: name, max_budget: BUDGET }))
      return { keys: [(await freshKey(master, { budget_id: name })).key], more: {} }
    }
    case 'user':
      return several({ user_id: await user({ max_budget: BUDGET }) })
    case 'team':
      return several({ team_id: await team({ max_budget: BUDGET }) })
    case 'member': {
      const [user_id, team_id] = [await user({}), await team({})]
      const body = { team_id, member: { role: 'user', user_id }, max_budget_in_team: BUDGET }
      good(await master.post('/team/member_add', body))
      return several({ team_id, user_id })
    }
    case 'organisation': {
      const body = { organization_id: name, organization_alias: name, max_budget: BUDGET }
      good(await master.post('/organization/new', body))
      return several({ team_id: await team({ organization_id: name }) })
    }
    case 'end user': {
      good(await master.post('/customer/new', { user_id: name, max_budget: BUDGET }))
      return { ...(await several({})), more: { user: name } }
    }
  }
}

async function storm({ keys, more }: Limited): Promise<readonly Answer[]> {
  const ports = [twins.here.port, twins.there.port]
  return Promise.all(
    Array.from({ length: PARALLEL }, (_, i) => {
      const caller = callerOf(ports[i % 2] ?? 0, keys[i % keys.length] ?? '')
      return caller.chat('m-words', more)
    }),
  )
}

describe('AC-107, INV-27: a budget for exactly ten calls admits ten, over two processes', () => {
  test.each(LEVELS)('of the %s', async (level) => {
    const limited = await limitedAt(level)
    const billed = twins.upstream.bill.entries.length

    const answers = await storm(limited)

    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(CALLS)
    expect(statuses.filter((status) => status === 429)).toHaveLength(PARALLEL - CALLS)
    expect(twins.upstream.bill.entries.length - billed).toBe(CALLS)
    const refused = answers.find(({ status }) => status === 429)
    const { error }: { error: Json } = JSON.parse(refused?.text ?? '{}')
    expect(error).toMatchObject({ type: 'budget_exceeded', code: '429' })
    expect(refused?.text).toMatch(/budget/i)

    const { master } = twins.cast
    await vi.waitFor(
      async () => {
        const lines = await Promise.all(limited.keys.map((key) => ledgerRowsOf(master, callerOf(0, key).hash)))
        const spent = lines.flat().reduce((sum, line) => sum + Number(line['spend']), 0)
        expect(spent).toBeCloseTo(BUDGET, 9)
      },
      { timeout: 10_000, interval: 100 },
    )
    for (const port of [twins.here.port, twins.there.port]) {
      for (const key of limited.keys) {
        expect((await callerOf(port, key).chat('m-words', limited.more)).status).toBe(429)
      }
    }
  })

  test('a refusal names the level, and no figures of others', async () => {
    const { keys, more } = await limitedAt('team')
    await storm({ keys, more })
    const { text, status } = await callerOf(twins.here.port, keys[0] ?? '').chat('m-words', more)
    expect(status).toBe(429)
    expect(text).toMatch(/Budget has been exceeded/)
    expect(text).not.toMatch(/amber|cobalt/)
    expect(text).not.toContain(callerOf(0, keys[1] ?? '').hash)
  })
})

describe('Z-35: spend outlives the object', () => {
  test('a key that is made anew in its user’s name begins where the user stands', async () => {
    const { keys } = await limitedAt('user')
    await storm({ keys, more: {} })
    const { master } = twins.cast
    const { user_id } = await keyRow(master, callerOf(0, keys[0] ?? '').hash)
    good(await master.post('/key/delete', { keys: keys.map((key) => callerOf(0, key).hash) }))

    const next = callerOf(twins.there.port, (await freshKey(master, { user_id })).key)

    expect((await next.chat('m-words')).status).toBe(429)
  })

  test('a member who leaves and comes back has spent what was spent', async () => {
    const { keys } = await limitedAt('member')
    await storm({ keys, more: {} })
    const { master } = twins.cast
    const row = await keyRow(master, callerOf(0, keys[0] ?? '').hash)
    const { user_id, team_id } = row
    good(await master.post('/team/member_delete', { team_id, user_id }))
    good(
      await master.post('/team/member_add', { team_id, member: { role: 'user', user_id }, max_budget_in_team: BUDGET }),
    )

    const next = callerOf(twins.here.port, (await freshKey(master, { user_id, team_id })).key)

    expect((await next.chat('m-words')).status).toBe(429)
  })

  test('rotation, renaming and a new owner leave the spend where it is', async () => {
    const { keys } = await limitedAt('key')
    await storm({ keys, more: {} })
    const { master } = twins.cast
    const old = callerOf(twins.here.port, keys[0] ?? '')
    good(await master.post('/key/update', { key: old.hash, key_alias: `renamed-${made}` }))
    const rotated = good(await master.post('/key/regenerate', { key: old.hash }))

    const next: Caller = callerOf(twins.here.port, String(rotated['key']))

    expect((await next.chat('m-words')).status).toBe(429)
    // Lines of the other process arrive when it carries them over.
    await expect
      .poll(async () => Number((await keyRow(master, next.hash))['spend']), { timeout: 8_000 })
      .toBeCloseTo(BUDGET, 9)
  })

  test('deleting the key takes no line out of the ledger', async () => {
    const { keys } = await limitedAt('key')
    const { master } = twins.cast
    const key = callerOf(twins.here.port, keys[0] ?? '')
    expect((await key.chat('m-words')).status).toBe(200)
    await vi.waitFor(async () => expect(await ledgerRowsOf(master, key.hash)).toHaveLength(1), { timeout: 8_000 })
    good(await master.post('/key/delete', { keys: [key.hash] }))

    expect(goodList(await master.get('/spend/logs')).filter((line) => line['api_key'] === key.hash)).toHaveLength(1)
  })
})
