import { describe, expect, test } from 'vitest'
import { ISSUER, errorsOf, loadTokens, tokensOf, warningsOf } from '../../../test/support/load-tokens.ts'
import type { Members } from '../../../test/support/load-tokens.ts'
import { told } from '../../../test/support/load-yaml.ts'

const ROLES = { roles_jwt_field: 'roles' }
const MAPPED = { team_ids_jwt_field: 'groups', sync_user_role_and_teams: true, ...ROLES }

test('what holds when nothing is said', () => {
  expect(tokensOf({}).policy).toEqual({
    adminScope: 'litellm_proxy_admin',
    adminRoutes: ['management_routes', 'spend_tracking_routes', 'global_spend_tracking_routes', 'info_routes'],
    exemptsStoredAdmins: false,
    emailDomain: undefined,
    createsUsers: false,
    allowedRoles: undefined,
    defaultTeam: undefined,
    createsTeams: false,
    teamRoutes: ['openai_routes', 'info_routes', 'mcp_routes', '/v1/messages', '/v1/messages/count_tokens'],
    writesMemberships: false,
    needsTeam: false,
    claimedTeamsAreAdvice: false,
    fallsBackToStoredTeams: false,
    roleMappings: [],
    enforcesRoles: false,
    scopeMappings: undefined,
    roleMap: [],
    syncs: false,
    floorRole: undefined,
    rolePermissions: [],
    needsSomebody: false,
    keyMapping: undefined,
    customValidate: undefined,
  })
})

describe('what is refused, with the setting’s name and what to write', () => {
  test.each<readonly [string, Members, RegExp]>([
    ['AT-083', { user_roles_jwt_field: 'r' }, /user_roles_jwt_field user_allowed_roles must be provided.*Write/],
    ['AT-083', { user_allowed_roles: ['a'] }, /user_allowed_roles user_roles_jwt_field must be provided.*Write/],
    ['J-13', { object_id_jwt_field: 'oid' }, /role_mappings must also be set/],
    ['C-04', { scope_mappings: [{ scope: 'a', models: ['m'] }] }, /enforce_scope_based_access: true/],
    ['C-04', { enforce_scope_based_access: true }, /scope_mappings must be set if/],
    ['C-04', { enforce_scope_based_access: true, scope_mappings: [] }, /scope_mappings must be set if/],
    ['D-19', { sync_user_role_and_teams: true }, /team_ids_jwt_field/],
    ['J-28', { user_allowed_email_domain: 'a.com' }, /user_email_jwt_field/],
    ['J-28', { user_allowed_email_domain: '*.a.com', user_email_jwt_field: 'e' }, /without \*/],
    ['scope', { admin_jwt_scope: 'a b' }, /one scope/],
    ['8.1', { unregistered_jwt_client_behavior: 'reject' }, /Write virtual_key_claim_field/],
    ['8.1', { unregistered_jwt_client_behavior: 'auto_register' }, /Write virtual_key_claim_field/],
    [
      '8.3',
      { virtual_key_claim_field: 'azp', unregistered_jwt_client_behavior: 'deny' },
      /one of fallback_team_mapping, reject, auto_register/,
    ],
    ['8.1', { virtual_key_claim_field: 'a..b' }, /not the path of a claim/],
    ['8.1', { virtual_key_claim_field: 'a'.repeat(256) }, /255 bytes at most/],
    ['8.1', { virtual_key_claim_field: 'azp', virtual_key_mapping_cache_ttl: -1 }, /virtual_key_mapping_cache_ttl/],
    ['agents', { agent_id_jwt_field: 'a' }, /Not supported: agents/],
    ['2.2', { team_jwt_scope: 'team' }, /team_id_jwt_field/],
    [
      '1.2',
      { ...MAPPED, jwt_litellm_role_map: [{ jwt_role: 'x', litellm_role: 'internal_user_view_only' }] },
      /proxy_admin, proxy_admin_viewer, internal_user, internal_user_viewer.*Write internal_user_viewer/,
    ],
    ['1.2', { ...MAPPED, jwt_litellm_role_map: [{ jwt_role: 'x', litellm_role: 'team' }] }, /There is no such role/],
    [
      'D-18',
      { ...MAPPED, jwt_litellm_role_map: [{ jwt_role: '*', litellm_role: 'proxy_admin' }] },
      /Every role would become/,
    ],
    [
      'D-55',
      { ...MAPPED, jwt_litellm_role_map: [], sync_floor_role: 'proxy_admin' },
      /internal_user, internal_user_viewer/,
    ],
    [
      '5.12',
      { ...ROLES, role_mappings: [{ role: 'x', internal_role: 'admin' }] },
      /one of proxy_admin, team, internal_user/,
    ],
    ['5.12', { ...ROLES, role_mappings: [{ role: 'x' }] }, /internal_role is missing/],
    ['members', { ...ROLES, role_mappings: [{ role: 'x', internal_rol: 'team' }] }, /Did you mean internal_role/],
    ['routes', { team_allowed_routes: ['Open AI'] }, /begins with \//],
    ['ttl', { public_key_ttl: -1 }, /public_key_ttl/],
  ])('%s: %j', (_, auth, says) => {
    const loaded = loadTokens({ auth })
    expect(loaded.settings).toBeUndefined()
    expect(told(loaded, 'error').join('\n')).toMatch(says)
    expect(told(loaded, 'error').every((each) => each.includes('general_settings.litellm_jwtauth'))).toBe(true)
  })

  test('AT-082: an unknown member is answered with all that there are', () => {
    const [error, ...others] = errorsOf({ auth: { user_id_jwt_feild: 'sub' } })
    expect(others).toEqual([])
    for (const name of ['Did you mean user_id_jwt_field?', 'team_ids_jwt_field', 'issuers', 'allow_unscoped_tokens'])
      expect(error).toContain(name)
  })

  test.each(['true', 'yes', 1])('enable_jwt_auth must be the word true, not %j', (enable_jwt_auth) => {
    expect(errorsOf({ general: { enable_jwt_auth } })).toEqual([
      expect.stringContaining('enable_jwt_auth Expected true'),
    ])
  })

  test('J-29: nobody becomes an administrator by being new', () => {
    const litellm = { default_internal_user_params: { user_role: 'proxy_admin' } }
    const auth = { user_id_jwt_field: 'sub', user_id_upsert: true }
    expect(errorsOf({ litellm, auth })).toEqual([expect.stringContaining('user_id_upsert')])
    expect(errorsOf({ litellm, auth: { ...auth, user_id_upsert: false } })).toEqual([])
  })

  test('unknown members of role_permissions', () => {
    const general = { role_permissions: [{ role: 'team', model: ['m'] }] }
    expect(errorsOf({ general })).toEqual([expect.stringContaining('role_permissions[0].model')])
  })
})

describe('what is warned of', () => {
  test.each<readonly [string, Members, RegExp]>([
    [
      'D-16',
      { ...ROLES, role_mappings: [{ role: 'x', internal_role: 'proxy_admin' }] },
      /makes nobody an administrator/,
    ],
    [
      'D-18',
      { ...MAPPED, jwt_litellm_role_map: [{ jwt_role: 'A_*', litellm_role: 'proxy_admin' }] },
      /Every role of this pattern/,
    ],
    [
      'D-18',
      { ...MAPPED, jwt_litellm_role_map: [{ jwt_role: '[AB]*', litellm_role: 'internal_user' }] },
      /a bracket stands/,
    ],
    [
      'idle',
      { jwt_litellm_role_map: [{ jwt_role: 'A', litellm_role: 'internal_user' }], ...ROLES },
      /without sync_user_role_and_teams/,
    ],
    ['idle', { role_mappings: [{ role: 'x', internal_role: 'team' }] }, /without roles_jwt_field/],
    ['idle', { team_id_upsert: true }, /without team_id_jwt_field/],
    ['idle', { issuers_allow_fallthrough: true }, /without issuers/],
  ])('%s: %j', (_, auth, says) => {
    expect(warningsOf({ auth })).toEqual([expect.stringMatching(says)])
    expect(errorsOf({ auth })).toEqual([])
  })

  test('D-36: public_allowed_routes opens nothing, and that is noted', () => {
    expect(told(loadTokens({ auth: { public_allowed_routes: ['/x'] } }), 'note')).toHaveLength(1)
  })
})

test('AT-079: an entry is a pattern where it has * or ?, unless it says otherwise', () => {
  const map = (jwt_role: string, glob?: boolean) => ({
    jwt_role,
    litellm_role: 'internal_user',
    ...(glob === undefined ? {} : { glob }),
  })
  const jwt_litellm_role_map = [map('STAFF_*'), map('STAFF'), map('STAFF_*', false), map('a?c'), map('x[y]', true)]
  const { roleMap } = tokensOf({ auth: { ...MAPPED, jwt_litellm_role_map } }).policy
  expect(roleMap.map(({ isGlob }) => isGlob)).toEqual([true, false, false, true, true])
})

test('D-20: either enforce_rbac asks for somebody, and only that of the tokens for a role', () => {
  const ofGeneral = tokensOf({ general: { enforce_rbac: true } }).policy
  expect([ofGeneral.enforcesRoles, ofGeneral.needsSomebody]).toEqual([false, true])
  const ofTokens = tokensOf({ auth: { enforce_rbac: true } }).policy
  expect([ofTokens.enforcesRoles, ofTokens.needsSomebody]).toEqual([true, true])
})

test('scopes limit models only where that is enforced', () => {
  const auth = { enforce_scope_based_access: true, scope_mappings: [{ scope: 'a' }] }
  expect(tokensOf({ auth }).policy.scopeMappings).toEqual([{ scope: 'a', models: [], routes: undefined }])
})

describe('custom_validate', () => {
  test('is a module beside the file', () => {
    const { settings } = loadTokens({ auth: { custom_validate: './validate.mjs' } })
    expect(settings?.customValidate).toMatch(/^\/.*\/validate\.mjs$/)
  })

  test.each([
    ['my_module.validate', /Python/],
    ['a.b.c', /Python/],
    ['./validate.py', /\.mjs or \.js/],
    ['./gone.mjs', /no such file/],
    ['validate', /\.mjs or \.js/],
  ])('%s stops the start, and what to write is said', (custom_validate, says) => {
    const errors = errorsOf({ auth: { issuers: [ISSUER], custom_validate }, env: {} })
    expect(errors).toEqual([expect.stringMatching(says)])
    expect(errors[0]).toMatch(/custom_validate.*default export/)
  })
})

test('J-26: that several providers make administrators is said, until one is left', () => {
  const map = {
    team_ids_jwt_field: 'groups',
    roles_jwt_field: 'roles',
    sync_user_role_and_teams: true,
    jwt_litellm_role_map: [{ jwt_role: 'ops', litellm_role: 'proxy_admin' }],
  }
  const said = (...issuers: readonly object[]) =>
    warningsOf({ auth: { ...map, issuers }, env: {} }).filter((text) => text.includes('may_administer'))
  const other = { ...ISSUER, issuer: 'https://b.example.com' }
  const many = {
    ...other,
    issuer: 'https://b.example.com/{tenantid}',
    tenants: ['s', 't'],
    jwks_url: 'https://b.example.com/k',
  }
  expect(said(ISSUER)).toEqual([])
  expect(said(ISSUER, other)).toHaveLength(1)
  expect(said(many)).toHaveLength(1)
  expect(said(ISSUER, { ...many, may_administer: false })).toEqual([])
})
