import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ROUTE_GROUPS } from '../journey/4-authorise/route-groups.ts'
import { ACCESS_TABLE } from './access-table.ts'
import { commonRoutes, coversRoute, decideModelsWithin, decideRoutesWithin, isUnrestricted } from './effective.ts'
import { matchesWildcard } from './wildcard.ts'

const GROUPS = new Map([
  ['beta', ['gpt-4o', 'claude']],
  ['wide', ['openai/*']],
  ['empty', []],
])
const models = (child: readonly string[], ...ceilings: readonly (readonly string[])[]) =>
  decideModelsWithin(child, ceilings, GROUPS)

describe('INV-12: a list of models stays within its ceilings', () => {
  test.each([
    [['gpt-4o'], ['gpt-4o', 'claude']],
    [['openai/gpt-4o'], ['openai/*']],
    [['openai/gpt-*'], ['openai/*']],
    [['openai/*'], ['*']],
    [['*'], ['all-proxy-models']],
    [['all-proxy-models'], []],
    [['all-team-models'], ['gpt-4o']],
    [['no-default-models'], ['gpt-4o']],
    [[], ['gpt-4o']],
    [['claude'], ['beta']],
    [['beta'], ['gpt-4o', 'claude', 'mistral']],
    [['beta'], ['beta']],
    [['empty'], ['empty']],
    [['openai/o1'], ['wide']],
    [['wide'], ['openai/*']],
    [['a*b*c'], ['a*c']],
    [['gpt-4o'], ['all-team-models']],
  ])('%j is within %j', (child, ceiling) => {
    expect(models(child, ceiling)).toBeUndefined()
  })

  test.each([
    [['gpt-4o', 'mistral'], ['gpt-4o'], 'mistral'],
    [['openai/*'], ['openai/gpt-*'], 'openai/*'],
    [['openai/*'], ['openai/gpt-4o', 'openai/o1'], 'openai/*'],
    [['gpt-4o', '*'], ['gpt-4o'], '*'],
    [['all-proxy-models'], ['openai/*'], 'all-proxy-models'],
    [['gpt-4o'], ['no-default-models'], 'gpt-4o'],
    [['gpt-4o'], ['no-default-models', 'gpt-4o'], 'gpt-4o'],
    [['beta'], ['gpt-4o'], 'beta'],
    [['empty'], ['gpt-4o'], 'empty'],
    [['a*c'], ['a*b*c'], 'a*c'],
  ])('%j goes beyond %j with %s', (child, ceiling, beyond) => {
    expect(models(child, ceiling)).toBe(beyond)
  })

  test('each ceiling counts', () => {
    expect(models(['gpt-4o'], ['gpt-4o', 'claude'], [], ['gpt-4o'])).toBeUndefined()
    expect(models(['claude'], ['gpt-4o', 'claude'], [], ['gpt-4o'])).toBe('claude')
  })

  test('a group whose name reads as a pattern is both', () => {
    const trap = new Map([['openai/*', ['gpt-4o']]])
    expect(decideModelsWithin(['openai/*'], [['gpt-4o']], trap)).toBe('openai/*')
    expect(decideModelsWithin(['openai/*'], [['gpt-4o', 'open*']], trap)).toBeUndefined()
    expect(decideModelsWithin(['openai/*'], [['open*']], trap)).toBe('openai/*')
  })

  test.each([[[]], [['*']], [['gpt-4o', 'all-proxy-models']], [['all-team-models']]])('%j leaves all open', (list) => {
    expect(isUnrestricted(list)).toBe(true)
  })

  test.each([[['gpt-4o']], [['openai/*']], [['no-default-models']], [['no-default-models', '*']]])(
    '%j restricts',
    (list) => {
      expect(isUnrestricted(list)).toBe(false)
    },
  )

  /** Every text of up to five characters; `~` is in no pattern. */
  const universe = (function* grow(length: number): Generator<string> {
    if (length === 0) return yield ''
    for (const start of grow(length - 1)) for (const end of ['', 'a', 'b', '~']) yield start + end
  })(5)
  const NAMES = [...new Set(universe), 'g', 'h']
  const pieces = fc.constantFrom('a', 'b', 'ab', '*', 'a*', '*b', 'a*b', '*a*', 'b*b')
  const someGroups = fc.dictionary(fc.constantFrom('g', 'h'), fc.array(pieces, { minLength: 1, maxLength: 3 }), {
    noNullPrototype: true,
  })
  const lists = fc.array(fc.oneof(pieces, fc.constantFrom('g', 'h', 'all-proxy-models', 'no-default-models')), {
    maxLength: 3,
  })
  /** What the list grants, said in the plainest way. */
  const grants = (list: readonly string[], groups: ReadonlyMap<string, readonly string[]>, name: string): boolean =>
    !list.includes('no-default-models') &&
    (list.length === 0 ||
      list.some((entry) => {
        const members = groups.get(entry) ?? [entry]
        return members.some((member) => member === 'all-proxy-models' || matchesWildcard(member, name))
      }))

  test('agrees with asking for every model name', () => {
    fc.assert(
      fc.property(lists, fc.array(lists, { maxLength: 2 }), someGroups, (child, ceilings, named) => {
        const groups = new Map(Object.entries(named))
        const beyond = child.find(
          (entry) =>
            entry !== 'no-default-models' &&
            NAMES.some(
              (name) => grants([entry], groups, name) && !ceilings.every((each) => grants(each, groups, name)),
            ),
        )
        expect(decideModelsWithin(child, ceilings, groups)).toBe(beyond)
      }),
      { numRuns: 500 },
    )
  })
})

describe('INV-12: allowed routes stay within their ceilings', () => {
  const routes = (child: readonly string[], ...ceilings: readonly (readonly string[])[]) =>
    decideRoutesWithin(child, ceilings, ROUTE_GROUPS)

  test.each([
    [['/key/info'], ['info_routes']],
    [['/key/info'], ['/key']],
    [['/key/*'], ['/key']],
    [['/key/info*'], ['/key/*']],
    [['info_routes'], ['info_routes', '/x']],
    [['openai_routes'], ['llm_api_routes']],
    [['key_management_routes'], ['management_routes']],
    [['/v1/chat/completions'], ['llm_api_routes']],
    [['/v1/models'], ['llm_api_routes']],
    [['/*'], ['/*']],
    [['anything'], []],
    [[], ['/key/info']],
  ])('%j is within %j', (child, ceiling) => {
    expect(routes(child, ceiling)).toBeUndefined()
  })

  test.each([
    [['/key/info', '/key/generate'], ['info_routes'], '/key/generate'],
    [['/key'], ['info_routes'], '/key'],
    [['/key/*'], ['key_management_routes'], '/key/*'],
    [['/*'], ['llm_api_routes'], '/*'],
    [['*'], ['/*'], '*'],
    [['/key*'], ['/key/*'], '/key*'],
    [['/spend/logs'], ['spend_tracking_routes'], '/spend/logs'],
    [['management_routes'], ['key_management_routes'], 'management_routes'],
    [['anthropic_routes'], ['llm_api_routes'], 'anthropic_routes'],
    [['/key/info'], [''], '/key/info'],
  ])('%j goes beyond %j with %s', (child, ceiling, beyond) => {
    expect(routes(child, ceiling)).toBe(beyond)
  })

  const entries = fc.constantFrom('g', 'h', '/a', '/a/*', '/a*', '/a/b', '/b', '/*', '*', '/ab*', '/a/b/*')
  const groups = new Map([
    ['g', ['/a', '/b']],
    ['h', ['/a/b']],
  ])
  const PATHS = [
    '',
    '/',
    '/a',
    '/b',
    '/~',
    '/ab',
    '/a~',
    '/a/',
    '/a/b',
    '/a/~',
    '/a/b/',
    '/a/b/~',
    '/a/b~',
    '/ab~',
    '/b/~',
    '~',
  ]

  test('what is within grants no route that the ceiling refuses', () => {
    const someEntries = fc.array(entries, { minLength: 1, maxLength: 3 })
    const isExact = (entry: string) => !entry.endsWith('*') && !groups.has(entry)
    fc.assert(
      fc.property(someEntries, someEntries, (child, ceiling) => {
        const beyond = child.find((entry) =>
          PATHS.some((path) => {
            // Below a path there are the routes that exist, and none of these does.
            if (isExact(entry) && path !== entry) return false
            return coversRoute(entry, path, groups) && !ceiling.some((each) => coversRoute(each, path, groups))
          }),
        )
        expect(decideRoutesWithin(child, [ceiling], groups)).toBe(beyond)
      }),
    )
  })

  test.each([
    [
      ['/key/generate', '/v1/chat/completions'],
      ['openai_routes', '/key/generate'],
      ['/key/generate', '/v1/chat/completions'],
    ],
    [['openai_routes'], ['llm_api_routes'], ['openai_routes']],
    [['management_routes'], ['/key/*'], ['/key/generate', '/key/delete']],
    [['/key/*'], ['/key/info*'], ['/key/info*']],
    [['/key/info'], ['/user/info'], []],
    [[], ['/user/info'], []],
  ])('%j and %j have in common what both open', (one, other, some) => {
    const common = commonRoutes(one, other, ROUTE_GROUPS)
    expect(common).toEqual(expect.arrayContaining(some))
    if (some.length === 0) expect(common).toEqual([])
    expect([routes(common, one), routes(common, other)]).toEqual([undefined, undefined])
  })

  test('what two lists have in common opens nothing that one of them does not', () => {
    const someEntries = fc.array(fc.constantFrom(...ENTRIES), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(someEntries, someEntries, fc.constantFrom(...PATHS_THERE_ARE), (one, other, path) => {
        const opens = (list: readonly string[]) => list.some((entry) => coversRoute(entry, path, ROUTE_GROUPS))
        if (opens(commonRoutes(one, other, ROUTE_GROUPS))) expect([opens(one), opens(other)]).toEqual([true, true])
      }),
    )
  })
})

const ENTRIES = [
  ...ROUTE_GROUPS.keys(),
  '/key',
  '/key/*',
  '/key/info*',
  '/v1/*',
  '/models',
  '/*',
  '/user/info',
  '/v1/models',
]
const PATHS_THERE_ARE = [...new Set(ACCESS_TABLE.flatMap(({ routes }) => routes.map(({ path }) => path)))]
