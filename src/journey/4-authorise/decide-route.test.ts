import { expect, test } from 'vitest'
import { makeRoute } from '../../../test/support/token-makers.ts'
import { covers, opens } from './decide-route.ts'

test.each([
  ['/key/generate', '/key/generate', true],
  ['/key', '/key/generate', true],
  ['/ke', '/key/generate', false],
  ['/key/*', '/key/generate', true],
  ['/key/*', '/key', false],
  ['/key/{key}/regenerate', '/key/{key}/regenerate', true],
  ['/key/{key_id}/regenerate', '/key/{key}/regenerate', true],
  ['/key/{key_id}*', '/key/{key}/regenerate', true],
  ['/key/{key_id}', '/key/info', false],
  ['/models/{model_id}', '/models/{model}', true],
  ['/models/gpt-5', '/models/{model}', false],
  ['', '/key/info', false],
  ['info_routes', '/key/info', true],
  ['info_routes', '/key/generate', false],
  ['info_routes', '/health', true],
  ['management_routes', '/jwt/key/mapping/new', true],
  ['management_routes', '/v1/chat/completions', false],
  ['internal_user_routes', '/key/generate', true],
  ['internal_user_routes', '/spend/logs', true],
  ['internal_user_routes', '/models/{model}', true],
  ['internal_user_routes', '/team/new', false],
  ['internal_user_view_only_routes', '/global/spend', true],
  ['internal_user_view_only_routes', '/key/generate', false],
  ['self_managed_routes', '/team/member_add', true],
  ['org_admin_only_routes', '/organization/info', true],
  ['org_admin_only_routes', '/organization/new', false],
  ['org_admin_allowed_routes', '/user/new', true],
  ['admin_viewer_routes', '/audit/{id}', true],
  ['ui_routes', '/global/spend', true],
  ['public_routes', '/health/liveliness', true],
  ['public_routes', '/key/info', false],
])('%j covers %s: %s', (entry, path, answer) => {
  expect(covers(entry, path)).toBe(answer)
})

test.each([
  ['info_routes', 'GET', '/health', true],
  ['info_routes', 'POST', '/health', false],
  ['ui_routes', 'POST', '/health', false],
  ['info_routes', 'POST', '/v2/key/info', true],
  ['info_routes', 'POST', '/key/health', true],
  ['/health', 'POST', '/health', true],
  ['org_admin_only_routes', 'DELETE', '/organization/delete', true],
])('%j opens %s %s: %s', (entry, method, path, answer) => {
  expect(opens(entry, makeRoute(path, method))).toBe(answer)
})
