import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import { accountOf, chatOnce, userIds } from '../jwt/support/asks.ts'
import { newUser } from '../jwt/support/people.ts'
import { fresh } from '../jwt/support/town.ts'
import type { Site } from './support/site.ts'
import { opened } from './support/site.ts'
import { recordsOf, spent, trailOf } from './support/trail.ts'

let idp: IdentityProvider
let second: IdentityProvider

beforeAll(async () => {
  idp = await startIdentityProvider()
  second = await startIdentityProvider()
})

afterAll(async () => {
  await idp.stop()
  await second.stop()
})

const FIELDS = { user_id_jwt_field: 'sub', user_email_jwt_field: 'email' }

const site: () => Site = opened(() => ({
  replicas: 2,
  auth: {
    user_id_upsert: true,
    issuers: [idp, second].map(({ issuer }) => ({ issuer, audience: 'gw', ...FIELDS })),
  },
}))

describe('AT-140: first requests at both at once', () => {
  test.each([
    ['of one new subject', {}],
    ['with an address that is proven', { email: true }],
  ])('%s: all are served, as one row with one record', async (_, { email }: { email?: boolean }) => {
    const { here, there } = site()
    const sub = fresh('newcomer')
    const claims = email === true ? { sub, email: `${sub}@example.com`, email_verified: true } : { sub }
    const known = (await userIds(here)).length
    // Sixteen tokens, as sixteen workers of one client would have them.
    const calls = await Promise.all(
      Array.from({ length: 16 }, (_each, index) =>
        chatOnce(index % 2 === 0 ? here : there, idp.token({ ...claims, jti: fresh('jti') })),
      ),
    )
    expect(calls.map(({ status }) => status)).toEqual(calls.map(() => 200))
    const accounts = await Promise.all(calls.map((call) => accountOf(here, call)))
    expect(new Set(accounts.map(({ user }) => user))).toEqual(new Set([sub]))
    expect(await userIds(there)).toHaveLength(known + 1)
    expect(await recordsOf(there, sub)).toHaveLength(1)
    await spent(
      there,
      sub,
      accounts.reduce((sum, { line }) => sum + Number(line['spend']), 0),
    )
  })

  test('of a row that is found by its address: it gets one link', async () => {
    const { here, there } = site()
    const email = `${fresh('ada')}@example.com`
    const id = await newUser(here, { user_email: email })
    const sub = fresh('subject')
    const calls = await Promise.all(
      [here, there, here, there, here, there].map((gate) =>
        chatOnce(gate, idp.token({ sub, email, email_verified: true, jti: fresh('jti') })),
      ),
    )
    const accounts = await Promise.all(calls.map((call) => accountOf(here, call)))
    expect(new Set(accounts.map(({ user }) => user))).toEqual(new Set([id]))
    expect((await trailOf(there, id)).identities).toEqual([`${idp.issuer} ${sub}`])
    const linked = (await recordsOf(here, id)).filter(({ actor }) => actor === 'jwt-provisioner')
    expect(linked).toHaveLength(1)
  })

  test('INV-05: of one subject at two providers: two users, and nobody pays for the other', async () => {
    const { here, there } = site()
    const sub = fresh('alice')
    const callers = Array.from({ length: 16 }, (_, index) => ({
      gate: index % 2 === 0 ? here : there,
      from: index % 4 < 2 ? idp : second,
    }))
    const owners = await Promise.all(
      callers.map(async ({ gate, from }) => {
        const call = await chatOnce(gate, from.token({ sub, jti: fresh('jti') }))
        return { from, user: (await accountOf(here, call)).user }
      }),
    )
    const ofEach = [idp, second].map(
      (one) => new Set(owners.filter(({ from }) => from === one).map(({ user }) => user)),
    )
    expect(ofEach.map(({ size }) => size)).toEqual([1, 1])
    const ids = ofEach.flatMap((each) => [...each].map(String))
    expect(ids).toContain(sub)
    expect(new Set(ids).size).toBe(2)
    for (const id of ids) expect(await recordsOf(here, id)).toHaveLength(1)
  })
})
