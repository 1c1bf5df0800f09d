import type { Json } from '../../authority/support/caller.ts'
import { revoke } from '../../jwt/support/revoke.ts'
import type { TownOptions } from '../../jwt/support/town.ts'
import { fresh } from '../../jwt/support/town.ts'
import { anyCall } from './denial.ts'
import type { Kinds } from './denial.ts'
import { said } from './said.ts'

/** A provider of which much is asked. */
export const TOKENS_TOWN: TownOptions = {
  auth: ({ issuer, audience, jwksUrl }) => ({
    user_id_jwt_field: 'sub',
    user_id_upsert: true,
    max_token_lifetime: 3_600,
    issuers: [
      {
        issuer,
        audience,
        jwks_url: jwksUrl,
        allowed_clients: ['app', 'robot'],
        required_claims: [
          { claim: 'tenant', equals: 'acme' },
          { claim: 'realm.groups', contains: 'staff' },
          { claim: 'env', one_of: ['prod', 'test'] },
          { claim: 'amr', present: true },
        ],
      },
    ],
  }),
}

export const now = (): number => Math.floor(Date.now() / 1000)

/** Everything that is asked of a token. Of one person: newcomers are counted. */
export function proper(): Json {
  return { sub: 'ada', azp: 'app', tenant: 'acme', realm: { groups: ['staff'] }, env: 'prod', amr: ['mfa'] }
}

function without(name: string): Json {
  const { [name]: _, ...claims } = proper()
  return claims
}

/** Claims by which a token is not accepted, of whoever it is. */
export const DENIED_TOKENS: Kinds = {
  'its time is over': async (town, random) => {
    const exp = now() - 60 - Math.floor(random.next() * 1e6)
    return said(town, { ...proper(), iat: exp - 300, exp }, anyCall(random), 'proof', 'jwt_expired')
  },
  'its time has not come': async (town, random) =>
    said(town, { ...proper(), nbf: now() + 120 }, anyCall(random), 'proof', 'jwt_not_yet_valid'),
  'it is of the future': async (town, random) => {
    const iat = now() + 600
    return said(town, { ...proper(), iat, exp: iat + 300 }, anyCall(random), 'proof', 'jwt_iat_future')
  },
  'it is good for too long': async (town, random) =>
    said(town, { ...proper(), exp: now() + 7_200 }, anyCall(random), 'proof', 'jwt_lifetime'),
  'it ends before it begins': async (town, random) =>
    said(town, { ...proper(), iat: now(), exp: now() - 5 }, anyCall(random), 'proof', 'jwt_time_inconsistent'),
  'a time that is no number': async (town, random) => {
    const time = random.pick<Json>([{ exp: 'soon' }, { nbf: '0' }, { iat: null, nbf: 'now' }, { exp: null }])
    return said(town, { ...proper(), ...time }, anyCall(random), 'proof', 'jwt_time_type')
  },
  'it is for another audience': async (town, random) => {
    const aud = random.pick<unknown>(['other', ['one', 'two'], `${town.idp.audience}/`])
    return said(town, { ...proper(), aud }, anyCall(random), 'proof', 'jwt_aud_mismatch')
  },
  'an audience of the wrong type': async (town, random) =>
    said(
      town,
      { ...proper(), aud: random.pick<unknown>([7, [], [''], null]) },
      anyCall(random),
      'proof',
      'jwt_aud_type',
    ),
  'another client': async (town, random) => {
    const client = random.pick<Json>([{ azp: 'other' }, { client_id: 'other' }, { azp: 'x', client_id: 'y' }])
    return said(town, { ...proper(), ...client }, anyCall(random), 'proof', 'jwt_azp_denied')
  },
  'it is for something else': async (town, random) => {
    const mark = random.pick<Json>([
      { nonce: 'n' },
      { events: {} },
      { typ: 'Refresh' },
      { token_use: 'id' },
      { typ: 'ID' },
    ])
    return said(town, { ...proper(), ...mark }, anyCall(random), 'proof', 'jwt_type_wrong')
  },
  'it is bound to a key': async (town, random) =>
    said(town, { ...proper(), cnf: { jkt: 'x' } }, anyCall(random), 'proof', 'jwt_cnf_unsupported'),
  'what has to be in is missing': async (town, random) => {
    const claims = without(random.pick(['tenant', 'realm', 'env', 'amr']))
    return said(town, claims, anyCall(random), 'proof', 'jwt_claim_missing')
  },
  'what has to be in is another': async (town, random) => {
    const other = random.pick<Json>([{ tenant: 'evil' }, { env: 'dev' }, { realm: { groups: ['guests'] } }])
    return said(town, { ...proper(), ...other }, anyCall(random), 'proof', 'jwt_claim_denied')
  },
  'it was revoked by its name': async (town, random) => {
    const jti = fresh('jti')
    await revoke(town, { issuer: town.idp.issuer, jti })
    return said(town, { ...proper(), jti }, anyCall(random), 'revocation', 'jwt_revoked')
  },
  'it was revoked by its name, and with all of its user': async (town, random) => {
    const [jti, user_id] = [fresh('jti'), 'bea']
    await town.master.post('/user/new', { user_id, user_role: 'internal_user', auto_create_key: false })
    await revoke(town, { issuer: town.idp.issuer, jti })
    await revoke(town, { user_id, issued_before: new Date(Date.now() + 30_000).toISOString() })
    return said(town, { ...proper(), sub: user_id, jti }, anyCall(random), 'revocation', 'jwt_revoked')
  },
}
