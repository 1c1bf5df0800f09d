import { newTeam, newUser } from '../../jwt/support/people.ts'
import type { TownOptions } from '../../jwt/support/town.ts'
import { fresh } from '../../jwt/support/town.ts'
import { anyCall, anyChat } from './denial.ts'
import type { Kinds } from './denial.ts'
import { said } from './said.ts'

/** A token is a team's by its role, or a user's. */
export const ROLES_TOWN: TownOptions = {
  auth: ({ issuer, audience, jwksUrl }) => ({
    user_id_jwt_field: 'uid',
    user_id_upsert: true,
    object_id_jwt_field: 'oid',
    roles_jwt_field: 'roles',
    role_mappings: [{ role: 'app', internal_role: 'team' }],
    admin_allowed_routes: ['management_routes', 'info_routes'],
    enforce_rbac: true,
    issuers: [{ issuer, audience, jwks_url: jwksUrl }],
  }),
  general: {
    role_permissions: [
      { role: 'team', models: ['m1'] },
      { role: 'internal_user', models: ['m1', 'm2'], routes: ['/v1/chat/completions'] },
    ],
  },
}

export const DENIED_ROLES: Kinds = {
  'a token that is nobody’s': async (town, random) => {
    const claims = random.pick<object>([{}, { roles: ['other'] }, { roles: [] }])
    return said(town, { sub: fresh('sub'), ...claims }, anyChat(random), 'token-policy', 'jwt_role_unmapped')
  },
  'a model that the role of users may not use': async (town, random) => {
    const call = { ...anyChat(random), model: 'm3' }
    return said(town, { uid: fresh('person') }, call, 'model', 'jwt_role_model')
  },
  'a model that the role of teams may not use': async (town, random) => {
    const call = { ...anyCall(random), model: random.pick(['m2', 'm3']) }
    return said(town, { roles: ['app'], oid: await newTeam(town) }, call, 'model', 'jwt_role_model')
  },
  'a route that the role may not call': async (town, random) => {
    const call = { route: random.pick(['/v1/embeddings', '/v1/responses']), model: 'm1' }
    return said(town, { uid: fresh('person') }, call, 'token-policy', 'jwt_role_route')
  },
  'a list that the role may not see': async (town) =>
    said(town, { uid: fresh('person') }, { route: '/v1/models', method: 'GET' }, 'token-policy', 'jwt_role_route'),
  'a team by object id that nobody knows': async (town, random) => {
    const claims = { roles: ['app'], oid: fresh('nowhere') }
    return said(town, claims, { ...anyCall(random), model: 'm1' }, 'caller', 'team_unknown')
  },
  'an administrator by scope who calls a model': async (town, random) => {
    const claims = { uid: fresh('person'), scope: random.pick(['openid litellm_proxy_admin', 'litellm_proxy_admin']) }
    return said(town, claims, { ...anyChat(random), model: 'm1' }, 'token-policy', 'jwt_admin_route')
  },
  'a stored administrator who calls a model': async (town, random) => {
    const uid = await newUser(town, { user_role: 'proxy_admin' })
    return said(town, { uid }, { ...anyChat(random), model: 'm1' }, 'caller', 'jwt_admin_route')
  },
}
