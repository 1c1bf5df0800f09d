import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { STORES, openDesk, query, unique } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'

interface Reader {
  readonly path: string
  readonly parameters: readonly string[]
}

/** What strangers put where a word, a number or a moment is expected. */
const STRANGE: readonly string[] = [
  '',
  ' ',
  '%',
  '_',
  '\\',
  "'",
  '"',
  "' or '1'='1",
  '{}',
  '[]',
  ',',
  ',,a,,',
  'null',
  'true',
  'NaN',
  'Infinity',
  '1e3',
  '0x10',
  '-1',
  '0',
  '1.5',
  '999999999999999',
  '99999999999999999999999',
  '\0',
  '\u{1f511}\u0301',
  '\u202e',
  'ｉｄ',
  'constructor',
  '__proto__',
  '2026-02-30',
  '0000-00-00',
  '0000-01-01',
  '0001-01-01',
  '9999-12-31',
  '275760-09-14',
  '2026-01-01T00:00:00Z',
  'a'.repeat(3_000),
]
const DATES = { start_date: '2026-01-01', end_date: '2026-01-02' }
const FILLED = ['k 100%', 'k_a', 'K\\b', "k'c", 'kÉ']

describe.each(STORES)('lists on %s', (store) => {
  let desk: Desk
  let readers: readonly Reader[]

  beforeAll(async () => {
    desk = await openDesk({ store })
    for (const name of FILLED) {
      const { id } = await desk.newUser({ user_email: `${name.replaceAll(' ', '')}@example.com`, user_alias: name })
      const team_id = await desk.newTeam({ team_alias: name })
      await desk.newKey({ key_alias: name, user_id: id, team_id: undefined })
      await desk.newKey({ team_id })
    }
    readers = readersOf(await desk.read('/openapi.json'))
  })
  afterAll(() => desk.close())

  function readersOf({ paths }: Answer['json']): readonly Reader[] {
    return Object.entries<Answer['json']>(paths).flatMap(([path, { get }]) => {
      const parameters = (get?.parameters ?? []).filter((each: Answer['json']) => each.in === 'query')
      // A handshake is refused before its query is read.
      return parameters.length === 0 || path.includes('{') || path.endsWith('/realtime')
        ? []
        : [{ path, parameters: parameters.map(({ name }: Answer['json']) => name) }]
    })
  }

  /** Asks with dates where there are any, so that nothing else is amiss. */
  function ask({ path, parameters }: Reader, more: Readonly<Record<string, string | number>>): Promise<Answer> {
    const dates = parameters.includes('start_date') ? DATES : {}
    return desk.get(query(path, { ...dates, ...more }))
  }

  /** A moment is both sides of its range, so that it is looked for and not refused for being beyond the other. */
  function sides(parameter: string, value: string): Readonly<Record<string, string>> {
    return parameter === 'start_date' ? { start_date: value, end_date: value } : { [parameter]: value }
  }

  test('whatever a query says, there is an answer', async () => {
    expect(readers.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['/key/list', '/key/aliases', '/user/list', '/v2/team/list', '/audit', '/spend/logs/v2']),
    )
    const failed: (readonly [string, number])[] = []
    for (const reader of readers) {
      for (const parameter of reader.parameters) {
        for (const value of STRANGE) {
          const { status, text } = await ask(reader, sides(parameter, value))
          if (status >= 500 || !/^[[{"n]/.test(text)) {
            failed.push([`${reader.path}?${parameter}=${encodeURIComponent(value.slice(0, 40))}`, status])
          }
        }
      }
    }
    expect(failed).toEqual([])
  }, 120_000)

  test('whatever a path says, there is an answer', async () => {
    const { paths } = await desk.read('/openapi.json')
    const named = Object.entries<Answer['json']>(paths).flatMap(([path, item]) =>
      path.includes('{') && item.get !== undefined ? [path] : [],
    )
    expect(named.length).toBeGreaterThan(3)
    const failed: (readonly [string, number])[] = []
    for (const path of named) {
      for (const value of STRANGE) {
        const asked = path.replaceAll(/\{[a-z_]+\}/g, encodeURIComponent(value))
        const { status } = await desk.get(asked)
        if (status >= 500) failed.push([asked.slice(0, 80), status])
      }
    }
    expect(failed).toEqual([])
  })

  test('a parameter that occurs twice, and one that is no UTF-8, are refused everywhere', async () => {
    const answers: (readonly [string, number])[] = []
    for (const { path, parameters } of readers) {
      const [name = ''] = parameters
      for (const wrong of [`${name}=a&${name}=b`, `${name}=%ff`, `${name}=%`]) {
        const { status } = await desk.get(`${path}?${wrong}`)
        answers.push([`${path}?${wrong}`, status])
      }
    }
    expect(answers.filter(([, status]) => status !== 400)).toEqual([])
  })

  test('pages begin at one and have a size, and past the last one there is nothing', async () => {
    const paged = readers.filter(({ parameters }) => parameters.includes('page'))
    expect(paged.length).toBeGreaterThan(10)
    const taken: string[] = []
    for (const reader of paged) {
      const size = reader.parameters.find((name) => name === 'size' || name === 'page_size') ?? ''
      for (const [name, value] of [
        ['page', '0'],
        ['page', '-1'],
        ['page', ''],
        [size, '0'],
        [size, '-5'],
        [size, '1000000000'],
      ] as const) {
        const { status } = await ask(reader, { [name]: value })
        if (status !== 422) taken.push(`${reader.path}?${name}=${value}: ${status}`)
      }
      const { status, json } = await ask(reader, { page: 999_999_999_999_999 })
      expect([reader.path, status]).toEqual([reader.path, 200])
      if (reader.path.endsWith('/aggregated')) continue
      const lists = (Array.isArray(json) ? [json] : Object.values(json)).filter((value) => Array.isArray(value))
      expect([reader.path, lists]).toEqual([reader.path, [[]]])
      const first = (await ask(reader, {})).json
      for (const total of ['total', 'total_count', 'total_pages']) {
        expect([reader.path, total, json[total]]).toEqual([reader.path, total, first[total]])
      }
    }
    expect(taken).toEqual([])
  })

  test('what is no column and no order is refused, with those that there are', async () => {
    const sorted = readers.filter(({ parameters }) => parameters.includes('sort_by'))
    expect(sorted.length).toBeGreaterThan(3)
    for (const reader of sorted) {
      for (const column of ['password', 'token; drop table', 'constructor', '1', 'SPEND']) {
        const { status, text } = await ask(reader, { sort_by: column })
        expect([reader.path, column, status, text]).toEqual([
          reader.path,
          column,
          400,
          expect.stringContaining('Invalid sort column. Must be one of: '),
        ])
      }
      for (const order of ['up', 'ASC ', '1']) {
        const { status } = await ask(reader, { sort_order: order })
        expect([reader.path, order, status]).toEqual([reader.path, order, 400])
      }
    }
  })

  test.each(FILLED)('a search for %s finds what has it in its name, and no wildcard is one', async (name) => {
    const { keys } = await desk.read(query('/key/list', { key_alias: name, return_full_object: 'true' }))
    expect(keys.map(({ key_alias }: Answer['json']) => key_alias)).toEqual([name])
    expect((await desk.read(query('/key/aliases', { search: name }))).aliases).toEqual([name])
    const { teams } = await desk.read(query('/v2/team/list', { team_alias: name }))
    expect(teams.map(({ team_alias }: Answer['json']) => team_alias)).toEqual([name])
    const { users } = await desk.read(query('/user/list', { user_email: name.replaceAll(' ', '') }))
    expect(users.map(({ user_alias }: Answer['json']) => user_alias)).toEqual([name])
  })

  test('a text that is empty is no filter', async () => {
    for (const [path, parameter] of [
      ['/key/list', 'key_alias'],
      ['/key/aliases', 'search'],
      ['/user/list', 'user_email'],
      ['/user/list', 'user_ids'],
      ['/v2/team/list', 'team_alias'],
      ['/audit', 'object_id'],
    ] as const) {
      const [empty, absent] = [await desk.get(query(path, { [parameter]: '' })), await desk.get(path)]
      expect([path, parameter, empty.text]).toEqual([path, parameter, absent.text])
    }
  })

  test('a filter that nothing can pass gives nothing, and says so the same way', async () => {
    const nowhere = unique('nowhere')
    for (const [path, parameter] of [
      ['/key/list', 'user_id'],
      ['/key/list', 'team_id'],
      ['/key/list', 'project_id'],
      ['/key/list', 'key_hash'],
      ['/key/aliases', 'team_id'],
      ['/user/list', 'team'],
      ['/user/list', 'role'],
      ['/user/list', 'organization_ids'],
      ['/v2/team/list', 'organization_id'],
      ['/v2/team/list', 'user_id'],
      ['/audit', 'changed_by'],
    ] as const) {
      for (const value of [nowhere, 'ü', '\0', '%']) {
        const { status, json } = await desk.get(query(path, { [parameter]: value }))
        const rows = Object.values(json).find((each) => Array.isArray(each))
        expect([path, parameter, value, status, rows, json.total ?? json.total_count]).toEqual([
          path,
          parameter,
          value,
          200,
          [],
          0,
        ])
      }
    }
  })
})
