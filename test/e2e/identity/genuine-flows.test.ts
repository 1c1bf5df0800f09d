import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { good } from '../authority/support/caller.ts'
import { valueAt } from '../hostile/support/stand.ts'
import { accountOf, chat, chatOnce } from '../jwt/support/asks.ts'
import { join, newTeam, newUser } from '../jwt/support/people.ts'
import { fresh } from '../jwt/support/town.ts'
import type { GenuineProvider } from './support/genuine-provider.ts'
import {
  AUDIENCE,
  CLIENT,
  GATEWAY,
  OPAQUE_GATEWAY,
  OTHER_APPLICATION,
  ROBOT,
  startGenuineProvider,
} from './support/genuine-provider.ts'
import { opened } from './support/site.ts'
import { NOBODY, memberOf, recordsOf, spent, trailOf } from './support/trail.ts'

const CLAIMS = { user_id_jwt_field: 'sub', user_email_jwt_field: 'email', team_ids_jwt_field: 'groups' }

let idp: GenuineProvider

beforeAll(async () => {
  idp = await startGenuineProvider({ robot: { purpose: 'nightly' } })
})

afterAll(() => idp.stop())

describe('a certified provider, found by the name of its issuer', () => {
  const site = opened(() => ({
    auth: {
      user_id_upsert: true,
      team_allowed_routes: ['openai_routes', 'info_routes', 'management_routes'],
      issuers: [{ issuer: idp.issuer, audience: AUDIENCE, ...CLAIMS }],
    },
  }))

  test('client credentials: a service calls, and pays as the user that it became', async () => {
    const { here } = site()
    const token = await idp.robotToken()
    const { user, team, line } = await accountOf(here, await chatOnce(here, token))
    expect([user, team]).toEqual([ROBOT.id, undefined])
    await spent(here, ROBOT.id, Number(line['spend']))
    expect(await trailOf(here, ROBOT.id)).toMatchObject({
      calls: [line['request_id']],
      identities: [`${idp.issuer} ${ROBOT.id}`],
    })
    const [made, ...more] = await recordsOf(here, ROBOT.id)
    expect(more).toEqual([])
    expect(made).toMatchObject({
      action: 'created',
      actor: 'jwt-provisioner',
      request_id: valueAt(line, ['metadata', 'litellm_call_id']),
    })
    // The next token of the same client is the same user, without a further record.
    expect((await accountOf(here, await chatOnce(here, await idp.robotToken()))).user).toBe(ROBOT.id)
    expect(await recordsOf(here, ROBOT.id)).toHaveLength(1)
  })

  test('authorization code: somebody logs in, and acts as the row that has the address', async () => {
    const { here } = site()
    const [login, email, id, team] = [fresh('login'), `${fresh('Ada')}@example.com`, fresh('U'), fresh('team')]
    await newUser(here, { user_id: id, user_email: email.toLowerCase() })
    await newTeam(here, { team_id: team })
    await join(here, team, id)
    idp.employs(login, { email, email_verified: true, groups: [team] })

    const { access } = await idp.personToken(login, GATEWAY)
    const { user, team: payer, line } = await accountOf(here, await chatOnce(here, access))
    expect([user, payer]).toEqual([id, team])
    good(await here.holder(access).post('/key/generate', { key_alias: `of ${id}` }))

    await spent(here, id, Number(line['spend']))
    expect(await trailOf(here, id)).toMatchObject({
      calls: [line['request_id']],
      keys: [`of ${id}`],
      acts: ['created LiteLLM_VerificationToken'],
      identities: [`${idp.issuer} ${login}`],
    })
    expect(await memberOf(here, team, id)).toMatchObject({ spend: line['spend'] })
    for (const name of [login, email]) expect(await trailOf(here, name), name).toEqual(NOBODY)
  })

  test('AT-137, AT-138: another account of the same address, proven or not, is another user', async () => {
    const { here } = site()
    const [email, id] = [`${fresh('bob')}@example.com`, fresh('U')]
    await newUser(here, { user_id: id, user_email: email })
    const [unproven, first, second] = [fresh('login'), fresh('login'), fresh('login')]
    idp.employs(unproven, { email, email_verified: false })
    for (const login of [first, second]) idp.employs(login, { email, email_verified: true })
    const owner = async (login: string): Promise<string | undefined> =>
      (await accountOf(here, await chatOnce(here, (await idp.personToken(login, GATEWAY)).access))).user
    expect(await owner(unproven)).toBe(unproven)
    expect(await owner(first)).toBe(id)
    expect(await owner(second)).toBe(second)
  })

  test('AT-052: a token for another application of the provider', async () => {
    const { here } = site()
    const login = fresh('login')
    idp.employs(login)
    for (const token of [
      await idp.robotToken(OTHER_APPLICATION),
      (await idp.personToken(login, OTHER_APPLICATION)).access,
    ]) {
      expect(await chat(here, token)).toMatchObject({ status: 401, reason: 'jwt_aud_mismatch' })
    }
    expect(await trailOf(here, login)).toEqual(NOBODY)
  })

  test('the ID token that comes with it is none of ours, nor is an opaque token', async () => {
    const { here } = site()
    const login = fresh('login')
    idp.employs(login)
    expect((await chat(here, (await idp.personToken(login, GATEWAY)).id)).status).toBe(401)
    expect((await chat(here, (await idp.personToken(login, OPAQUE_GATEWAY)).access)).status).toBe(401)
    expect(await trailOf(here, login)).toEqual(NOBODY)
  })

  test('a group that is not there leaves nothing behind', async () => {
    const { here } = site()
    const login = fresh('login')
    idp.employs(login, { groups: [fresh('nowhere')] })
    const { access } = await idp.personToken(login, GATEWAY)
    expect((await chat(here, access)).status).toBeGreaterThanOrEqual(400)
    expect(await trailOf(here, login)).toEqual(NOBODY)
  })
})

describe('a certified provider in the environment', () => {
  const site = opened(() => ({
    auth: { user_id_upsert: true, ...CLAIMS },
    env: { JWT_PUBLIC_KEY_URL: idp.discoveryUrl, JWT_AUDIENCE: AUDIENCE, JWT_ISSUER: idp.issuer },
  }))

  test('AT-041: JWT_PUBLIC_KEY_URL is its discovery document', async () => {
    const { here } = site()
    expect((await accountOf(here, await chatOnce(here, await idp.robotToken()))).user).toBe(ROBOT.id)
    expect(await chat(here, await idp.robotToken(OTHER_APPLICATION))).toMatchObject({ status: 401 })
  })
})

describe('a certified provider whose access tokens and ID tokens are for one client', () => {
  const site = opened(() => ({
    store: 'embedded',
    auth: {
      user_id_upsert: true,
      issuers: [{ issuer: idp.issuer, audience: [AUDIENCE, CLIENT.id], require_typ: true, ...CLAIMS }],
    },
  }))

  test('J-22: require_typ tells them apart', async () => {
    const { here } = site()
    const login = fresh('login')
    idp.employs(login)
    const { access, id } = await idp.personToken(login, GATEWAY)
    expect(await chat(here, id)).toMatchObject({ status: 401, reason: 'jwt_type_wrong' })
    expect((await accountOf(here, await chatOnce(here, access))).user).toBe(login)
  })
})

describe.each(['PS256', 'ES256', 'EdDSA'] as const)('a certified provider that signs with %s', (signs) => {
  let signing: GenuineProvider

  beforeAll(async () => {
    signing = await startGenuineProvider({ signs })
  })

  afterAll(() => signing.stop())

  const site = opened(() => ({
    store: 'embedded',
    auth: { user_id_upsert: true, issuers: [{ issuer: signing.issuer, audience: AUDIENCE, ...CLAIMS }] },
  }))

  test('AT-028: its tokens are good', async () => {
    const { here } = site()
    const login = fresh('login')
    signing.employs(login)
    const { access } = await signing.personToken(login, GATEWAY)
    expect((await accountOf(here, await chatOnce(here, access))).user).toBe(login)
    expect(await chat(here, await idp.robotToken())).toMatchObject({ status: 401, reason: 'jwt_iss_unknown' })
  })
})
