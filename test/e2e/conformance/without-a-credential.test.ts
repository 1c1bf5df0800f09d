import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rowFor } from '../../../src/domain/access-table.ts'
import { openDesk } from '../management/support/desk.ts'
import type { Desk } from '../management/support/desk.ts'

interface Route {
  readonly path: string
  readonly methods: readonly string[]
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

let desk: Desk
let routes: readonly Route[]

beforeAll(async () => {
  desk = await openDesk({ storesModels: true })
  const listed: readonly Route[] = (await desk.read('/routes')).routes
  const paths = [...new Set(listed.map(({ path }) => path))]
  routes = paths.map((path) => ({
    path,
    methods: listed.filter((route) => route.path === path).flatMap(({ methods }) => methods),
  }))
})

afterAll(() => desk.close())

const NOBODIES: readonly (readonly [what: string, headers: Readonly<Record<string, string>>])[] = [
  ['no credential', {}],
  ['an empty one', { authorization: 'Bearer ' }],
  ['one of another scheme', { authorization: 'Digest username="x"' }],
  ['a key that nobody made', { authorization: 'Bearer sk-nobody-made-this-0123456789abcdef' }],
]

/** What asks about a GET is as public as the GET. */
function isPublic(method: string, path: string): boolean {
  return rowFor(method === 'HEAD' || method === 'OPTIONS' ? 'GET' : method, path)?.cells.AN.right === 'P'
}

function answersTo({ methods }: Route, method: string): boolean {
  return methods.includes(method) || (method === 'HEAD' && methods.includes('GET'))
}

describe('AC-069: every route that is served, by every method', () => {
  test.each(NOBODIES)('with %s: 401, and nothing but that', async (_what, headers) => {
    expect(routes.length).toBeGreaterThan(90)
    for (const route of routes) {
      const target = route.path.replaceAll(/\{[a-z_]+\}/g, 'nothing-of-this-name')
      for (const method of METHODS) {
        const body = ['POST', 'PUT', 'PATCH'].includes(method) ? { body: {} } : {}
        const { status, text } = await desk.ask(method, target, { key: '', headers, ...body })
        const what = `${method} ${route.path}: ${status} ${text.slice(0, 120)}`
        if (isPublic(method, route.path)) continue
        if (answersTo(route, method)) expect.soft(status, what).toBe(401)
        else expect.soft([401, 404, 405], what).toContain(status)
      }
    }
  })

  test('what is for everybody is health, the console and what an invitation opens', () => {
    const open = routes.filter(({ path, methods }) => methods.some((method) => isPublic(method, path)))
    expect(new Set(open.map(({ path }) => rowFor('GET', path)?.id ?? rowFor('POST', path)?.id))).toEqual(
      new Set(['liveness', 'onboarding']),
    )
  })
})
