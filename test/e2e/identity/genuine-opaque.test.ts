import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { good } from '../authority/support/caller.ts'
import { accountOf, chatOnce } from '../jwt/support/asks.ts'
import { join, newTeam, newUser } from '../jwt/support/people.ts'
import { fresh } from '../jwt/support/town.ts'
import type { GenuineProvider } from './support/genuine-provider.ts'
import {
  AUDIENCE,
  CLIENT,
  GATEWAY,
  INTROSPECTOR,
  OPAQUE_GATEWAY,
  ROBOT,
  startGenuineProvider,
} from './support/genuine-provider.ts'
import type { Site } from './support/site.ts'
import { opened } from './support/site.ts'
import { NOBODY, memberOf, spent, trailOf } from './support/trail.ts'

const FIELDS = { user_id_jwt_field: 'sub', user_email_jwt_field: 'email', team_ids_jwt_field: 'groups' }
const ROUTES = { team_allowed_routes: ['openai_routes', 'info_routes', 'management_routes'] }

let idp: GenuineProvider

beforeAll(async () => {
  idp = await startGenuineProvider()
})

afterAll(() => idp.stop())

interface Known {
  readonly login: string
  readonly id: string
  readonly team: string
}

/** Who has a row and a team here, and an account at the provider with the row's address. */
async function newColleague({ here }: Site): Promise<Known> {
  const [login, email, id, team] = [fresh('login'), `${fresh('ada')}@example.com`, fresh('U'), fresh('team')]
  await newUser(here, { user_id: id, user_email: email })
  await newTeam(here, { team_id: team })
  await join(here, team, id)
  idp.employs(login, { email, email_verified: true, groups: [team] })
  return { login, id, team }
}

/** Calls, makes a key, calls with the key: all is on one account. */
async function worksAsOne({ here }: Site, token: string, { id, team, login }: Known): Promise<void> {
  const first = await accountOf(here, await chatOnce(here, token))
  const key = String(good(await here.holder(token).post('/key/generate', { key_alias: `of ${id}` }))['key'])
  const second = await accountOf(here, await chatOnce(here, key))
  expect([first.user, first.team, second.user]).toEqual([id, team, id])
  await spent(here, id, Number(first.line['spend']) + Number(second.line['spend']))
  expect(await trailOf(here, id)).toMatchObject({
    calls: [first, second].map(({ line }) => String(line['request_id'])).toSorted(),
    keys: [`of ${id}`],
    acts: ['created LiteLLM_VerificationToken'],
  })
  expect(await memberOf(here, team, id)).toMatchObject({ spend: first.line['spend'] })
  expect(await trailOf(here, login)).toEqual(NOBODY)
}

describe('opaque tokens at the provider’s UserInfo endpoint', () => {
  const site = opened(() => ({
    auth: {
      user_id_upsert: true,
      ...ROUTES,
      issuers: [{ issuer: idp.issuer, audience: AUDIENCE, ...FIELDS }],
      oidc_userinfo_enabled: true,
      oidc_userinfo_endpoint: idp.userinfoUrl,
    },
  }))

  test('AT-058: somebody who logged in is the row with the address, and UserInfo is asked once', async () => {
    const colleague = await newColleague(site())
    const { access } = await idp.personToken(colleague.login)
    expect(access).not.toContain('.')
    const asked = idp.asked('/me')
    await worksAsOne(site(), access, colleague)
    expect(idp.asked('/me')).toBe(asked + 1)
  })

  test('7.4: the JWT of the same log-in is the same user', async () => {
    const { here } = site()
    const { login, id } = await newColleague(site())
    const opaque = await accountOf(here, await chatOnce(here, (await idp.personToken(login)).access))
    const signed = await accountOf(here, await chatOnce(here, (await idp.personToken(login, GATEWAY)).access))
    expect([opaque.user, signed.user]).toEqual([id, id])
    await spent(here, id, Number(opaque.line['spend']) + Number(signed.line['spend']))
    expect((await trailOf(here, id)).identities).toEqual([`${idp.issuer} ${login}`])
  })

  test('AT-060: what the provider does not know, and what is not for its UserInfo, is refused', async () => {
    const { here } = site()
    const { login } = await newColleague(site())
    const forAnother = (await idp.personToken(login, OPAQUE_GATEWAY)).access
    for (const token of ['an-opaque-token-of-nobody', forAnother]) {
      const { status, message } = await chatOnce(here, token)
      expect([status, message]).toEqual([401, expect.stringContaining('Failed to fetch OIDC UserInfo')])
    }
  })
})

describe('opaque tokens at the provider’s introspection endpoint (RFC 7662)', () => {
  const site = opened(() => ({
    general: { enable_oauth2_auth: true },
    auth: {
      user_id_upsert: true,
      ...ROUTES,
      issuers: [{ issuer: idp.issuer, audience: AUDIENCE, ...FIELDS }],
      user_email_jwt_field: 'email',
      team_ids_jwt_field: 'groups',
    },
    env: {
      OAUTH_TOKEN_INFO_ENDPOINT: idp.introspectionUrl,
      OAUTH_CLIENT_ID: INTROSPECTOR.id,
      OAUTH_CLIENT_SECRET: INTROSPECTOR.secret,
      OAUTH_AUDIENCE: AUDIENCE,
    },
  }))

  test('somebody who logged in is the row with the address, and the endpoint is asked once', async () => {
    const colleague = await newColleague(site())
    const { access } = await idp.personToken(colleague.login, OPAQUE_GATEWAY)
    expect(access).not.toContain('.')
    const asked = idp.asked('/token/introspection')
    await worksAsOne(site(), access, colleague)
    expect(idp.asked('/token/introspection')).toBe(asked + 1)
  })

  test('7.4: the JWT of the same log-in is the same user', async () => {
    const { here } = site()
    const { login, id } = await newColleague(site())
    const opaque = await accountOf(here, await chatOnce(here, (await idp.personToken(login, OPAQUE_GATEWAY)).access))
    const signed = await accountOf(here, await chatOnce(here, (await idp.personToken(login, GATEWAY)).access))
    expect([opaque.user, signed.user]).toEqual([id, id])
    await spent(here, id, Number(opaque.line['spend']) + Number(signed.line['spend']))
  })

  test('J-33: for another audience, or known to nobody, it is refused', async () => {
    const { here } = site()
    const { login } = await newColleague(site())
    const forUserInfo = (await idp.personToken(login)).access
    for (const token of ['an-opaque-token-of-nobody', forUserInfo]) {
      expect((await chatOnce(here, token)).status).toBe(401)
    }
    expect(await trailOf(here, login)).toEqual(NOBODY)
  })

  test('a token of a client for itself has nobody in it, and is told so', async () => {
    const { here } = site()
    const { status } = await chatOnce(here, await idp.robotToken(OPAQUE_GATEWAY))
    expect(status).toBe(401)
    for (const { id } of [ROBOT, CLIENT]) expect(await trailOf(here, id)).toEqual(NOBODY)
  })
})

describe('introspection of clients', () => {
  const site = opened(() => ({
    store: 'embedded',
    general: { enable_oauth2_auth: true },
    auth: { user_id_upsert: true, issuers: [{ issuer: idp.issuer, audience: AUDIENCE, ...FIELDS }] },
    env: {
      OAUTH_TOKEN_INFO_ENDPOINT: idp.introspectionUrl,
      OAUTH_CLIENT_ID: INTROSPECTOR.id,
      OAUTH_CLIENT_SECRET: INTROSPECTOR.secret,
      OAUTH_AUDIENCE: AUDIENCE,
      OAUTH_USER_ID_FIELD_NAME: 'client_id',
    },
  }))

  test('OAUTH_USER_ID_FIELD_NAME: client_id makes a service a user, as its JWT does', async () => {
    const { here } = site()
    const opaque = await accountOf(here, await chatOnce(here, await idp.robotToken(OPAQUE_GATEWAY)))
    const signed = await accountOf(here, await chatOnce(here, await idp.robotToken()))
    expect([opaque.user, signed.user]).toEqual([ROBOT.id, ROBOT.id])
    await spent(here, ROBOT.id, Number(opaque.line['spend']) + Number(signed.line['spend']))
    expect((await trailOf(here, ROBOT.id)).identities).toEqual([`${idp.issuer} ${ROBOT.id}`])
  })
})
