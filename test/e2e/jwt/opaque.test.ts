import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import { accountOf, chat, chatOnce } from './support/asks.ts'
import { newKey, newTeam } from './support/people.ts'
import type { Town } from './support/town.ts'
import { fresh, openTown } from './support/town.ts'

describe('UserInfo', () => {
  let town: Town

  beforeAll(async () => {
    town = await openTown({
      auth: (idp) => ({
        user_id_jwt_field: 'sub',
        user_email_jwt_field: 'email',
        team_ids_jwt_field: 'groups',
        user_id_upsert: true,
        oidc_userinfo_enabled: true,
        oidc_userinfo_endpoint: idp.userinfoUrl,
      }),
    })
  })

  afterEach(() => town.idp.recover())

  afterAll(() => town.close())

  function opaque(person: object): string {
    const token = `opaque-${fresh('access')}-token`
    town.idp.knows(token, person)
    town.idp.clear()
    return token
  }

  test('AT-058: is asked once for a token in its time', async () => {
    const sub = fresh('person')
    const token = opaque({ sub })
    expect((await accountOf(town, await chat(town, token))).user).toBe(sub)
    expect(town.idp.counters.userinfo).toBe(1)
    const [seen] = town.idp.seen
    expect(seen?.headers).toMatchObject({ authorization: `Bearer ${token}`, accept: 'application/json' })
  })

  test('AT-058: also where fifty ask at once', async () => {
    const token = opaque({ sub: fresh('person') })
    town.idp.delay(200, 'userinfo')
    const all = await Promise.all(Array.from({ length: 50 }, () => chatOnce(town, token)))
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]))
    expect(town.idp.counters.userinfo).toBe(1)
  })

  test('AT-059: is not asked about a token of three parts, good or bad', async () => {
    town.idp.clear()
    expect((await chat(town, town.token())).status).toBe(200)
    expect((await chat(town, town.token({ aud: 'b' }))).status).toBe(401)
    expect((await chat(town, 'a.b.c')).status).toBe(401)
    expect(town.idp.counters.userinfo).toBe(0)
  })

  test('3.8: nor about keys', async () => {
    town.idp.clear()
    expect((await chat(town, await newKey(town, {}))).status).toBe(200)
    expect((await chat(town, 'sk-unknown-0000000000000000000000000000')).status).toBe(401)
    expect(town.idp.counters.userinfo).toBe(0)
  })

  test('AT-060: its refusal is ours', async () => {
    const { status, message } = await chat(town, 'nobody-knows-this-token')
    expect(status).toBe(401)
    expect(message).toContain('Failed to fetch OIDC UserInfo')
    expect(message).not.toContain('nobody-knows-this-token')
  })

  test('AT-057: internal names in its answer mean nothing', async () => {
    const team = await newTeam(town)
    const sub = fresh('person')
    const token = opaque({
      sub,
      _litellm_team_id: team,
      _litellm_team_ids: [team],
      _litellm_user_id: 'default_user_id',
      _litellm_jwt_issuer: town.idp.issuer,
    })
    expect(await accountOf(town, await chat(town, token))).toMatchObject({ user: sub, team: undefined })
  })

  test('its claims are read as those of a token', async () => {
    const team = await newTeam(town)
    const sub = fresh('person')
    const account = await accountOf(town, await chat(town, opaque({ sub, groups: [team] })))
    expect([account.user, account.team]).toEqual([sub, team])
  })

  test.each([
    ['a subject that is a number', { sub: 7 }],
    ['no subject', { email: 'x@example.com' }],
    ['a list', []],
    ['an empty object', {}],
    ['prose', 'sub=ada'],
    ['a team list with a number in it', { sub: 'ada', groups: ['t', 7] }],
  ])('J-33: an answer with %s is a refusal', async (_, person) => {
    const { status } = await chat(town, opaque(person as object))
    expect([401, 403]).toContain(status)
  })

  test('while it is away nobody new comes in, and it is no server error of ours', async () => {
    const token = opaque({ sub: fresh('person') })
    town.idp.fail('reset', 'userinfo')
    const { status } = await chatOnce(town, token)
    expect([401, 503]).toContain(status)
    town.idp.recover()
    await expect.poll(async () => (await chatOnce(town, token)).status, { timeout: 35_000, interval: 500 }).toBe(200)
  })
})

describe('introspection', () => {
  let idp: IdentityProvider
  let town: Town

  beforeAll(async () => {
    idp = await startIdentityProvider()
    town = await openTown({
      auth: {
        user_id_jwt_field: 'sub',
        user_id_upsert: true,
        routing_overrides: [
          { iss: 'https://machines.example.com', scope: 'gateway:*', path: 'oauth2' },
          { iss: ['https://other.example.com', 'https://Glob-*.example.com'], path: 'oauth2' },
          { iss: 'https://aud.example.com', aud: 'gateway:*', path: 'oauth2' },
        ],
      },
      env: { OAUTH_TOKEN_INFO_ENDPOINT: idp.introspectionUrl },
      idp,
    })
  })

  afterAll(async () => {
    await town.close()
    await idp.stop()
  })

  afterEach(() => idp.recover())

  /** Whether a token with these claims was introspected; the answer names a user of its own. */
  async function route(claims: object): Promise<{ introspected: boolean; status: number; user: string | undefined }> {
    const sub = fresh('machine')
    const token = town.token({ ...claims })
    town.idp.introspects(token, { active: true, sub, client_id: 'c' })
    town.idp.clear()
    const verdict = await chat(town, token)
    const user = verdict.status === 200 ? (await accountOf(town, verdict)).user : undefined
    return {
      introspected: town.idp.counters.introspection > 0,
      status: verdict.status,
      user: user === sub ? 'it' : user,
    }
  }

  test('AT-062: a scope is several words, an audience is one', async () => {
    const iss = 'https://machines.example.com'
    expect(await route({ iss, scope: 'profile gateway:use' })).toEqual({ introspected: true, status: 200, user: 'it' })
    expect(await route({ iss, scope: 'profile' })).toMatchObject({ introspected: false, status: 401 })
    expect(await route({ iss })).toMatchObject({ introspected: false, status: 401 })
    const audIss = 'https://aud.example.com'
    expect(await route({ iss: audIss, aud: 'gateway:use' })).toMatchObject({ introspected: true })
    expect(await route({ iss: audIss, aud: 'other gateway:use' })).toMatchObject({ introspected: false })
    expect(await route({ iss: audIss, aud: 'gateway:use other' })).toMatchObject({ introspected: false })
  })

  test('AT-063: a pattern minds the case', async () => {
    expect(await route({ iss: 'https://Glob-1.example.com' })).toMatchObject({ introspected: true, user: 'it' })
    expect(await route({ iss: 'https://glob-1.example.com' })).toMatchObject({ introspected: false, status: 401 })
    expect(await route({ iss: 'https://OTHER.example.com' })).toMatchObject({ introspected: false, status: 401 })
  })

  test('a token of the usual issuer is verified as ever', async () => {
    expect(await route({})).toMatchObject({ introspected: false, status: 200, user: 'user-1' })
  })

  test('J-33: only `active: true` is active', async () => {
    for (const active of [false, 'true', 1, null, undefined]) {
      const token = town.token({ iss: 'https://other.example.com', jti: fresh('jti') })
      town.idp.introspects(token, { active, sub: 'ada' })
      expect((await chat(town, token)).status, String(active)).toBe(401)
    }
  })

  test('while it is away nobody comes in by it, nor by the other door', async () => {
    const token = town.token({ iss: 'https://other.example.com', jti: fresh('jti') })
    town.idp.introspects(token, { active: true, sub: 'ada' })
    town.idp.fail('reset', 'introspection')
    expect([401, 503]).toContain((await chatOnce(town, token)).status)
  })
})

describe('custom_validate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-validate-'))
  const file = join(folder, 'validate.mjs')
  let town: Town

  beforeAll(async () => {
    writeFileSync(
      file,
      `export default (claims) => {
        if (claims.throws) throw new Error('the module says no')
        return 'returns' in claims ? claims.returns : true
      }`,
    )
    town = await openTown({ auth: { user_id_jwt_field: 'sub', user_id_upsert: true, custom_validate: file } })
  })

  afterAll(async () => {
    await town.close()
    rmSync(folder, { recursive: true })
  })

  test('AT-061: true is the only yes', async () => {
    expect((await chat(town, town.token())).status).toBe(200)
    for (const returns of [false, null, 0, '', 'true', 1, {}]) {
      const { status, message } = await chat(town, town.token({ returns }))
      expect([status, message], JSON.stringify(returns)).toEqual([403, 'Invalid JWT token'])
    }
  })

  test('4.12: an exception is a refusal', async () => {
    expect((await chat(town, town.token({ throws: true }))).status).toBe(401)
  })

  test('it refuses before anything is made', async () => {
    const sub = fresh('person')
    await chat(town, town.token({ sub, returns: false }))
    expect((await town.master.get(`/user/info?user_id=${sub}`)).status).toBe(404)
  })
})
