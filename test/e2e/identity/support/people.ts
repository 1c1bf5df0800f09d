import type { Caller } from '../../authority/support/caller.ts'
import { good, textAt } from '../../authority/support/caller.ts'
import { newKey, newUser } from '../../jwt/support/people.ts'
import { fresh } from '../../jwt/support/town.ts'
import type { IdentityProvider } from '../../../support/identity-provider.ts'
import type { Members } from '../../../support/raw-token.ts'
import type { Gate } from './site.ts'

/** Its tokens say who somebody is by `email` at one provider, by `sub` at the other. */
export interface Providers {
  readonly byEmail: IdentityProvider
  readonly bySubject: IdentityProvider
}

export const ROUTES = ['openai_routes', 'info_routes', 'management_routes', 'spend_tracking_routes']

export function issuersOf({ byEmail, bySubject }: Providers): readonly object[] {
  const rest = { audience: 'gw', user_email_jwt_field: 'email', team_ids_jwt_field: 'groups' }
  return [
    { issuer: byEmail.issuer, jwks_url: byEmail.jwksUrl, user_id_jwt_field: 'email', ...rest },
    { issuer: bySubject.issuer, jwks_url: bySubject.jwksUrl, user_id_jwt_field: 'sub', ...rest },
  ]
}

/** Somebody with a key and a token. */
export interface Person {
  /** The canonical id. */
  readonly id: string
  /** What the person is called elsewhere, which is no id here. */
  readonly names: readonly string[]
  readonly key: Caller
  token(more?: Members): Caller
}

export interface Split {
  readonly name: string
  readonly meet: (gate: Gate, providers: Providers) => Promise<Person>
}

/** The four ways in which one person was two. Each comes with a key that was made before the first token is seen. */
export const SPLITS: readonly Split[] = [
  {
    name: 'the subject is the e-mail',
    async meet(gate, { byEmail }) {
      const email = `${fresh('Ada')}@example.com`
      const id = await newUser(gate, { user_id: fresh('0f8fad5b-d9cb'), user_email: email })
      const claimed = email.toLowerCase()
      const claims = { sub: fresh('opaque'), email: claimed, email_verified: true }
      return { ...(await keyed(gate, id)), names: [email, claimed, claims.sub], ...tokens(gate, byEmail, claims) }
    },
  },
  {
    name: 'the subject is the SSO id',
    async meet(gate, { bySubject }) {
      const sub = fresh('sso')
      const id = await newUser(gate, { user_id: fresh('0f8fad5b-d9cb'), sso_user_id: sub })
      return { ...(await keyed(gate, id)), names: [sub], ...tokens(gate, bySubject, { sub }) }
    },
  },
  {
    name: 'nobody yet: a new row',
    async meet(gate, { bySubject }) {
      const sub = fresh('newcomer')
      const email = `${sub}@example.com`
      const { token } = tokens(gate, bySubject, { sub, email, email_verified: true })
      // The key is the newcomer's own deed, by token.
      const key = textAt(good(await token().post('/key/generate', { key_alias: `first of ${sub}` })), 'key')
      return { id: sub, names: [email], key: gate.holder(key), token }
    },
  },
  {
    name: 'written under a key, read under a JWT',
    async meet(gate, { bySubject }) {
      const sub = fresh('person')
      const email = `${fresh('zoe')}@example.com`
      const id = await newUser(gate, { user_id: fresh('0f8fad5b-d9cb'), user_email: email })
      const person = await keyed(gate, id)
      good(await person.key.post('/key/generate', { key_alias: `by key of ${id}` }))
      const claims = { sub, email, email_verified: true }
      return { ...person, names: [sub, email], ...tokens(gate, bySubject, claims) }
    },
  },
]

async function keyed(gate: Gate, id: string): Promise<Pick<Person, 'id' | 'key'>> {
  return { id, key: gate.holder(await newKey(gate, { user_id: id, key_alias: `first of ${id}` })) }
}

function tokens(gate: Gate, idp: IdentityProvider, claims: Members): Pick<Person, 'token'> {
  return { token: (more = {}) => gate.holder(idp.token({ ...claims, ...more })) }
}
