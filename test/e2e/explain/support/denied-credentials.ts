import { makeKey, rawToken, signToken } from '../../../support/raw-token.ts'
import { newKey } from '../../jwt/support/people.ts'
import type { Town } from '../../jwt/support/town.ts'
import { fresh } from '../../jwt/support/town.ts'
import { anyCall } from './denial.ts'
import type { Denial, Kinds } from './denial.ts'
import { now, proper } from './denied-tokens.ts'
import type { Random } from './random.ts'

/** A text that nobody can mend; the explanation says where to get one that is good. */
function presented(town: Town, random: Random, token: string, reason: string): Denial {
  return { ask: { token, ...anyCall(random) }, step: 'proof', reason, instead: town.idp.token(proper()) }
}

const STRANGER = makeKey('RS256', { kid: 'rs256' })

function claimsOf(town: Town): Readonly<Record<string, unknown>> {
  return { ...town.idp.claims(), ...proper() }
}

export const DENIED_CREDENTIALS: Kinds = {
  'signed by somebody else': async (town, random) =>
    presented(town, random, signToken({ key: STRANGER, claims: claimsOf(town) }), 'jwt_sig_invalid'),
  'changed after it was signed': async (town, random) => {
    const [header = '', , signature = ''] = town.idp.token(proper()).split('.')
    const payload = Buffer.from(JSON.stringify({ ...claimsOf(town), sub: fresh('other') })).toString('base64url')
    return presented(town, random, `${header}.${payload}.${signature}`, 'jwt_sig_invalid')
  },
  'signed with a key that nobody publishes': async (town, random) => {
    const key = makeKey('RS256', { kid: fresh('kid'), of: STRANGER })
    return presented(town, random, signToken({ key, claims: claimsOf(town) }), 'jwt_kid_unknown')
  },
  'not signed, or with a shared secret': async (town, random) => {
    const none = rawToken({ header: { alg: 'none' }, payload: claimsOf(town), signature: 'c2ln' })
    const hmac = { alg: 'HS256', secret: 'secret' } as const
    const shared = rawToken({ header: { alg: 'HS256', kid: 'rs256' }, payload: claimsOf(town), hmac })
    return presented(town, random, random.pick([none, shared]), 'jwt_alg_not_allowed')
  },
  'cut off': async (town, random) => {
    const token = town.idp.token(proper())
    return presented(
      town,
      random,
      random.pick([`${token.split('.').slice(0, 2).join('.')}.`, '..', 'a..b']),
      'jwt_malformed',
    )
  },
  'with its own key in it': async (town, random) => {
    const token = town.idp.token(proper(), { header: { jwk: STRANGER.jwk } })
    return presented(town, random, token, 'jwt_embedded_key')
  },
  'of nobody': async (town, random) =>
    presented(town, random, town.idp.token({ ...proper(), iss: undefined }), 'jwt_iss_missing'),
  'of another provider': async (town, random) => {
    const iss = random.pick(['https://other.example.com', `${town.idp.issuer}/`])
    return presented(town, random, town.idp.token({ ...proper(), iss }), 'jwt_iss_unknown')
  },
  'without an end': async (town, random) =>
    presented(town, random, town.idp.token({ ...proper(), exp: undefined }), 'jwt_exp_missing'),
  'for nobody in particular': async (town, random) =>
    presented(town, random, town.idp.token({ ...proper(), aud: undefined }), 'jwt_aud_missing'),
  over: async (town, random) => {
    const token = town.idp.token({ ...proper(), iat: now() - 900, exp: now() - 600 })
    return presented(town, random, token, 'jwt_expired')
  },
  'of another type by its header': async (town, random) => {
    const typ = random.pick(['logout+jwt', 'dpop+jwt', 'secevent+jwt'])
    return presented(town, random, town.idp.token(proper(), { header: { typ } }), 'jwt_type_wrong')
  },
  'a key that there is not': async (town, random) => ({
    ...presented(town, random, `sk-${fresh('unknown')}`, 'key_unknown'),
    instead: await newKey(town, {}),
  }),
  'a mistyped key': async (town, random) => {
    const key = await newKey(town, {})
    const wrong = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`
    return { ...presented(town, random, wrong, 'key_checksum'), instead: key }
  },
  'neither a key nor a token': async (town, random) =>
    presented(town, random, random.pick(['nonsense', 'Sk-1234567890', 'a.b']), 'key_malformed'),
}
