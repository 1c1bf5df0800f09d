import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import type { Answer } from '../hostile/support/stand.ts'
import type { Caller, Json } from './support/caller.ts'
import { DEAD, callerOf, good, textAt } from './support/caller.ts'
import { ORG, TEAM } from './support/cast.ts'
import { freshKey, freshName } from './support/fresh.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'

let realm: Realm

beforeAll(async () => {
  realm = await startRealm({
    models: ({ apiBase }) => [
      mockModel('fam-a', apiBase, { info: { access_groups: ['family'] } }),
      mockModel('fam-b', apiBase, { info: { access_groups: ['family'] } }),
    ],
  })
})

afterAll(() => realm.close())

const SEED = 20_261_121
const RUNS = { numRuns: 30, seed: SEED, endOnFailure: true }

const MODELS = ['m1', 'm2', 'fam-a', 'fam-b'] as const
/** Reads, and writes on what is not there: whether one may is told by 401 and 403. */
const PROBES: readonly (readonly [method: string, path: string, body?: object])[] = [
  ['GET', '/v1/models'],
  ['GET', '/key/info'],
  ['GET', '/key/list'],
  ['GET', '/user/info'],
  ['GET', '/user/list'],
  ['GET', '/budget/list'],
  ['GET', '/customer/list'],
  ['GET', '/credentials'],
  ['GET', '/audit'],
  ['GET', '/organization/list'],
  ['GET', `/team/info?team_id=${TEAM.amber}`],
  ['GET', `/team/info?team_id=${TEAM.cobalt}`],
  ['GET', `/organization/info?organization_id=${ORG.cobalt}`],
  ['GET', '/spend/logs'],
  ['POST', '/budget/delete', { id: 'budget-absent' }],
  ['POST', '/customer/delete', { user_ids: ['customer-absent'] }],
  ['POST', '/tag/delete', { name: 'tag-absent' }],
  ['POST', '/key/generate', { duration: 'not a duration' }],
]

const listOf = (entries: readonly string[]) => fc.uniqueArray(fc.constantFrom(...entries), { maxLength: 3 })
const models = listOf([...MODELS, 'fam-*', 'm*', '*', 'family', 'all-proxy-models', 'all-team-models', 'openai/*'])
const routes = listOf([
  'llm_api_routes',
  'info_routes',
  'management_routes',
  '/key/*',
  '/*',
  '/v1/models',
  '/user/list',
])
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

const limits = fc.record({
  models: optional(models),
  allowed_routes: optional(routes),
  max_budget: optional(fc.constantFrom(1, 5, 20)),
  key_type: optional(fc.constantFrom('default', 'llm_api', 'read_only', 'management')),
})

/** Of a key that may make others; with most of the rest, every wish is refused before it is looked at. */
const makerLimits = fc.oneof(
  limits,
  fc.record({
    models: optional(models),
    allowed_routes: optional(routes.map((list) => [...new Set(['/key/*', ...list])])),
    max_budget: optional(fc.constantFrom(5, 20)),
    key_type: optional(fc.constantFrom('default', 'management')),
  }),
)

const only = <T>(name: string, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<Json> =>
  arbitrary.map((value) => ({ [name]: value }))

/** What somebody who wants more would send: little at a time, so that some of it is granted. */
const wishes = fc
  .array(
    fc.oneof(
      only('models', models),
      only('allowed_routes', routes),
      only('key_type', fc.constantFrom('default', 'llm_api', 'read_only', 'management')),
      only('max_budget', fc.constantFrom(null, 0, 1, 5, 1_000_000)),
      only('aliases', fc.constantFrom({ m1: 'm2' }, { 'fam-a': 'm2' }, { x: 'm2' })),
      only('team_id', fc.constantFrom(TEAM.amber, TEAM.cobalt, '', null)),
      only('user_id', fc.constantFrom('pa-proxy', 'u3-cobalt', '', null)),
      only('organization_id', fc.constantFrom(ORG.amber, ORG.cobalt)),
      only('permissions', fc.constant({ get_spend_routes: true })),
      only('metadata', fc.constant({ user_role: 'proxy_admin', models: ['m2'] })),
      only('config', fc.constant({ model_list: [] })),
      only('object_permission', fc.constant({ models: ['m2'] })),
    ),
    { maxLength: 2 },
  )
  .map((parts): Json => Object.assign({}, ...parts))

/** Whoever asks for no more than the own key has is not refused for that, so that the rest of the wish is judged. */
function above(own: Json, isModest: boolean, wish: Json): Json {
  return isModest ? { ...bodyOf(own), ...wish } : wish
}

function bodyOf({ key_type, ...rest }: Json): Json {
  const body = rest['allowed_routes'] === undefined ? { ...rest, key_type } : rest
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
}

const MAKERS = ['pa', 'oa1', 'u1', 'u2', 'u3', 'u4', 'fresh'] as const

interface Rights {
  /** What answers: an alias is another name for it, and no right. */
  readonly models: readonly string[]
  readonly probes: readonly string[]
}

/** A gateway under load lets keys wait that it has not seen before: that says nothing about their rights. */
async function served(call: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await call()
    if (answer.status !== 503) return answer
  }
}

async function rightsOf(caller: Caller): Promise<Rights> {
  const may = async (status: Promise<{ status: number }>): Promise<boolean> => !DEAD.includes((await status).status)
  const callable = await Promise.all(
    MODELS.map(async (model) => {
      const { status, headers } = await served(() => caller.chat(model))
      return status === 200 ? [String(headers['x-litellm-model-id'])] : []
    }),
  )
  const allowed = await Promise.all(
    PROBES.map(async ([method, path, body]) =>
      (await may(served(() => caller.ask({ method, path, ...(body === undefined ? {} : { body }) }))))
        ? [`${method} ${path}`]
        : [],
    ),
  )
  return { models: callable.flat(), probes: allowed.flat() }
}

/** Somebody's key, with limits of its own that an administrator set. */
async function makerWith(name: (typeof MAKERS)[number], own: Json): Promise<Caller> {
  const { master } = realm.cast
  const user_id = name === 'fresh' ? freshName('maker', 'amber') : realm.cast[name].id
  if (name === 'fresh') {
    const body = { user_id, user_role: 'internal_user', auto_create_key: false, models: ['m1', 'fam-a'] }
    good(await master.post('/user/new', body))
  }
  return callerOf(realm.port, (await freshKey(master, { user_id, ...bodyOf(own) })).key)
}

function exceeds(child: Rights, parent: Rights): readonly string[] {
  return [
    ...child.models.filter((model) => !parent.models.includes(model)),
    ...child.probes.filter((probe) => !parent.probes.includes(probe)),
  ]
}

function union(a: Rights, b: Rights): Rights {
  return { models: [...a.models, ...b.models], probes: [...a.probes, ...b.probes] }
}

describe('INV-12, Z-10, Z-14: effective(child) ⊆ effective(parent)', () => {
  test('a key that anybody makes may no more than the key that made it', { timeout: 300_000 }, async () => {
    let made = 0
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...MAKERS),
        makerLimits,
        fc.boolean(),
        wishes,
        async (name, own, isModest, wish) => {
          const maker = await makerWith(name, own)
          const answer = await served(() => maker.post('/key/generate', above(own, isModest, wish)))
          if (answer.status !== 200) return
          made += 1
          const child = callerOf(realm.port, textAt(good(answer), 'key'))

          expect(exceeds(await rightsOf(child), await rightsOf(maker))).toEqual([])
        },
      ),
      { ...RUNS, numRuns: 120 },
    )
    expect(made).toBeGreaterThan(15)
  })

  test(
    'a key that anybody changes may no more than before, or than the one who changed it',
    { timeout: 300_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...MAKERS), limits, limits, wishes, async (name, own, first, wish) => {
          const maker = await makerWith(name, own)
          const child = await makerWith(name === 'fresh' ? 'u2' : name, first)
          const before = await rightsOf(child)

          await served(() => maker.post('/key/update', { ...wish, key: child.hash }))

          expect(exceeds(await rightsOf(child), union(before, await rightsOf(maker)))).toEqual([])
        }),
        RUNS,
      )
    },
  )

  test('and so down the line: a child’s child too, after the parent has shrunk', { timeout: 300_000 }, async () => {
    let made = 0
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('u1', 'u2', 'oa1', 'fresh'),
        makerLimits,
        wishes,
        wishes,
        async (name, own, one, two) => {
          const maker = await makerWith(name, own)
          const first = await served(() => maker.post('/key/generate', above(own, true, one)))
          if (first.status !== 200) return
          const child = callerOf(realm.port, textAt(good(first), 'key'))
          const second = await served(() => child.post('/key/generate', above({ ...own, ...one }, true, two)))
          if (second.status !== 200) return
          made += 1
          const grandchild = callerOf(realm.port, textAt(good(second), 'key'))

          expect(exceeds(await rightsOf(grandchild), await rightsOf(child))).toEqual([])
          expect(exceeds(await rightsOf(grandchild), await rightsOf(maker))).toEqual([])
        },
      ),
      { ...RUNS, numRuns: 80 },
    )
    expect(made).toBeGreaterThan(5)
  })
})
