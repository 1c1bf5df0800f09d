import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import { createDatabase } from '../../support/stores.ts'
import type { Settings, TownOptions } from './support/town.ts'
import { tryTown } from './support/town.ts'

let idp: IdentityProvider
/** What a start leaves in it is no matter of the next one's configuration. */
let database: Awaited<ReturnType<typeof createDatabase>>

beforeAll(async () => {
  idp = await startIdentityProvider()
  database = await createDatabase()
})

afterAll(async () => {
  await idp.stop()
  await database.drop()
})

interface Wrong extends TownOptions {
  readonly name: string
  /** What the operator has to be told. */
  readonly says: RegExp
}

const SUB = { user_id_jwt_field: 'sub' }
const listed = (...issuers: readonly Settings[]): Settings => ({ ...SUB, issuers })
const one = (more: Settings = {}): Settings => ({ issuer: 'https://idp.example.com', audience: 'gw', ...more })

const WRONG: readonly Wrong[] = [
  {
    name: 'AT-036, D-01: neither audience nor issuer',
    auth: SUB,
    env: { JWT_AUDIENCE: undefined, JWT_ISSUER: undefined },
    says: /allow_unscoped_tokens/,
  },
  {
    name: 'AT-051: an issuer without audience and without opt-out',
    auth: listed({ issuer: 'https://idp.example.com' }),
    says: /audience/,
  },
  {
    name: 'AT-051: an issuer with both',
    auth: listed(one({ disable_audience_validation: true })),
    says: /disable_audience_validation/,
  },
  { name: 'J-09: an issuer twice', auth: listed(one(), one()), says: /issuer/ },
  { name: 'J-20: an audience that is empty', auth: listed(one({ audience: '' })), says: /audience/ },
  { name: 'J-20: no audience in the list', auth: listed(one({ audience: [] })), says: /audience/ },
  {
    name: 'D-01: issuers beside an unscoped global path',
    auth: listed(one()),
    env: { JWT_PUBLIC_KEY_URL: 'https://keys.example.com/jwks' },
    says: /issuers_allow_fallthrough|JWT_PUBLIC_KEY_URL|JWT_AUDIENCE/,
  },
  { name: 'AT-082: an unknown member', auth: { ...SUB, team_jwt_scope: 'x' }, says: /team_jwt_scope/ },
  {
    name: 'AT-083: user_roles_jwt_field alone',
    auth: { ...SUB, user_roles_jwt_field: 'roles' },
    says: /user_allowed_roles/,
  },
  {
    name: 'AT-083: user_allowed_roles alone',
    auth: { ...SUB, user_allowed_roles: ['dev'] },
    says: /user_roles_jwt_field/,
  },
  {
    name: 'object_id_jwt_field without role_mappings',
    auth: { ...SUB, object_id_jwt_field: 'oid' },
    says: /role_mappings/,
  },
  {
    name: 'scope_mappings without enforce_scope_based_access',
    auth: { ...SUB, scope_mappings: [{ scope: 'a', models: ['m1'] }] },
    says: /enforce_scope_based_access/,
  },
  {
    name: 'an unknown member of a scope mapping',
    auth: { ...SUB, enforce_scope_based_access: true, scope_mappings: [{ scope: 'a', modles: ['m1'] }] },
    says: /modles/,
  },
  {
    name: 'an unknown member of role_permissions',
    auth: SUB,
    general: { role_permissions: [{ role: 'team', model: ['m1'] }] },
    says: /role_permissions/,
  },
  {
    name: 'an unknown role in role_permissions',
    auth: SUB,
    general: { role_permissions: [{ role: 'boss', models: ['m1'] }] },
    says: /internal_user/,
  },
  {
    name: '1.2: a role that only the documentation knows',
    auth: {
      ...SUB,
      roles_jwt_field: 'r',
      jwt_litellm_role_map: [{ jwt_role: 'x', litellm_role: 'internal_user_view_only' }],
    },
    says: /internal_user_viewer/,
  },
  {
    name: 'userinfo without an endpoint',
    auth: { ...SUB, oidc_userinfo_enabled: true },
    says: /oidc_userinfo_endpoint/,
  },
  {
    name: 'D-19: a sync that has no team claim',
    auth: { ...SUB, sync_user_role_and_teams: true },
    says: /team_ids?_jwt_field/,
  },
  {
    name: 'a routing override to nowhere',
    auth: { ...SUB, routing_overrides: [{ iss: 'x', path: 'saml' }] },
    says: /path/,
  },
  {
    name: 'J-25, AC-033: __proto__ in a path',
    auth: { user_id_jwt_field: 'a.__proto__.b' },
    says: /user_id_jwt_field/,
  },
  {
    name: 'J-25, AC-033: constructor in a path',
    auth: { ...SUB, team_ids_jwt_field: 'constructor.name' },
    says: /team_ids_jwt_field/,
  },
  {
    name: 'J-25: a path of nine segments',
    auth: { user_id_jwt_field: 'a.b.c.d.e.f.g.h.i' },
    says: /user_id_jwt_field/,
  },
  {
    name: 'J-14: keys over plain HTTP',
    auth: SUB,
    env: { JWT_PUBLIC_KEY_URL: 'http://idp.example.com/jwks' },
    says: /JWT_PUBLIC_KEY_URL|HTTPS|https/,
  },
  {
    name: 'J-14: keys of an issuer over plain HTTP',
    auth: listed(one({ jwks_url: 'http://idp.example.com/jwks' })),
    says: /jwks_url/,
  },
  { name: 'no keys at all', auth: SUB, env: { JWT_PUBLIC_KEY_URL: undefined }, says: /JWT_PUBLIC_KEY_URL/ },
  { name: 'agents, which are not there', auth: { ...SUB, agent_id_jwt_field: 'agent' }, says: /agent_id_jwt_field/ },
  { name: 'a validation in Python', auth: { ...SUB, custom_validate: 'my.module.validate' }, says: /custom_validate/ },
  {
    name: 'a validation that is not there',
    auth: { ...SUB, custom_validate: './not-there.mjs' },
    says: /custom_validate/,
  },
  {
    name: 'tokens without a key refused, and no claim that stands for one',
    auth: { ...SUB, unregistered_jwt_client_behavior: 'reject' },
    says: /virtual_key_claim_field/,
  },
  { name: 'a lifetime of keys that is no number', auth: { ...SUB, public_key_ttl: -1 }, says: /public_key_ttl/ },
  { name: 'enable_jwt_auth as text', auth: SUB, general: { enable_jwt_auth: 'yes' }, says: /enable_jwt_auth/ },
]

describe('a mistake stops the start and is named', () => {
  test.each(WRONG)('$name', async ({ says, auth, ...more }) => {
    const outcome = await tryTown({ idp, databaseUrl: database.url, auth: auth ?? {}, ...more })
    expect(outcome).not.toBe('started')
    if (outcome === 'started') return
    expect(outcome.code).not.toBe(0)
    expect(outcome.said).toMatch(says)
    expect(outcome.said).not.toMatch(/\n\s+at .+\(/)
  })
})

describe('what is no mistake starts', () => {
  test.each<readonly [string, TownOptions]>([
    ['an audience alone', { auth: SUB, env: { JWT_ISSUER: undefined } }],
    [
      'AT-051: an issuer without audience, opted out',
      { auth: listed({ issuer: 'https://idp.example.com', disable_audience_validation: true }) },
    ],
    ['an issuer with a list of audiences', { auth: listed(one({ audience: ['a', 'b'] })) }],
    ['all of the policy', { auth: EVERYTHING() }],
  ])('%s', async (_, options) => {
    expect(await tryTown({ idp, databaseUrl: database.url, ...options })).toBe('started')
  })
})

function EVERYTHING(): Settings {
  return {
    admin_jwt_scope: 'admin',
    admin_allowed_routes: ['management_routes', 'openai_routes', '/v1/messages'],
    user_id_jwt_field: 'a.b',
    user_email_jwt_field: 'email',
    user_allowed_email_domain: 'example.com',
    user_id_upsert: true,
    user_roles_jwt_field: 'roles',
    user_allowed_roles: ['dev'],
    team_id_jwt_field: 'tid',
    team_ids_jwt_field: 'groups',
    team_alias_jwt_field: 'kubernetes\\.io.namespace',
    team_id_default: 'base',
    team_id_upsert: true,
    team_allowed_routes: ['openai_routes'],
    upsert_sso_user_to_team: true,
    enforce_team_based_model_access: true,
    team_claim_fallback: true,
    org_id_jwt_field: 'org',
    org_alias_jwt_field: 'org_name',
    end_user_id_jwt_field: 'customer',
    object_id_jwt_field: 'oid',
    roles_jwt_field: 'roles',
    role_mappings: [{ role: 'team-app', internal_role: 'team' }],
    enforce_rbac: true,
    scope_mappings: [{ scope: 'a', models: ['m1'] }],
    enforce_scope_based_access: true,
    jwt_litellm_role_map: [{ jwt_role: 'ADMIN', litellm_role: 'proxy_admin' }],
    sync_user_role_and_teams: true,
    public_key_ttl: 300,
    public_key_stale_ttl: 600,
  }
}
