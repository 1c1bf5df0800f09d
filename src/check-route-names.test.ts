import { expect, test } from 'vitest'
import { loadYaml } from '../test/support/load-yaml.ts'
import { checkRouteNames } from './check-route-names.ts'

function check(auth: string, general = '') {
  const issuers = 'issuers: [{ issuer: "https://idp.example.com", audience: a }]'
  const text = `general_settings: { enable_jwt_auth: true, litellm_jwtauth: { ${issuers}, ${auth} }${general} }`
  return checkRouteNames(loadYaml(text).routeNames)
}

test('groups that have routes, and paths, are fine', () => {
  expect(check('team_allowed_routes: [openai_routes, /v1/messages, /v1/*]')).toEqual([])
})

test.each([
  ['admin_allowed_routes: [managment_routes]', '', 'litellm_jwtauth.admin_allowed_routes[0]', 'management_routes'],
  ['team_allowed_routes: [info_routes, openai_route]', '', 'litellm_jwtauth.team_allowed_routes[1]', 'openai_routes'],
  [
    'scope_mappings: [{scope: a, routes: [inof_routes]}]',
    '',
    'litellm_jwtauth.scope_mappings[0].routes[0]',
    'info_routes',
  ],
  ['', ', role_permissions: [{role: team, routes: [llm_routes]}]', 'role_permissions[0].routes[0]', 'llm_api_routes'],
])('a group that there is none of is an error with its place: %s %s', (auth, general, key, meant) => {
  const [finding, ...others] = check(auth, general)
  expect(others).toEqual([])
  expect(finding).toMatchObject({ severity: 'error', key: `general_settings.${key}`, line: 1 })
  expect(finding?.suggestion).toContain(meant)
})

test('a group that is known elsewhere and empty here is a note', () => {
  expect(check('team_allowed_routes: [mcp_routes]')).toMatchObject([{ severity: 'note' }])
})

test('what may be a secret in the wrong place is not repeated', () => {
  const [finding] = check(`team_allowed_routes: [${'q'.repeat(60)}]`)
  expect(JSON.stringify(finding)).not.toContain('qqqq')
})
