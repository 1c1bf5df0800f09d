import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { MASTER_KEY, mockModel } from '../../support/gateway.ts'
import { createDatabase } from '../../support/stores.ts'
import { openStatementTap } from '../../support/statement-tap.ts'
import type { StatementTap } from '../../support/statement-tap.ts'
import { CHAT, chat, startRig } from './support/rig.ts'
import type { Answer, Rig } from './support/rig.ts'

const CALLS = 60
const MEASURES = 5

let database: Awaited<ReturnType<typeof createDatabase>>
let tap: StatementTap
let rig: Rig

beforeAll(async () => {
  database = await createDatabase()
  tap = await openStatementTap(database.url)
  rig = await startRig({
    databaseUrl: tap.url,
    configure: ({ apiBase }) => ({ model_list: [mockModel('plain', apiBase), mockModel('other', apiBase)] }),
  })
})

afterAll(async () => {
  await rig.close()
  await tap.close()
  await database.drop()
})

type Asked = Readonly<Record<'lines' | 'facts', readonly string[]>>

/**
 * What the gateway asked while `work` ran. A machine that stands still for a second makes a gateway ask again, as it
 * must, for then nobody knows whether its facts still stand: a measure with more facts than are `wanted` is taken again.
 */
async function askedDuring(work: () => Promise<void>, wanted = 0): Promise<Asked> {
  for (let left = MEASURES; ; left -= 1) {
    const asked = await askedOnce(work)
    if (asked.facts.length <= wanted || left === 1) return asked
  }
}

/** The same of one time, its lines written down, by what it was for. */
async function askedOnce(work: () => Promise<void>): Promise<Asked> {
  await linesOnRecord()
  tap.taken()
  await work()
  await linesOnRecord()
  // The heartbeat by which cached facts are known to stand, and the watch on soft budgets, run at their own pace, with
  // calls or without.
  const asked = tap.taken().filter((text) => !text.includes('pg_notify') && !text.includes('latchkey.soft_budget'))
  const lines = asked.filter((text) => text.includes('keep_ledger_lines'))
  return { lines, facts: asked.filter((text) => !lines.includes(text)) }
}

async function linesOnRecord(): Promise<void> {
  await vi.waitFor(
    async () => {
      const { text } = await rig.get('/metrics')
      expect(text).toMatch(/^latchkey_ledger_pending_lines 0$/m)
    },
    { timeout: 10_000, interval: 20 },
  )
}

async function make(path: string, body: object): Promise<Record<string, string>> {
  const { status, text } = await rig.post(path, body)
  expect([status, text]).toEqual([200, expect.any(String)])
  const made: Record<string, string> = JSON.parse(text)
  return made
}

/** Keys of people in teams of an organisation, with every kind of fact that a decision may hang on. */
async function keysWithFacts(more: object = {}, everywhere: object = {}): Promise<readonly string[]> {
  const { organization_id } = await make('/organization/new', {
    organization_alias: 'acme',
    models: ['plain', 'other'],
    ...everywhere,
  })
  const keys: string[] = []
  for (let i = 0; i < 6; i += 1) {
    const { user_id } = await make('/user/new', {
      user_role: 'internal_user',
      auto_create_key: false,
      ...everywhere,
    })
    const { team_id } = await make('/team/new', {
      organization_id,
      models: ['plain', 'other'],
      members_with_roles: [{ role: 'user', user_id }],
      ...more,
      ...everywhere,
    })
    keys.push(await rig.newKey({ user_id, team_id, models: ['plain'], ...everywhere }))
  }
  return keys
}

function call(key: string | undefined, body: object): Promise<Answer> {
  return rig.post(CHAT, body, key === undefined ? {} : { key })
}

test('a warm path asks the store nothing: not for keys, people, teams, organisations or customers, nor for strangers', async () => {
  const keys = await keysWithFacts()
  await make('/customer/new', { user_id: 'a-customer' })
  const bodies = [
    chat('plain', { user: 'a-customer' }),
    chat('plain', { user: 'nobody-known' }),
    chat('plain', { stream: true, tags: ['of-the-caller'] }),
  ]
  const callAll = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n += 1) {
      const { status } = await call(keys[n % keys.length], bodies[n % bodies.length] ?? {})
      expect(status).toBe(200)
      expect((await rig.get('/v1/models', { key: keys[n % keys.length] ?? '' })).status).toBe(200)
      expect((await call('sk-nobody-has-this-key', chat('plain'))).status).toBe(401)
    }
  }
  await callAll(keys.length * bodies.length)

  const { facts, lines } = await askedDuring(() => callAll(CALLS))
  expect(facts).toEqual([])
  expect(lines.length).toBeGreaterThan(0)
  expect(lines.length).toBeLessThanOrEqual(CALLS)
})

test('the master key asks for nothing either', async () => {
  const callOften = async (): Promise<void> => {
    for (let n = 0; n < 10; n += 1) expect((await call(MASTER_KEY, chat('plain'))).status).toBe(200)
  }
  await callOften()
  expect((await askedDuring(callOften)).facts).toEqual([])
})

test('under a budget a call asks for its reservation, and for nothing else', async () => {
  const keys = await keysWithFacts({ max_budget: 100 })
  const callEach = async (): Promise<void> => {
    for (const key of keys) expect((await call(key, chat('plain'))).status).toBe(200)
  }
  await callEach()
  const { facts } = await askedDuring(callEach, keys.length)
  expect(facts).toHaveLength(keys.length)
  expect(facts.filter((text) => !text.includes('reserve_budget'))).toEqual([])
})

const WIDE = 1_000_000

test.each([
  { name: 'rates of requests', limits: { rpm_limit: WIDE }, asks: ['take_rates'] },
  {
    name: 'rates of tokens and of calls at once',
    limits: { rpm_limit: WIDE, tpm_limit: WIDE, max_parallel_requests: WIDE },
    asks: ['take_rates', 'finish_rates'],
  },
  {
    name: 'rates and budgets',
    limits: { tpm_limit: WIDE, max_budget: 100 },
    asks: ['reserve_budget', 'take_rates', 'finish_rates'],
  },
])('under $name at every level a call asks for its place once, and for nothing else', async ({ limits, asks }) => {
  const keys = await keysWithFacts({}, limits)
  const callEach = async (): Promise<void> => {
    for (const key of keys) expect((await call(key, chat('plain'))).status).toBe(200)
  }
  await callEach()
  const { facts } = await askedDuring(callEach, keys.length * asks.length)
  const count = (name: string): number => facts.filter((text) => text.includes(name)).length
  expect(asks.map(count)).toEqual(asks.map(() => keys.length))
  expect(facts.filter((text) => !asks.some((name) => text.includes(name)))).toEqual([])
})
