import { newTeam } from '../../jwt/support/people.ts'
import type { TownOptions } from '../../jwt/support/town.ts'
import { fresh } from '../../jwt/support/town.ts'
import { anyChat } from './denial.ts'
import type { Kinds } from './denial.ts'
import { said } from './said.ts'

const ROUTES = ['/v1/chat/completions', '/v1/models', '/v1/embeddings', '/v1/responses', '/v1/completions']

/** Scopes limit models, the e-mail domain people, and lists of routes everybody. */
export const POLICY_TOWN: TownOptions = {
  auth: ({ issuer, audience, jwksUrl }) => ({
    user_id_jwt_field: 'sub',
    user_id_upsert: true,
    user_email_jwt_field: 'email',
    user_allowed_email_domain: 'example.com',
    team_ids_jwt_field: 'groups',
    team_allowed_routes: ['/v1/chat/completions', '/v1/models'],
    enforce_scope_based_access: true,
    scope_mappings: [
      { scope: 'small', models: ['m1'] },
      { scope: 'large', models: ['m1', 'm2'] },
    ],
    issuers: [{ issuer, audience, jwks_url: jwksUrl }],
  }),
  general: { allowed_routes: [...ROUTES, '/authz/explain', '/team/new', '/user/new'] },
}

function person(scope: string): object {
  const sub = fresh('person')
  return { sub, email: `${sub}@example.com`, email_verified: true, scope }
}

export const DENIED_POLICY: Kinds = {
  'a model that no scope of theirs gives': async (town, random) => {
    const call = { ...anyChat(random), model: 'm2' }
    const scope = random.pick<unknown>(['small', 'openid small', ['openid', 'small']])
    return said(town, { ...person('small'), scope }, call, 'model', 'jwt_scope_model')
  },
  'a model that no scope gives': async (town, random) => {
    const call = { ...anyChat(random), model: 'm3' }
    return said(town, { ...person(random.pick(['small', 'large'])) }, call, 'model', 'jwt_scope_model')
  },
  'no scope': async (town, random) => {
    const { scope: _, ...claims } = person('') as Record<string, unknown>
    return said(town, claims, { ...anyChat(random), model: 'm1' }, 'model', 'jwt_scope_model')
  },
  'an address of another domain': async (town, random) => {
    const email = random.pick(['ada@example.org', 'ada@sub.example.com', 'ada@example.com.evil.net'])
    const call = { ...anyChat(random), model: 'm1' }
    return said(town, { ...person('small'), email }, call, 'token-policy', 'jwt_email_denied')
  },
  'no address': async (town, random) => {
    const claims = { sub: fresh('person'), scope: 'small' }
    return said(town, claims, { ...anyChat(random), model: 'm1' }, 'token-policy', 'jwt_email_denied')
  },
  'a route that teams may not call': async (town, random) => {
    const claims = { ...person('small'), groups: [await newTeam(town)] }
    const call = { route: random.pick(['/v1/embeddings', '/v1/responses']), model: 'm1' }
    return said(town, claims, call, 'team', 'jwt_team_route')
  },
  'a route that is not served': async (town, random) => {
    const call = { route: random.pick(['/model_group/info', '/model/info']), method: 'GET' }
    return said(town, person('small') as Record<string, unknown>, call, 'route', 'authz_route')
  },
}
