import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import { good } from '../authority/support/caller.ts'
import { rosterOf, userRow } from '../jwt/support/asks.ts'
import { newKey, newTeam, newUser } from '../jwt/support/people.ts'
import { fresh } from '../jwt/support/town.ts'
import { STORES } from '../management/support/desk.ts'
import { ROUTES } from './support/people.ts'
import type { Site } from './support/site.ts'
import { opened } from './support/site.ts'
import { candidatesAbout, cost, merge, pays, undo } from './support/split.ts'
import { spent } from './support/trail.ts'

let idp: IdentityProvider

beforeAll(async () => {
  idp = await startIdentityProvider()
})

afterAll(() => idp.stop())

describe.each(STORES)('two rows that look like one person, on the %s store', (store) => {
  const site: () => Site = opened(() => ({
    store,
    auth: {
      user_id_upsert: true,
      team_allowed_routes: ROUTES,
      issuers: [{ issuer: idp.issuer, audience: 'gw', user_id_jwt_field: 'sub', user_email_jwt_field: 'email' }],
    },
  }))

  interface Pair {
    readonly survivor: string
    readonly duplicate: string
  }

  const KINDS: readonly { readonly because: string; readonly make: () => Promise<Pair> }[] = [
    {
      because: 'id-is-email',
      async make() {
        const email = `${fresh('ada')}@example.com`
        const survivor = await newUser(site().here, { user_email: email.toUpperCase() })
        return { survivor, duplicate: await newUser(site().here, { user_id: email }) }
      },
    },
    {
      because: 'id-is-sso-subject',
      async make() {
        const subject = fresh('subject')
        const survivor = await newUser(site().here, { sso_user_id: subject })
        return { survivor, duplicate: await newUser(site().here, { user_id: subject }) }
      },
    },
    {
      because: 'id-is-linked-subject',
      async make() {
        const { here } = site()
        const subject = fresh('subject')
        const [survivor, duplicate] = [await newUser(here), await newUser(here, { user_id: subject })]
        good(await here.master.post('/user/identity/link', { user_id: survivor, issuer: idp.issuer, subject }))
        return { survivor, duplicate }
      },
    },
    {
      because: 'sso-is-linked',
      async make() {
        const { here } = site()
        const subject = fresh('subject')
        const [survivor, duplicate] = [await newUser(here, { sso_user_id: subject }), await newUser(here)]
        good(await here.master.post('/user/identity/link', { user_id: duplicate, issuer: idp.issuer, subject }))
        return { survivor, duplicate }
      },
    },
    {
      because: 'same-email',
      async make() {
        const { here } = site()
        const [email, sub] = [`${fresh('ada')}@example.com`, fresh('early')]
        // Who only claims an address comes before whom it belongs to.
        good(await here.holder(idp.token({ sub, email })).get('/v1/models'))
        return { survivor: await newUser(here, { user_email: email }), duplicate: sub }
      },
    },
  ]

  test.each(KINDS)(
    '$because: they are found, shown with what hangs on each, and gone once they are one',
    async ({ because, make }) => {
      const { here } = site()
      const { survivor, duplicate } = await make()
      const key = here.holder(await newKey(here, { user_id: duplicate }))
      const used = cost(await pays(here, key))
      await spent(here, duplicate, used)

      const [found, ...more] = await candidatesAbout(here, survivor, duplicate)
      expect(more).toEqual([])
      expect(found).toMatchObject({
        because: [because],
        survivor: { user_id: survivor, keys: [] },
        duplicate: { user_id: duplicate, keys: [key.hash], spend: used },
      })
      const merged = await merge(here, survivor, duplicate)
      expect(await candidatesAbout(here, survivor, duplicate)).toEqual([])
      expect((await pays(here, key)).user).toBe(survivor)
      await undo(here, merged)
      expect(await candidatesAbout(here, survivor, duplicate)).toMatchObject([{ because: [because] }])
    },
  )

  test('AT-138: an address that a token only claimed is kept from nobody', async () => {
    const { here } = site()
    const [email, sub] = [`${fresh('ada')}@example.com`, fresh('early')]
    expect((await pays(here, here.holder(idp.token({ sub, email })))).user).toBe(sub)
    const team = await newTeam(here)
    good(await here.master.post('/team/member_add', { team_id: team, member: { role: 'user', user_email: email } }))
    const [rightful] = (await rosterOf(here, team)).filter((id) => id !== 'default_user_id')
    expect(await userRow(here, String(rightful))).toMatchObject({ user_email: email })
    expect(rightful).not.toBe(sub)
    const proven = idp.token({ sub: fresh('late'), email, email_verified: true })
    expect((await pays(here, here.holder(proven))).user).toBe(rightful)
    // There is one who has it, and no second.
    const second = await here.master.post('/user/new', { user_email: email })
    expect([second.status, second.text]).toEqual([409, expect.stringContaining(email)])
  })

  test('AT-138: nor is it by token', async () => {
    const { here } = site()
    const [email, sub] = [`${fresh('ada')}@example.com`, fresh('early')]
    expect((await pays(here, here.holder(idp.token({ sub, email })))).user).toBe(sub)
    const proven = await pays(here, here.holder(idp.token({ sub: fresh('late'), email, email_verified: true })))
    expect(proven.user).not.toBe(sub)
    expect(await userRow(here, String(proven.user))).toMatchObject({ user_email: email })
  })

  test('those who share nothing are not found', async () => {
    const { here } = site()
    const ids = [
      await newUser(here, { user_email: `${fresh('one')}@example.com` }),
      await newUser(here, { user_email: `${fresh('two')}@example.com`, sso_user_id: fresh('subject') }),
      await newUser(here),
    ]
    expect(await candidatesAbout(here, ...ids)).toEqual([])
  })
})
