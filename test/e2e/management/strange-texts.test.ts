import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Desk } from './support/desk.ts'
import { openDesk } from './support/desk.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk({ storesModels: true })
})

afterAll(() => desk.close())

const NUL = 'a\u0000b'

test.each([
  ['/tag/info', { names: [NUL] }],
  ['/tag/update', { name: NUL }],
  ['/tag/delete', { name: NUL }],
  ['/model/delete', { id: NUL }],
  ['/invitation/update', { invitation_id: NUL, is_accepted: true }],
  ['/invitation/delete', { invitation_id: NUL }],
  ['/credentials', { credential_name: 'x', model_id: NUL }],
  ['/jwt/key/mapping/delete', { id: NUL }],
  ['/jwt/revocation/delete', { id: NUL }],
] as const)('INV-25: POST %s with a text that nothing can be called is no fault', async (path, body) => {
  expect([400, 404, 422]).toContain((await desk.post(path, body)).status)
})

test.each([
  '/user/list?role=',
  '/user/list?user_ids=',
  '/user/list?user_email=',
  '/user/list?sso_user_ids=',
  '/user/filter/ui?user_id=',
  '/invitation/info?invitation_id=',
  '/v2/team/list?team_alias=',
  '/team/filter/ui?team_id=',
  '/team/filter/ui?team_alias=',
  '/tag/summary?tags=',
  '/organization/list?org_alias=',
  '/jwt/key/mapping/info?id=',
])('INV-25: nor is GET %s', async (path) => {
  expect([200, 400, 404, 422]).toContain((await desk.get(`${path}${encodeURIComponent(NUL)}`)).status)
})

test('INV-25: nor is a time beyond all calendars', async () => {
  const query = 'start_date=2026-01-01+00:00:00&end_date=9999-12-31+23:59:59'
  expect([200, 400]).toContain((await desk.get(`/spend/logs/v2?${query}`)).status)
  expect([200, 400]).toContain((await desk.get('/spend/logs/v2?start_date=2026-01-01&end_date=9999-12-31')).status)
})
