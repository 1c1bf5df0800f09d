import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import type { Caller, Json } from './support/caller.ts'
import { callerOf, good } from './support/caller.ts'
import { freshKey, freshName } from './support/fresh.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'

let realm: Realm

beforeAll(async () => {
  realm = await startRealm({
    models: ({ apiBase }) => [
      mockModel('fam-a', apiBase),
      mockModel('fam-b', apiBase),
      mockModel('grp-a', apiBase, { info: { access_groups: ['beta'] } }),
      mockModel('grp-b', apiBase, { info: { access_groups: ['beta', 'gamma'] } }),
      mockModel('wild/*', apiBase, { model: 'openai/*' }),
    ],
    config: { router_settings: { num_retries: 0, disable_cooldowns: true, model_group_alias: { twin: 'm1' } } },
  })
})

afterAll(() => realm.close())

/** Names that somebody could call. */
const NAMES = ['m1', 'm2', 'fam-a', 'fam-b', 'grp-a', 'grp-b', 'wild/x', 'wild/y', 'twin', 'nowhere'] as const
const ALIASES = ['own', 'ours'] as const
const GROUPS: Readonly<Record<string, readonly string[]>> = { 'grp-a': ['beta'], 'grp-b': ['beta', 'gamma'] }

const ENTRIES = [...NAMES, 'fam-*', '*', 'beta', 'gamma', 'all-proxy-models', 'wild/*', 'openai/*', 'm*'] as const
const listOf = (...more: readonly string[]) =>
  fc.uniqueArray(
    fc.oneof({ weight: 4, arbitrary: fc.constantFrom<string>(...ENTRIES) }, ...more.map((each) => fc.constant(each))),
    {
      maxLength: 3,
    },
  )
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 })
const target = fc.constantFrom('m1', 'm2', 'fam-a', 'nowhere')

const worlds = fc.record({
  key: listOf('all-team-models', 'own', 'ours'),
  team: optional(listOf('ours')),
  user: optional(listOf('no-default-models')),
  org: optional(listOf()),
  own: optional(target),
  ours: optional(target),
})

interface World {
  readonly key: readonly string[]
  readonly team: readonly string[] | undefined
  readonly user: readonly string[] | undefined
  readonly org: readonly string[] | undefined
  readonly own: string | undefined
  readonly ours: string | undefined
}

/** Made wide and then narrowed, from the key up, so that no check at creation stands between the lists. */
async function build(world: World): Promise<Caller> {
  const { master } = realm.cast
  const organization_id = world.org === undefined ? undefined : freshName('org', 'amber')
  const team_id = world.team === undefined ? undefined : freshName('team', 'amber')
  const user_id = world.user === undefined ? undefined : freshName('user', 'amber')
  const aliases = world.own === undefined ? {} : { aliases: { own: world.own } }
  const model_aliases = world.ours === undefined ? {} : { model_aliases: { ours: world.ours } }

  if (organization_id !== undefined)
    good(await master.post('/organization/new', { organization_id, organization_alias: 'x' }))
  if (user_id !== undefined)
    good(await master.post('/user/new', { user_id, user_role: 'internal_user', auto_create_key: false }))
  if (team_id !== undefined) {
    const members_with_roles = user_id === undefined ? [] : [{ role: 'user', user_id }]
    good(await master.post('/team/new', without({ team_id, organization_id, members_with_roles, ...model_aliases })))
  }
  const owner = team_id === undefined ? { user_id, organization_id } : { user_id, team_id }
  const { key } = await freshKey(master, without({ ...owner, models: world.key, ...aliases }))
  if (team_id !== undefined && world.team?.length !== 0)
    good(await master.post('/team/update', { team_id, models: world.team }))
  if (user_id !== undefined && world.user?.length !== 0)
    good(await master.post('/user/update', { user_id, models: world.user }))
  if (organization_id !== undefined && world.org?.length !== 0)
    good(await master.patch('/organization/update', { organization_id, models: world.org }))
  return callerOf(realm.port, key)
}

function without(body: Json): Json {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
}

async function listedTo(caller: Caller): Promise<readonly string[]> {
  const answer = await caller.get('/v1/models')
  const rows = good(answer)['data']
  if (!Array.isArray(rows)) throw new Error(`no data in ${answer.text}`)
  const ids = rows.map((row: Json) => String(row['id']))
  expect(new Set(ids).size, 'no name twice').toBe(ids.length)
  return ids
}

function names(listed: readonly string[], name: string): boolean {
  return listed.some((entry) => matches(entry, name))
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`).test(name)
}

/** identity.md 12.5, read as an upper bound: what no list may add to. */
function mayAtMost(world: World, name: string): boolean {
  const candidates = name === 'twin' ? ['twin', 'm1'] : [name]
  const passes = (list: readonly string[] | undefined): boolean =>
    list === undefined ||
    list.length === 0 ||
    list.includes('all-proxy-models') ||
    candidates.some((each) =>
      list.some(
        (entry) =>
          matches(entry, each) ||
          (entry.includes('*') && matches(entry, `openai/${each}`)) ||
          GROUPS[each]?.includes(entry) === true,
      ),
    )
  const key = (world.team !== undefined && world.key.includes('all-team-models')) || passes(world.key)
  const team = passes(world.team)
  const user = world.team !== undefined || (passes(world.user) && world.user?.includes('no-default-models') !== true)
  return key && team && user && passes(world.org)
}

test('INV-12: listed ⇔ callable, and never more than every list allows', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async (world) => {
      fc.pre(world.team !== undefined || !world.key.includes('all-team-models'))
      const caller = await build(world)
      const listed = await listedTo(caller)
      for (const name of NAMES) {
        const called = realm.upstream.requests.total
        const { status, text } = await caller.chat(name)
        const about = `${name}: ${status} ${text.slice(0, 160)}, listed: ${listed.join(' ')}`
        expect([200, 400, 401, 403, 404], about).toContain(status)
        expect(names(listed, name), about).toBe(status === 200)
        expect(realm.upstream.requests.total - called, about).toBe(status === 200 ? 1 : 0)
        if (status === 200) expect(mayAtMost(world, name), about).toBe(true)
      }
      for (const alias of ALIASES) {
        if (
          names(
            listed.filter((entry) => !entry.includes('*')),
            alias,
          )
        ) {
          expect((await caller.chat(alias)).status, `${alias} is listed`).toBe(200)
        }
      }
    }),
    { numRuns: 60, seed: 20_261_122, endOnFailure: true },
  )
})

test('the same answers on every model route, and for the page of one model', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async (world) => {
      fc.pre(world.team !== undefined || !world.key.includes('all-team-models'))
      const caller = await build(world)
      const listed = await listedTo(caller)
      for (const name of ['m1', 'm2', 'fam-a', 'grp-b']) {
        const may = names(listed, name)
        const answers = await Promise.all([
          caller.post('/v1/completions', { model: name, prompt: 'x', max_tokens: 4 }),
          caller.post('/v1/embeddings', { model: name, input: 'x' }),
          caller.post('/v1/images/generations', { model: name, prompt: 'x' }),
          caller.post('/v1/responses', { model: name, input: 'x' }),
          caller.post(`/engines/${name}/chat/completions`, { messages: [{ role: 'user', content: 'x' }] }),
          caller.post(`/openai/deployments/${name}/chat/completions`, { messages: [{ role: 'user', content: 'x' }] }),
          caller.get(`/v1/models/${name}`),
        ])
        expect(
          answers.map(({ status }) => status === 200),
          name,
        ).toEqual(answers.map(() => may))
        const info = await caller.get('/model/info')
        expect(info.text.includes(`"model_name":"${name}"`), name).toBe(may)
      }
    }),
    { numRuns: 15, seed: 20_261_123, endOnFailure: true },
  )
})
