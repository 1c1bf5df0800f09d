import { expect, test } from 'vitest'
import { loadYaml } from '../../test/support/load-yaml.ts'
import { checkRouteNames } from './check-route-names.ts'

function check(auth: string, general = '') {
  const issuers = 'issuers: [{ issuer: "https://idp.example.com", audience: a }]'
  const text = `general_settings: { enable_jwt_auth: true, litellm_jwtauth: { ${issuers}, ${auth} }${general} }`
  return checkRouteNames(loadYaml(text))
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

function checkGeneral(general: object) {
  return checkRouteNames(loadYaml(JSON.stringify({ general_settings: general })))
}

const ENDPOINTS = [
  { path: '/bria', target: 'https://x.example', include_subpath: true },
  { path: '/one/path', target: 'https://x.example' },
]

test.each([
  ['a path', '/key/generate'],
  ['one of its names', '/v1/chat/completions'],
  ['a path above', '/key'],
  ['a prefix', '/key/*'],
  ['a prefix without its slash', '/v1*'],
  ['everything', '/*'],
  ['a parameter by our name', '/key/{key}/regenerate'],
  ['a parameter by another name', '/key/{key_id}/regenerate'],
  ['a path of a model', '/openai/deployments/{model}/chat/completions'],
  ['a group', 'llm_api_routes'],
  ['a prefix of a provider', '/anthropic/*'],
  ['a path of a provider', '/anthropic/v1/complete'],
  ['an endpoint of the operator', '/bria'],
  ['a path below one', '/bria/v1/pictures'],
  ['all paths below one', '/bria/*'],
  ['an endpoint without paths below it', '/one/path'],
  ['a route that is not served yet', '/v1/batches/{batch_id}'],
  ['a family that is not served yet', '/scim/v2/*'],
  ['one of a family', '/get/sso_settings'],
])('%s is fine in every list', (_, entry) => {
  const lists = { admin_only_routes: [entry], allowed_routes: [entry] }
  const found = checkGeneral({ pass_through_endpoints: ENDPOINTS, ...lists })
  expect(found.filter(({ message }) => !message.includes('stays open'))).toEqual([])
})

test.each([
  ['/key/generat', '/key/generate'],
  ['/chat/completion', '/chat/completions'],
  ['/v1/images/generation', '/v1/images/generations'],
  ['/Key/Generate', '/key/generate'],
  ['/key/generate/', '/key/generate'],
  ['/key/abc/regenerate', '/key/{key}/regenerate'],
  ['/models/gpt-5', '/models/{model}'],
  ['/openai/deployments/{model}/chat/completion', '/openai/deployments/{model}/chat/completions'],
  ['/kye/generate*', '/key/generate'],
  ['/one/path/below', ''],
  ['/nowhere', ''],
])('%s is no route: admin_only_routes would protect nothing, and the gateway does not start', (entry, meant) => {
  const [kept, ...others] = checkGeneral({ pass_through_endpoints: ENDPOINTS, admin_only_routes: ['/user/new', entry] })
  expect(others).toEqual([])
  expect(kept).toMatchObject({ severity: 'error', key: 'general_settings.admin_only_routes[1]', file: 'config.yaml' })
  expect(kept?.line).toBeDefined()
  expect(kept?.suggestion).toContain(meant)
  const [opened] = checkGeneral({ pass_through_endpoints: ENDPOINTS, allowed_routes: [entry] })
  expect(opened).toMatchObject({ severity: 'warning', key: 'general_settings.allowed_routes[0]' })
})

test('misspelt paths are told in the lists of tokens too', () => {
  expect(check('team_allowed_routes: [/v1/chat/completion]')).toMatchObject([
    { severity: 'warning', suggestion: expect.stringContaining('Did you mean /v1/chat/completions?') },
  ])
})

test('a group without routes protects nothing', () => {
  expect(checkGeneral({ admin_only_routes: ['agent_routes'] })).toMatchObject([{ severity: 'error' }])
})

test('what is open to everybody stays so', () => {
  expect(checkGeneral({ admin_only_routes: ['/health/liveness'] })).toMatchObject([{ severity: 'warning' }])
  expect(checkGeneral({ admin_only_routes: ['/health*'], allowed_routes: ['/health/liveness'] })).toEqual([])
})

test.each([
  [['/model/info'], ['The same is called at /v1/model/info as well, which stays open.']],
  [['/v1/models'], ['The same is called at /models as well, which stays open.']],
  [['/model/info', '/v1/model/info'], []],
  [['/model/info', '/v1/model/*'], []],
  [['/v1/*'], ['The same is called at /chat/completions as well, which stays open.']],
  [['/model/info', 'management_routes'], []],
  [['/key/generate', '/*'], []],
])('%j: a route of two names is kept by both', (entries, said) => {
  const found = checkGeneral({ admin_only_routes: entries })
  expect(found.map(({ message }) => message)).toEqual(said)
  expect(checkGeneral({ allowed_routes: entries })).toEqual([])
})
