import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NOT_FOR_YOU, NO_ROLE } from './support/caller.ts'
import type { Tenant } from './support/cast.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'
import type { Row } from './support/rows.ts'
import { ALL_ROWS, COLUMNS, MODEL_ROWS, callerIn } from './support/rows.ts'
import { stateOf } from './support/state.ts'

let realm: Realm

beforeAll(async () => {
  realm = await startRealm({
    config: { general_settings: { store_model_in_db: true, provider_egress_allow: ['127.0.0.1:*', 'localhost:*'] } },
  })
})

afterAll(() => realm.close())

const TENANTS: readonly Tenant[] = ['amber', 'cobalt']
const ROWS = [...ALL_ROWS, ...MODEL_ROWS]

describe('AC-070, Z-01: every cell of the role × endpoint matrix, on an own and on a foreign object', () => {
  test.each(ROWS)('$name: who may not is refused, and nothing changes', async (row) => {
    const { cast } = realm
    const asks = await Promise.all(TENANTS.map((tenant) => row.ask(cast, tenant)))
    const before = await stateOf(cast.master)

    for (const [at, tenant] of TENANTS.entries()) {
      const ask = asks[at]
      if (ask === undefined) continue
      for (const column of COLUMNS) {
        if (!isDenied(row, tenant, column)) continue
        const { status, text } = await callerIn(cast, column).ask(ask)
        expect.soft(NOT_FOR_YOU, `${column} on ${tenant}: ${status} ${text.slice(0, 200)}`).toContain(status)
      }
    }
    expect(await stateOf(cast.master)).toBe(before)
  })

  test.each(ROWS)('$name: who may is served', async (row) => {
    const { cast } = realm
    for (const tenant of TENANTS) {
      for (const column of tenant === 'amber' ? row.own : row.foreign) {
        const { status, text } = await callerIn(cast, column).ask(await row.ask(cast, tenant))
        expect.soft(status, `${column} on ${tenant}: ${text.slice(0, 300)}`).toBe(200)
      }
    }
  })

  test.each(ROWS)('$name: nobody without a credential', async (row) => {
    const { cast } = realm
    const ask = await row.ask(cast, 'amber')
    for (const headers of [{ authorization: '' }, { authorization: 'Bearer sk-unknown-0123456789abcdef' }]) {
      expect((await cast.master.ask({ ...ask, headers })).status).toBe(401)
    }
  })
})

function isDenied(row: Row, tenant: Tenant, column: (typeof COLUMNS)[number]): boolean {
  const allowed = tenant === 'amber' ? row.own : row.foreign
  return !allowed.includes(column) && row.open?.includes(column) !== true
}

describe('groups of security.md 6.2 that are an administrator’s alone', () => {
  const ADMIN_ONLY: readonly (readonly [method: string, path: string])[] = [
    ['GET', '/metrics'],
    ['GET', '/global/spend'],
    ['GET', '/global/spend/keys'],
    ['GET', '/global/spend/teams'],
    ['GET', '/global/activity'],
    ['POST', '/global/spend/reset'],
    ['GET', '/config/yaml'],
    ['GET', '/config/list'],
    ['GET', '/get/config/callbacks'],
    ['POST', '/config/update'],
    ['POST', '/config/field/update'],
    ['POST', '/cache/flushall'],
    ['GET', '/settings'],
    ['GET', '/callbacks/list'],
    ['GET', '/debug/asyncio-tasks'],
    ['GET', '/memory-usage-in-mem-cache'],
    ['POST', '/jwt/key/mapping/new'],
    ['GET', '/jwt/key/mapping/list'],
    ['GET', '/scim/v2/Users'],
    ['POST', '/policies/attachments'],
    ['POST', '/guardrails'],
    ['POST', '/prompts'],
    ['POST', '/v1/mcp/server'],
    ['GET', '/get/sso_settings'],
    ['POST', '/utils/transform_request'],
  ]
  test.each(ADMIN_ONLY)('%s %s', async (method, path) => {
    for (const column of ['OA', 'TA', 'IU', 'IUV', 'KN'] as const) {
      const ask = { method, path, ...(method === 'GET' ? {} : { body: {} }) }
      const { status } = await callerIn(realm.cast, column).ask(ask)
      expect.soft([...NO_ROLE, 404, 405], column).toContain(status)
    }
  })
})
