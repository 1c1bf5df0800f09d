import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import type { Members } from '../../support/raw-token.ts'
import { runSql } from '../../support/stores.ts'
import { good, goodList } from '../authority/support/caller.ts'
import { valueAt } from '../hostile/support/stand.ts'
import { accountOf, ask, chat, chatOnce, userIds, userRow } from './support/asks.ts'
import { opened } from './support/opened.ts'
import { join, newKey, newTeam, newUser, update } from './support/people.ts'
import type { Town } from './support/town.ts'
import { eventually, fresh, openTown } from './support/town.ts'

let idp: IdentityProvider

beforeAll(async () => {
  idp = await startIdentityProvider()
})

afterAll(() => idp.stop())

/** The user id claim is the address, as many deployments have it. */
const BY_EMAIL = { user_id_jwt_field: 'email', user_email_jwt_field: 'email' }
const BY_SUBJECT = { user_id_jwt_field: 'sub', user_email_jwt_field: 'email' }
const UPSERT = { user_id_upsert: true }

const links = async (town: Town, user: string): Promise<readonly unknown[]> => {
  const listed = good(await town.master.get(`/user/identities?user_id=${encodeURIComponent(user)}`))['identities']
  if (!Array.isArray(listed)) throw new Error('no identities')
  return listed.map((each: unknown) => valueAt(each, ['subject']))
}

const whois = async (town: Town, claims: Members): Promise<string | undefined> =>
  (await accountOf(town, await chat(town, idp.token({ ...claims })))).user

describe('somebody whom nobody knows', () => {
  const town = opened(() => idp, { auth: BY_SUBJECT })

  test('AT-114: is refused, and not made', async () => {
    const sub = fresh('nobody')
    const { status, message, reason } = await chat(town(), idp.token({ sub }))
    expect([status, reason]).toEqual([401, 'principal_unknown'])
    expect(message).toContain("User doesn't exist in db.")
    expect(message).toContain(sub)
    expect(await userRow(town(), sub)).toBeUndefined()
  })

  test('INV-06: what is nearly somebody is nobody', async () => {
    const id = await newUser(town(), { user_id: fresh('Anna') })
    expect((await chat(town(), idp.token({ sub: id }))).status).toBe(200)
    for (const sub of [id.toUpperCase(), id.toLowerCase(), `${id}.`, `${id}%`, `${id}_`, id.slice(0, -1), `%`]) {
      expect((await chat(town(), idp.token({ sub }))).status, sub).toBe(401)
    }
  })

  test('the holder of the master key is nobody’s to be', async () => {
    expect((await chat(town(), idp.token({ sub: 'default_user_id' }))).status).toBe(401)
  })
})

describe('somebody new, with user_id_upsert', () => {
  const town = opened(() => idp, { auth: { ...BY_SUBJECT, ...UPSERT } })

  test('AT-115, AT-131: is made once, with the id that the token says, and linked', async () => {
    const sub = fresh('new')
    for (let turn = 0; turn < 3; turn += 1) expect(await whois(town(), { sub })).toBe(sub)
    expect((await userIds(town())).filter((id) => id.includes(sub))).toEqual([sub])
    expect(await links(town(), sub)).toEqual([sub])
  })

  test('AT-140: is made once where many ask at the same time, and all are served', async () => {
    const sub = fresh('many')
    const answers = await Promise.all(Array.from({ length: 30 }, () => chatOnce(town(), idp.token({ sub }))))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 200))
    expect((await userIds(town())).filter((id) => id.includes(sub))).toEqual([sub])
    expect(await links(town(), sub)).toEqual([sub])
  })

  test('is not made by a request that is refused', async () => {
    const sub = fresh('refused')
    expect((await chat(town(), idp.token({ sub }), { model: 'no-such-model' })).status).toBeGreaterThanOrEqual(400)
    expect((await ask(town(), idp.token({ sub }), { method: 'POST', path: '/team/new', body: {} })).status).not.toBe(
      200,
    )
    expect(await userRow(town(), sub)).toBeUndefined()
  })

  test('J-29: is nobody special, whatever the token says', async () => {
    const sub = fresh('plain')
    const claims = { sub, user_role: 'proxy_admin', role: 'proxy_admin', max_budget: 1e9, models: ['*'], teams: ['x'] }
    expect(await whois(town(), claims)).toBe(sub)
    expect(await userRow(town(), sub)).toMatchObject({ user_role: 'internal_user', teams: [] })
  })

  test('D-37, 7.5: each id is taken as it is, or one is made, and never another’s', async () => {
    const team = await newTeam(town())
    for (const sub of [
      `team_id:${team}`,
      'default_user_id',
      '../admin',
      `'; drop table x;--`,
      '{"a":1}',
      'a'.repeat(255),
    ]) {
      const user = await whois(town(), { sub })
      expect(user).not.toBe('default_user_id')
      expect(await links(town(), String(user))).toEqual([sub])
      // And the same one the next time.
      expect(await whois(town(), { sub })).toBe(user)
    }
  })

  test('J-29: who was deleted does not come back by a token', async () => {
    const sub = fresh('gone')
    expect(await whois(town(), { sub })).toBe(sub)
    good(await town().master.post('/user/delete', { user_ids: [sub] }))
    for (const claims of [{ sub }, { sub, email: `${sub}@example.com`, email_verified: true }]) {
      expect(await chat(town(), idp.token(claims))).toMatchObject({ status: 403, reason: 'principal_blocked' })
    }
    expect(await userRow(town(), sub)).toBeUndefined()
    await newUser(town(), { user_id: sub })
    expect(await whois(town(), { sub })).toBe(sub)
  })

  test('J-29: no more than sixty in a minute', async () => {
    const other = await startIdentityProvider()
    const place = await openTown({ idp: other, auth: { ...BY_SUBJECT, ...UPSERT } })
    try {
      const answers = await Promise.all(
        Array.from({ length: 90 }, () => chatOnce(place, other.token({ sub: fresh('crowd') }))),
      )
      const made = answers.filter(({ status }) => status === 200).length
      expect(made).toBeLessThanOrEqual(60)
      expect(made).toBeGreaterThan(50)
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]))
      expect((await userIds(place)).filter((id) => id.startsWith('crowd'))).toHaveLength(made)
    } finally {
      await place.close()
      await other.stop()
    }
  })
})

describe('one person, by whichever claim', () => {
  const town = opened(() => idp, { auth: { ...BY_EMAIL, ...UPSERT } })
  const person = async (fields: object = {}): Promise<{ readonly id: string; readonly email: string }> => {
    const email = `${fresh('ann')}@example.com`
    return { id: await newUser(town(), { user_email: email, ...fields }), email }
  }
  const proven = (email: string): Members => ({ sub: `idp|${email}`, email, email_verified: true })

  test('AT-129: the claim is the address of a row', async () => {
    const { id, email } = await person()
    expect(await whois(town(), proven(email))).toBe(id)
    expect(await userRow(town(), email)).toBeUndefined()
  })

  test('AT-135: in any case of its letters', async () => {
    const { id, email } = await person()
    for (const spelling of [email.toUpperCase(), email, email.replace('ann', 'Ann')]) {
      expect(await whois(town(), proven(spelling))).toBe(id)
    }
  })

  test('AT-130: the claim is the subject that was set by hand', async () => {
    const sso_user_id = fresh('sso')
    const { id } = await person({ sso_user_id })
    expect(await whois(town(), { email: sso_user_id })).toBe(id)
  })

  test('AT-133: keys and tokens spend as one', async () => {
    const { id, email } = await person()
    const key = await newKey(town(), { user_id: id })
    const accounts = [
      await accountOf(town(), await chat(town(), key)),
      await accountOf(town(), await chat(town(), idp.token(proven(email)))),
    ]
    expect(accounts.map(({ user }) => user)).toEqual([id, id])
    const [cost] = accounts.map(({ line }) => Number(line['spend']))
    expect(cost).toBeGreaterThan(0)
    await eventually(async () => {
      const row = await userRow(town(), id)
      expect(Number(row?.['spend'])).toBeCloseTo(4 * (cost ?? 0), 9)
    })
  })

  test('AT-132: what was made with a key is there with a token, and the reverse', async () => {
    const { id, email } = await person()
    const first = await newKey(town(), { user_id: id, key_alias: fresh('first') })
    const holder = town().holder(idp.token(proven(email)))
    const second = good(await holder.post('/key/generate', { key_alias: fresh('second') }))
    expect(second['user_id']).toBe(id)
    const listed = async (credential: string): Promise<unknown> =>
      good(await town().holder(credential).get('/key/list'))['keys']
    const [byToken, byKey] = [await listed(idp.token(proven(email))), await listed(first)]
    expect(byToken).toEqual(byKey)
    expect(byKey).toHaveLength(2)
    // Of what both spent, each sees all.
    await chat(town(), first)
    await chat(town(), idp.token(proven(email)))
    await eventually(async () => {
      for (const credential of [first, idp.token(proven(email))]) {
        expect(goodList(await town().holder(credential).get('/spend/logs'))).toHaveLength(4)
      }
    })
  })

  test('AT-134: the member’s budget in a team holds for the token', async () => {
    const { id, email } = await person()
    const team = await newTeam(town())
    await join(town(), team, id, { max_budget_in_team: 1e-9 })
    expect((await chat(town(), idp.token(proven(email)))).type).toBe('budget_exceeded')
  })

  test('AT-136: an address of two rows leads to neither, and changes neither', async () => {
    const { id, email } = await person()
    const other = await newUser(town(), { user_email: `${fresh('other')}@example.com` })
    await runSql(
      town().databaseUrl,
      `update latchkey.user_account set email = '${email.toUpperCase()}' where user_id = '${other}'`,
    )
    const again = await openTown({ idp, auth: { ...BY_EMAIL, ...UPSERT }, databaseUrl: town().databaseUrl })
    try {
      const verdict = await chat(again, idp.token(proven(email)))
      expect(verdict).toMatchObject({ status: 401, reason: 'jwt_email_ambiguous' })
      for (const row of [id, other]) expect(await links(town(), row)).toEqual([])
    } finally {
      await again.close()
    }
  })

  test('AT-137: a row that is somebody’s at this provider is nobody else’s', async () => {
    const place = await openTown({ idp, auth: { ...BY_SUBJECT, ...UPSERT }, databaseUrl: town().databaseUrl })
    try {
      const { id, email } = await person()
      const [one, two] = [fresh('sub'), fresh('sub')]
      expect(await whois(place, { sub: one, email, email_verified: true })).toBe(id)
      const other = await whois(place, { sub: two, email, email_verified: true })
      expect(other).not.toBe(id)
      expect(await links(place, id)).toEqual([one])
      expect(await whois(place, { sub: one, email, email_verified: true })).toBe(id)
    } finally {
      await place.close()
    }
  })

  test.each<readonly [string, Members]>([
    ['not said to be verified', {}],
    ['said not to be', { email_verified: false }],
    ['said so in another type', { email_verified: 'true' }],
    ['said so by a number', { email_verified: 1 }],
    ['said so in a list', { email_verified: [true] }],
    ['said so elsewhere', { verified: true, email_verified: undefined }],
  ])('AT-138: an address that is %s leads to nobody', async (_, more) => {
    const { id, email } = await person()
    const user = await whois(town(), { sub: fresh('sub'), email, ...more })
    expect(user).not.toBe(id)
    expect(await links(town(), id)).toEqual([])
  })

  test('D-47: an address leads to no administrator', async () => {
    for (const user_role of ['proxy_admin', 'proxy_admin_viewer']) {
      const { id, email } = await person({ user_role })
      const user = await whois(town(), proven(email))
      expect(user).not.toBe(id)
      expect(await links(town(), id)).toEqual([])
    }
  })

  test('AT-139: the link is there as soon as the first answer is', async () => {
    const { id, email } = await person()
    const first = await chatOnce(town(), idp.token(proven(email)))
    expect(first.status).toBe(200)
    expect(await links(town(), id)).toEqual([email])
    // The address goes to somebody else; the person stays who it was.
    await update(town(), '/user/update', { user_id: id, user_email: `${fresh('new')}@example.com` })
    expect(await whois(town(), { sub: fresh('x'), email })).toBe(id)
  })

  test('AT-141: a change of role or block counts at once for every name of the person', async () => {
    const { id, email } = await person()
    const key = await newKey(town(), { user_id: id })
    const token = idp.token(proven(email))
    // A request that is refused links nobody, and an address leads to nobody who is powerful.
    expect((await chat(town(), token)).status).toBe(200)
    const see = async (): Promise<readonly number[]> =>
      Promise.all([key, token].map(async (one) => (await ask(town(), one, { path: '/user/list' })).status))
    expect((await see()).every((status) => status === 401 || status === 403)).toBe(true)
    await update(town(), '/user/update', { user_id: id, user_role: 'proxy_admin_viewer' })
    expect(await see()).toEqual([200, 200])
    await update(town(), '/user/update', { user_id: id, user_role: 'internal_user' })
    expect((await see()).every((status) => status === 401 || status === 403)).toBe(true)
    await update(town(), '/user/update', { user_id: id, blocked: true })
    const blocked = await Promise.all([key, token].map(async (one) => (await chat(town(), one)).status))
    expect(blocked).toEqual([401, 403])
  })

  test('AT-141: also at another process', async () => {
    const { id, email } = await person()
    const second = await openTown({ idp, auth: { ...BY_EMAIL, ...UPSERT }, databaseUrl: town().databaseUrl })
    try {
      const token = idp.token(proven(email))
      expect((await chat(second, token)).status).toBe(200)
      await update(town(), '/user/update', { user_id: id, blocked: true })
      await expect.poll(async () => (await chatOnce(second, token)).status, { timeout: 5_000, interval: 50 }).toBe(403)
    } finally {
      await second.close()
    }
  })

  test('AT-125, D-23: who was deactivated is refused at once', async () => {
    const { id, email } = await person()
    const token = idp.token(proven(email))
    expect((await chat(town(), token)).status).toBe(200)
    await update(town(), '/user/update', { user_id: id, metadata: { scim_active: false } })
    expect(await chat(town(), token)).toMatchObject({ status: 403, reason: 'principal_blocked' })
    await update(town(), '/user/update', { user_id: id, metadata: { scim_active: true } })
    expect((await chat(town(), token)).status).toBe(200)
  })
})
