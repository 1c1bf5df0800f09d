import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COLUMNS } from '../../src/domain/access-row.ts'
import type { Column } from '../../src/domain/access-row.ts'
import { ACCESS_TABLE, rowFor } from '../../src/domain/access-table.ts'
import { callerOf, good } from './authority/support/caller.ts'
import type { Caller, Json } from './authority/support/caller.ts'
import type { Cast } from './authority/support/cast.ts'
import { startRealm } from './authority/support/realm.ts'
import type { Realm } from './authority/support/realm.ts'

interface Part {
  readonly name: string
  /** All of the columns that the caller stands in. */
  readonly columns: readonly Column[]
  readonly caller: (cast: Cast) => Caller
}

const PARTS: readonly Part[] = [
  { name: 'master', columns: ['PA'], caller: ({ master }) => master },
  { name: 'PA', columns: ['PA'], caller: ({ pa }) => pa },
  { name: 'PAV', columns: ['PAV'], caller: ({ pav }) => pav },
  { name: 'OA', columns: ['IU', 'OA'], caller: ({ oa1 }) => oa1 },
  { name: 'TA', columns: ['IU', 'TA'], caller: ({ u1 }) => u1 },
  { name: 'IU', columns: ['IU'], caller: ({ u2 }) => u2 },
  { name: 'IUV', columns: ['IUV'], caller: ({ v1 }) => v1 },
  { name: 'KN', columns: ['KN'], caller: ({ ks1 }) => ks1 },
]

/** What is said when the role does not have the route at all, whatever the object. */
const ROLE_REFUSED =
  /Only proxy admin can be used to|user not allowed to access this route|Viewers look at things|Only proxy admins and organization admins can list users\.|Only proxy admins can (?:\w+ JWT key mapping|revoke tokens|\w+ (?:back )?revocations of tokens)/
const ROUTE_UNKNOWN = /there is no \w+ route of this name|Method Not Allowed/

interface Served {
  readonly method: string
  readonly path: string
}

let realm: Realm
let served: readonly Served[]

beforeAll(async () => {
  realm = await startRealm({
    config: { general_settings: { store_model_in_db: true, provider_egress_allow: ['127.0.0.1:*', 'localhost:*'] } },
  })
  const { routes } = good(await realm.cast.master.get('/routes'))
  served = (Array.isArray(routes) ? routes : []).flatMap((route: Json) =>
    (Array.isArray(route['methods']) ? route['methods'] : []).map((method) => ({
      method: String(method),
      path: String(route['path']),
    })),
  )
})

afterAll(() => realm.close())

function mayCall({ method, path }: Served, columns: readonly Column[]): boolean {
  const row = rowFor(method, path)
  if (row === undefined) throw new Error(`${method} ${path} has no row`)
  return [...columns, 'AN' as const].some((column) => row.cells[column].right !== '-')
}

async function call({ method, path }: Served, caller: Caller) {
  const target = path.replaceAll('{model}', 'm1').replaceAll(/\{[a-z_]+\}/g, 'nothing-of-this-name')
  return caller.ask({ method, path: target, ...(method === 'GET' || method === 'DELETE' ? {} : { body: {} }) })
}

/** Changes that were made, and not those that were refused. */
async function changes(): Promise<number> {
  const outcomes: unknown[] = []
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const answer = good(await realm.cast.master.get(`/audit?page_size=100&page=${page}`))
    pages = Number(answer['total_pages'])
    for (const record of Array.isArray(answer['audit_logs']) ? answer['audit_logs'] : []) outcomes.push(record.outcome)
  }
  return outcomes.filter((outcome) => outcome === 'done').length
}

describe('Z-01, INV-11: the table and the router', () => {
  test('every route that is served has a row, and is reached', async () => {
    expect(served.length).toBeGreaterThan(100)
    for (const route of served) {
      expect.soft(rowFor(route.method, route.path), `${route.method} ${route.path}`).toBeDefined()
      const { status, text } = await call(route, callerOf(realm.port, ''))
      expect.soft(text, `${route.method} ${route.path}: ${status}`).not.toMatch(ROUTE_UNKNOWN)
    }
  })

  test('the description of the API has the same routes', async () => {
    const { paths } = good(await realm.cast.master.get('/openapi.json'))
    const described = Object.entries(Object(paths)).flatMap(([path, item]) =>
      Object.keys(Object(item)).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(described.toSorted()).toEqual(served.map(({ method, path }) => `${method} ${path}`).toSorted())
  })
})

describe('AC-070: every route that is served, for every role', () => {
  test.each(PARTS)('$name is refused where its columns have no right, and nothing changes', async (part) => {
    const caller = part.caller(realm.cast)
    const before = await changes()
    for (const route of served.filter((each) => !mayCall(each, part.columns))) {
      const { status, text } = await call(route, caller)
      expect.soft([401, 403], `${route.method} ${route.path}: ${status} ${text.slice(0, 200)}`).toContain(status)
      expect.soft(text, `${route.method} ${route.path}`).toMatch(ROLE_REFUSED)
    }
    expect(await changes()).toBe(before)
  })

  test.each(PARTS)('$name is not refused for its role where one of its columns has a right', async (part) => {
    const caller = part.caller(realm.cast)
    for (const route of served.filter((each) => mayCall(each, part.columns))) {
      const { status, text } = await call(route, caller)
      expect.soft(text, `${route.method} ${route.path}: ${status}`).not.toMatch(ROLE_REFUSED)
      expect.soft(status, `${route.method} ${route.path}: ${text.slice(0, 200)}`).toBeLessThan(500)
    }
  })

  test('nobody calls anything without a credential but what is for everybody', async () => {
    for (const route of served) {
      const { status } = await call(route, callerOf(realm.port, ''))
      if (mayCall(route, [])) expect.soft(status, `${route.method} ${route.path}`).not.toBe(401)
      else expect.soft(status, `${route.method} ${route.path}`).toBe(401)
    }
  })

  test('A-01: what a role may not write is on record, as refused', async () => {
    const { u3, master } = realm.cast
    const id = 'team-that-is-not'
    expect((await u3.post('/team/delete', { team_ids: [id] })).status).toBe(401)
    expect((await u3.post('/team/delete', { team_ids: [id] })).status).toBe(401)
    const { audit_logs } = good(await master.get(`/audit?object_id=${id}`))
    expect(audit_logs).toMatchObject([
      { action: 'deleted', outcome: 'refused', reason: 'authz_role', actor: u3.id, route: '/team/delete' },
    ])
  })

  test('all columns of callers that exist today are played', () => {
    const played = new Set(PARTS.flatMap(({ columns }) => columns))
    expect(COLUMNS.filter((column) => !played.has(column))).toEqual(['JT', 'JU', 'AN'])
    expect(ACCESS_TABLE.length).toBeGreaterThan(80)
  })
})
