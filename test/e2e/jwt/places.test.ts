import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import { CHAT, callGateway, chatBody } from '../hostile/support/stand.ts'
import type { Answer, Ask } from '../hostile/support/stand.ts'
import { accountOf, chat, reasonOf } from './support/asks.ts'
import { newKey, newTeam, newUser } from './support/people.ts'
import type { Town } from './support/town.ts'
import { fresh, openTown } from './support/town.ts'

let town: Town
let token: string
let user: string

beforeAll(async () => {
  town = await openTown({ auth: { user_id_jwt_field: 'sub', team_ids_jwt_field: 'groups' } })
  user = await newUser(town)
  token = town.token({ sub: user })
})

afterAll(() => town.close())

type Headers = Record<string, string | string[]>

const asked = (headers: Headers, more: Partial<Ask> = {}): Promise<Answer> =>
  callGateway(town.gateway.port, { path: CHAT, body: chatBody('m1', { max_tokens: 8 }), ...more, headers })

describe('J-01: where a token may stand', () => {
  test('in the headers that are for credentials', async () => {
    const places: readonly Headers[] = [
      { authorization: `Bearer ${token}` },
      { authorization: `bearer ${token}` },
      { 'x-litellm-api-key': token },
      { 'x-litellm-api-key': `Bearer ${token}` },
      { 'x-api-key': token },
      { 'api-key': token },
    ]
    for (const headers of places) expect((await asked(headers)).status, Object.keys(headers).join()).toBe(200)
  })

  test('and nowhere else', async () => {
    const query = ['access_token', 'token', 'key', 'api_key', 'authorization', 'jwt', 'id_token']
    for (const name of query) {
      expect((await asked({}, { path: `${CHAT}?${name}=${token}` })).status, name).toBe(401)
    }
    for (const name of ['token', 'session', 'access_token', 'jwt', 'Authorization']) {
      expect((await asked({ cookie: `${name}=${token}` })).status, name).toBe(401)
    }
    for (const name of ['access_token', 'token', 'api_key', 'authorization', 'client_assertion']) {
      expect((await asked({}, { body: chatBody('m1', { [name]: token }) })).status, name).toBe(401)
    }
    const others = [
      'x-auth-token',
      'x-forwarded-access-token',
      'x-jwt-assertion',
      'proxy-authorization',
      'x-access-token',
    ]
    for (const name of others) expect((await asked({ [name]: `Bearer ${token}` })).status, name).toBe(401)
    for (const name of ['x-user-id', 'x-litellm-user-id', 'x-forwarded-user', 'x-forwarded-email', 'remote-user']) {
      expect((await asked({ [name]: user })).status, name).toBe(401)
    }
  })

  test.each(['Basic', 'DPoP', 'Token', 'JWT', 'Digest', 'Negotiate', 'Bearer,', 'Bearer:', 'BearerBearer'])(
    'J-02: not by the scheme %s',
    async (scheme) => {
      expect((await asked({ authorization: `${scheme} ${token}` })).status).toBe(401)
    },
  )

  test('J-02: one blank, and nothing around the token', async () => {
    for (const value of [
      `Bearer  ${token}`,
      `Bearer\t${token}`,
      `Bearer ${token},${token}`,
      `Bearer ${token}, Bearer ${token}`,
      `Bearer "${token}"`,
      `Bearer ${token} ${token}`,
      `Bearer Bearer ${token}`,
      `Bearer${token}`,
      `Bearer token=${token}`,
    ]) {
      expect([value.replaceAll(token, 'T'), (await asked({ authorization: value })).status]).toEqual([
        value.replaceAll(token, 'T'),
        401,
      ])
    }
  })

  test('a header twice, also with the same token', async () => {
    const twice = await asked({ 'x-litellm-api-key': [token, token] })
    expect([twice.status, reasonOf(twice)]).toEqual([401, 'cred_duplicate_header'])
    const other = await asked({ 'x-api-key': [token, town.token({ sub: 'x' })] })
    expect(other.status).toBe(401)
  })

  test('two credentials are none, unless they are one', async () => {
    const key = await newKey(town, {})
    for (const headers of [
      { authorization: `Bearer ${token}`, 'x-api-key': key },
      { authorization: `Bearer ${key}`, 'x-api-key': token },
      { 'api-key': token, 'x-api-key': town.token({ sub: user, jti: 'other' }) },
    ]) {
      const answer = await asked(headers)
      expect([answer.status, reasonOf(answer)]).toEqual([401, 'cred_multiple'])
    }
    expect((await asked({ authorization: `Bearer ${token}`, 'x-api-key': token })).status).toBe(200)
  })

  test('INV-02: a bad token is not made good by a good key beside it, in whichever order', async () => {
    const key = await newKey(town, {})
    const bad = town.token({ sub: user, aud: 'x' })
    for (const headers of [
      { 'x-litellm-api-key': bad, authorization: `Bearer ${key}` },
      { 'x-litellm-api-key': bad, 'x-api-key': token },
      { authorization: `Bearer ${bad}`, 'x-api-key': key },
      { authorization: `Bearer ${key}`, 'x-api-key': bad },
    ]) {
      for (const path of [CHAT, '/v1/models', '/key/info', '/user/info', '/team/list']) {
        const more = path === CHAT ? {} : { path, method: 'GET', body: undefined }
        const { body: _, ...rest } = more as Partial<Ask>
        const answer = await callGateway(town.gateway.port, {
          path,
          headers,
          ...(path === CHAT ? { body: chatBody('m1') } : rest),
        })
        expect([path, Object.keys(headers), answer.status]).toEqual([path, Object.keys(headers), 401])
      }
    }
  })
})

describe('the header that names a team', () => {
  test('empty it is none, and twice it is refused or one', async () => {
    const team = await newTeam(town)
    const member = town.token({ sub: user, groups: [team] })
    const none = await asked({ authorization: `Bearer ${member}`, 'x-litellm-team-id': '' })
    expect([none.status, none.headers['x-litellm-team-id']]).toEqual([200, team])
    const other = await newTeam(town)
    for (const values of [
      [team, other],
      [other, team],
    ]) {
      const answer = await asked({ authorization: `Bearer ${member}`, 'x-litellm-team-id': values })
      expect(answer.headers['x-litellm-team-id']).not.toBe(other)
      expect([400, 401, 403]).toContain(answer.status)
    }
  })

  test.each(['*', '%', 'x'.repeat(5_000), '../team', "' or 1=1", '__proto__', 'null', '0'])(
    '%j is no team',
    async (name) => {
      const team = await newTeam(town)
      const member = town.token({ sub: user, groups: [team] })
      const answer = await asked({ authorization: `Bearer ${member}`, 'x-litellm-team-id': name })
      expect([400, 403, 431]).toContain(answer.status)
    },
  )

  test('it means nothing beside a key', async () => {
    const team = await newTeam(town)
    const key = await newKey(town, { user_id: user })
    const verdict = await chat(town, key, { team })
    if (verdict.status === 200) expect((await accountOf(town, verdict)).team).toBeUndefined()
  })
})

describe('J-09: an issuer of many tenants', () => {
  let idp: IdentityProvider
  let place: Town

  beforeAll(async () => {
    idp = await startIdentityProvider()
    const issuer = `${idp.origin}/{tenantid}/v2.0`
    const tenants = ['t-1', 't-2']
    place = await openTown({
      idp,
      auth: {
        user_id_jwt_field: 'sub',
        user_id_upsert: true,
        issuers: [{ issuer, tenants, audience: 'gw', jwks_url: idp.jwksUrl }],
      },
    })
  })

  afterAll(async () => {
    await place.close()
    await idp.stop()
  })

  const of = (iss: string, tid: unknown, sub = 'person'): string =>
    idp.token({ iss: `${idp.origin}/${iss}/v2.0`, tid, sub })

  test('the listed ones are taken, where the claim says the same, and each has its own people', async () => {
    const sub = fresh('person')
    const accounts = [
      await accountOf(place, await chat(place, of('t-1', 't-1', sub))),
      await accountOf(place, await chat(place, of('t-2', 't-2', sub))),
    ]
    expect(new Set(accounts.map(({ user: one }) => one)).size).toBe(2)
  })

  test.each<readonly [string, unknown, string]>([
    ['t-1', 't-2', 'jwt_tenant_denied'],
    ['t-1', undefined, 'jwt_tenant_denied'],
    ['t-1', ['t-1'], 'jwt_tenant_denied'],
    ['t-1', 'T-1', 'jwt_tenant_denied'],
    ['t-3', 't-3', 'jwt_tenant_denied'],
    ['T-1', 't-1', 'jwt_tenant_denied'],
    ['{tenantid}', '{tenantid}', 'jwt_tenant_denied'],
    ['', '', 'jwt_'],
    ['t-1/x', 't-1/x', 'jwt_'],
    ['*', '*', 'jwt_'],
  ])('tenant %j with the claim %j is refused', async (iss, tid, reason) => {
    const verdict = await chat(place, of(iss, tid))
    expect([verdict.status, verdict.reason]).toEqual([401, expect.stringContaining(reason)])
  })
})
