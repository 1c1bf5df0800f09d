import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import { makeKey, signToken } from '../../support/raw-token.ts'
import { accountOf, chat, userRow } from './support/asks.ts'
import { newTeam, update } from './support/people.ts'
import type { Town } from './support/town.ts'
import { fresh, openTown } from './support/town.ts'

let one: IdentityProvider
let two: IdentityProvider
/** Its issuer ends with a slash. */
let slashed: IdentityProvider
/** Its claims mean something else. */
let machines: IdentityProvider
let disabled: IdentityProvider
let stranger: IdentityProvider
let town: Town

beforeAll(async () => {
  // Both publish a key of one name.
  const keyed = (): Promise<IdentityProvider> =>
    startIdentityProvider({ keys: [makeKey('RS256', { kid: 'k' })], issuerPath: '/tenant' })
  one = await keyed()
  two = await keyed()
  slashed = await startIdentityProvider({ issuerPath: '/' })
  machines = await startIdentityProvider({ audience: 'machines' })
  disabled = await startIdentityProvider()
  stranger = await startIdentityProvider()
  const people = { user_id_jwt_field: 'sub', user_email_jwt_field: 'email' }
  town = await openTown({
    idp: one,
    auth: {
      user_id_upsert: true,
      issuers: [
        { issuer: one.issuer, audience: 'gw', jwks_url: one.jwksUrl, ...people },
        { issuer: two.issuer, audience: ['gw', 'gw-2'], jwks_url: two.jwksUrl, may_administer: false, ...people },
        { issuer: slashed.issuer, audience: 'gw', ...people },
        { issuer: machines.issuer, audience: 'machines', jwks_url: machines.jwksUrl, team_id_jwt_field: 'sub' },
        { issuer: disabled.issuer, audience: 'gw', jwks_url: disabled.jwksUrl, disabled: true, ...people },
      ],
    },
  })
})

afterAll(async () => {
  await town.close()
  await Promise.all([one, two, slashed, machines, disabled, stranger].map((each) => each.stop()))
})

describe('each issuer by itself', () => {
  test('a token of each is accepted', async () => {
    for (const idp of [one, two, slashed]) {
      const sub = fresh('person')
      expect((await accountOf(town, await chat(town, idp.token({ sub })))).user).toBe(sub)
    }
    expect((await chat(town, two.token({ aud: 'gw-2' }))).status).toBe(200)
  })

  test('AT-052: the audience of another application', async () => {
    expect(await chat(town, one.token({ aud: 'gw-2' }))).toMatchObject({ status: 401, reason: 'jwt_aud_mismatch' })
    expect(await chat(town, one.token({ aud: 'machines' }))).toMatchObject({ status: 401, reason: 'jwt_aud_mismatch' })
  })

  test('AT-053, AC-023, INV-07: a key of one issuer verifies no token of another, though it has the same name', async () => {
    for (const [claims, key] of [
      [two.claims(), one.keys.RS256],
      [one.claims(), two.keys.RS256],
    ] as const) {
      expect(await chat(town, signToken({ claims, key }))).toMatchObject({ status: 401, reason: 'jwt_sig_invalid' })
    }
  })

  test('AT-054: discovery below an issuer with a slash at its end, which counts in the token', async () => {
    expect((await chat(town, slashed.token())).status).toBe(200)
    expect(slashed.counters.discovery).toBeGreaterThan(0)
    const without = slashed.token({ iss: slashed.issuer.slice(0, -1) })
    expect(await chat(town, without)).toMatchObject({ status: 401, reason: 'jwt_iss_unknown' })
    expect(await chat(town, one.token({ iss: `${one.issuer}/` }))).toMatchObject({
      status: 401,
      reason: 'jwt_iss_unknown',
    })
  })

  test('AT-055: an unlisted issuer', async () => {
    expect(await chat(town, stranger.token())).toMatchObject({ status: 401, reason: 'jwt_iss_unknown' })
    expect(stranger.counters.jwks + stranger.counters.discovery).toBe(0)
  })

  test.each([
    ['none', undefined, 'jwt_iss_missing'],
    ['a list', ['x'], 'jwt_iss_type'],
    ['a number', 1, 'jwt_iss_type'],
    ['nothing', null, 'jwt_iss_'],
    ['empty text', '', 'jwt_iss_'],
  ])('J-08: as issuer %s', async (_, iss, reason) => {
    const verdict = await chat(town, one.token({ iss }))
    expect(verdict.status).toBe(401)
    expect(verdict.reason).toContain(reason)
  })

  test('AC-021: the issuer has one spelling', async () => {
    const { issuer, origin } = one
    const spellings = [
      `${issuer}/`,
      issuer.toUpperCase(),
      issuer.replace('http', 'HTTP'),
      issuer.replace('http:', 'https:'),
      issuer.replace('127.0.0.1', 'localhost'),
      issuer.replace('127.0.0.1', '127.1'),
      `${origin}/%74enant`,
      `${origin}/./tenant`,
      ` ${issuer}`,
      `${issuer}\u0000`,
      `${issuer}#`,
    ]
    for (const iss of spellings) {
      const { status, reason } = await chat(town, one.token({ iss }))
      expect([status, reason], iss).toEqual([401, 'jwt_iss_unknown'])
    }
  })

  test('J-26: one whose tokens make no administrators', async () => {
    const admin = { sub: fresh('admin'), scope: 'litellm_proxy_admin' }
    expect((await town.holder(one.token(admin)).get('/user/list')).status).toBe(200)
    expect((await town.holder(two.token(admin)).get('/user/list')).status).toBe(403)
    expect((await chat(town, two.token({ ...admin, sub: fresh('person') }))).status).toBe(200)
  })

  test('AC-037, J-09: a disabled issuer', async () => {
    expect(await chat(town, disabled.token())).toMatchObject({ status: 401, reason: 'jwt_provider_disabled' })
  })
})

describe('each issuer with its own claims', () => {
  test('AT-077: the same subject is a team here and a user there', async () => {
    const sub = await newTeam(town)
    const asTeam = await accountOf(town, await chat(town, machines.token({ sub })))
    const asUser = await accountOf(town, await chat(town, one.token({ sub })))
    expect([asTeam.team, asTeam.user]).toEqual([sub, undefined])
    expect([asUser.team, asUser.user]).toEqual([undefined, sub])
    expect(await userRow(town, sub)).toMatchObject({ user_id: sub })
  })

  test('AT-142: a subject that looks like the key of a cache is a subject', async () => {
    const team = await newTeam(town, { models: ['m1'] })
    for (const sub of [`team_id:${team}`, `team:${team}`, `user:${team}`]) {
      expect((await accountOf(town, await chat(town, one.token({ sub })))).user).toBe(sub)
    }
    const { team: found } = await accountOf(town, await chat(town, machines.token({ sub: team })))
    expect(found).toBe(team)
    expect((await chat(town, machines.token({ sub: team }), { model: 'm2' })).type).toBe('team_model_access_denied')
  })

  test('D-03: a mapping of one entry is not lent to another', async () => {
    const team = await newTeam(town, { models: ['m2'] })
    const sub = fresh('person')
    const account = await accountOf(town, await chat(town, two.token({ sub, email: 'x@example.com', team_id: team })))
    expect([account.user, account.team]).toEqual([sub, undefined])
  })
})

describe('AC-022, INV-05: one subject at two issuers', () => {
  test('two users, two ledgers, and each sees only its own', async () => {
    const sub = fresh('alice')
    const email = `${sub}@example.com`
    const claims = { sub, email, email_verified: true }
    const [mine, theirs] = [one.token(claims), two.token({ ...claims })]
    const first = await accountOf(town, await chat(town, mine))
    const second = await accountOf(town, await chat(town, theirs))
    // The verified address leads the second to the first's row only where nothing of its issuer is linked yet: never by subject.
    expect(first.user).toBe(sub)
    const again = await accountOf(town, await chat(town, mine))
    expect(again.user).toBe(first.user)
    expect((await accountOf(town, await chat(town, theirs))).user).toBe(second.user)
  })

  test('without a common address they share nothing', async () => {
    const sub = fresh('alice')
    const first = await accountOf(town, await chat(town, one.token({ sub })))
    const second = await accountOf(town, await chat(town, two.token({ sub })))
    expect(first.user).toBe(sub)
    expect(second.user).not.toBe(sub)
    const key = await town.holder(one.token({ sub })).post('/key/generate', {})
    expect(key.status).toBe(200)
    const lists = await Promise.all(
      [one, two].map(
        async (idp) => (await town.holder(idp.token({ sub })).get('/key/list?return_full_object=true')).text,
      ),
    )
    expect(lists[0]).toContain(String(first.user))
    expect(lists[1]).not.toContain(`"${String(first.user)}"`)
    await update(town, '/user/update', { user_id: String(first.user), blocked: true })
    expect((await chat(town, one.token({ sub }))).status).toBe(403)
    expect((await chat(town, two.token({ sub }))).status).toBe(200)
  })
})

test('AT-056: internal names in a token mean nothing', async () => {
  const sub = fresh('person')
  const claims = {
    sub,
    _litellm_user_id: 'default_user_id',
    _litellm_user_email: 'boss@example.com',
    _litellm_team_id: 'team',
    _litellm_team_ids: ['team'],
    _litellm_org_id: 'org',
    _litellm_end_user_id: 'customer',
    _litellm_jwt_issuer: two.issuer,
  }
  const account = await accountOf(town, await chat(town, one.token(claims)))
  expect(account).toMatchObject({ user: sub, team: undefined, organization: undefined, endUser: undefined })
})
