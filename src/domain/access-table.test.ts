import { describe, expect, test } from 'vitest'
import { ROUTE_GROUPS } from '../journey/4-authorise/route-groups.ts'
import { COLUMNS, row } from './access-row.ts'
import type { Column } from './access-row.ts'
import { ACCESS_TABLE, rowFor } from './access-table.ts'

const GROUPS_OF_THE_MATRIX = 86

const repeated = (names: readonly string[]) => names.filter((name, at) => names.indexOf(name) !== at)
const columnsWith = (right: string) =>
  ACCESS_TABLE.map(({ id, cells }) => ({ id, columns: COLUMNS.filter((column) => cells[column].right === right) }))

describe('the access table', () => {
  test('has each group of the matrix, and no route or id twice', () => {
    const numbers = new Set(ACCESS_TABLE.map(({ number }) => number).filter((number) => number !== undefined))
    expect([...numbers].toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: GROUPS_OF_THE_MATRIX }, (_, at) => at + 1),
    )
    expect(repeated(ACCESS_TABLE.map(({ id }) => id))).toEqual([])
    expect(repeated(ACCESS_TABLE.flatMap(({ routes }) => routes.map(({ verb, path }) => `${verb} ${path}`)))).toEqual(
      [],
    )
  })

  test.each(ACCESS_TABLE)('$id is written as a route table writes it', ({ id, routes }) => {
    expect(id).toMatch(/^[a-z]+(?:-[a-z]+)*$/)
    for (const { verb, path } of routes) {
      expect(verb).toMatch(/^(?:ANY|GET|HEAD|POST|PUT|PATCH|DELETE)$/)
      expect(path).toMatch(/^\/(?:[a-z0-9._*-]+|\{[a-z_]+\}\*?)?(?:\/(?:[a-z0-9._*-]+|\{[a-z_]+\}\*?))*\/?$/)
    }
  })

  test.each([...ROUTE_GROUPS.values()].flat())('%s, which keys can be narrowed to, has a row', (path) => {
    const isFamily =
      path.endsWith('/*') && ACCESS_TABLE.some(({ routes }) => routes.some((route) => route.path === path))
    expect(isFamily || ['GET', 'POST', 'PATCH', 'DELETE'].some((method) => rowFor(method, path) !== undefined)).toBe(
      true,
    )
  })

  test('finds a row by method and path as the router has them, and never by a family', () => {
    expect(rowFor('POST', '/key/{key}/regenerate')?.id).toBe('key-rotate')
    expect(rowFor('POST', '/v1/chat/completions')?.id).toBe('inference')
    expect(rowFor('POST', '/chat/completions')?.id).toBe('inference')
    expect(rowFor('GET', '/organization/info')).toBe(rowFor('POST', '/organization/info'))
    expect(rowFor('GET', '/team/{team_id}/callback')?.writes).toBe(false)
    expect(rowFor('POST', '/team/{team_id}/callback')?.writes).toBe(true)
    expect(rowFor('GET', '/key/generate')).toBeUndefined()
    expect(rowFor('GET', '/ui/*')).toBeUndefined()
    expect(rowFor('GET', '/ui/anything')).toBeUndefined()
    expect(rowFor('POST', '/key/generate/')).toBeUndefined()
  })

  test('viewers have no cell in a row that writes, beside what is for everybody', () => {
    const viewers: readonly Column[] = ['PAV', 'IUV']
    for (const { id, writes, cells } of ACCESS_TABLE) {
      if (!writes) continue
      for (const column of viewers) expect({ id, right: cells[column].right }).toEqual({ id, right: oneOf('-', 'P') })
    }
  })

  test('INV-12: any object is for administrators, but for lists that are the same for everybody', () => {
    for (const { id, columns } of columnsWith('A')) {
      if (['role-catalogue', 'team-joinable', 'api-description'].includes(id)) continue
      expect({ id, columns }).toEqual({ id, columns: columns.length === 0 ? [] : ['PA'] })
    }
    for (const { columns } of columnsWith('V')) expect(columns.length === 0 ? ['PAV'] : columns).toEqual(['PAV'])
  })

  test('an anonymous caller has what is for everybody and nothing else', () => {
    for (const { id, cells } of ACCESS_TABLE)
      expect({ id, right: cells.AN.right }).toEqual({ id, right: oneOf('-', 'P') })
  })

  test('organisations and teams in full are for those who administer them', () => {
    for (const { columns } of columnsWith('O')) expect(columns.filter((column) => column !== 'OA')).toEqual([])
    for (const { id, columns } of columnsWith('T')) {
      const reads = ACCESS_TABLE.find((row) => row.id === id)?.writes === false
      expect({ id, columns: reads ? [] : columns.filter((column) => column !== 'TA') }).toEqual({ id, columns: [] })
    }
  })

  test('a slip of the pen stops the start', () => {
    const ten = 'A - - - - - - - - -'
    expect(row(1, 'x', 'reads', ['GET /x'], ten).routes).toEqual([{ verb: 'GET', path: '/x' }])
    expect(() => row(1, 'x', 'reads', ['GET /x'], `${ten} -`)).toThrow('11 cells')
    expect(() => row(1, 'x', 'reads', ['GET /x'], ten.slice(2))).toThrow('9 cells')
    expect(() => row(1, 'x', 'reads', ['GET /x'], ten.replace('A', 'X'))).toThrow('cell X')
    expect(() => row(1, 'x', 'reads', ['GET /x'], ten.replace('A', ''))).toThrow('a cell')
  })
})

function oneOf(...rights: readonly string[]): string {
  return expect.toSatisfy((right: string) => rights.includes(right)) as string
}
