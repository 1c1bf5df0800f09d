import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPassStand } from './support/stand.ts'
import type { PassStand } from './support/stand.ts'

let stand: PassStand

beforeAll(async () => {
  stand = await openPassStand({
    endpoints: ({ elsewhere }) => [
      { path: '/asks', target: elsewhere, include_subpath: true },
      { path: '/open', target: elsewhere, auth: false, include_subpath: true },
      { path: '/closed', target: elsewhere, auth: false },
    ],
    general: {
      allowed_routes: ['/asks', '/open', '/key/generate'],
      admin_only_routes: ['/open/admin', '/asks/admin'],
    },
    config: { compat: { open_pass_through: true } },
  })
}, 120_000)
afterAll(() => stand.close())

test('what the operator does not serve is served to nobody, asked who they are or not', async () => {
  expect((await stand.call({ path: '/open/x', body: {} })).status).toBe(200)
  expect((await stand.call({ path: '/closed', body: {} })).status).toBe(403)
  expect((await stand.asMaster({ path: '/closed', body: {} })).status).toBe(403)
})

test('what is for administrators is for them', async () => {
  const key = await stand.key()
  expect((await stand.as(key)({ path: '/asks/x', body: {} })).status).toBe(200)
  expect((await stand.as(key)({ path: '/asks/admin/x', body: {} })).status).toBe(403)
  expect((await stand.asMaster({ path: '/asks/admin/x', body: {} })).status).toBe(200)
  expect((await stand.call({ path: '/open/admin', body: {} })).status).toBe(403)
})

test('compat.open_pass_through opens prefixes to all keys, and models stay models', async () => {
  const narrow = stand.as(await stand.key({ models: ['mock-ok'] }))
  expect((await narrow({ path: '/asks', body: { model: 'mock-ok' } })).status).toBe(200)
  expect((await narrow({ path: '/asks', body: { model: 'other' } })).status).toBe(401)
  const routed = stand.as(await stand.key({ allowed_routes: ['/v1/models'] }))
  expect((await routed({ path: '/asks', body: {} })).status).toBe(403)
})
