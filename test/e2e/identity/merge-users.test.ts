import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import { good, goodList } from '../authority/support/caller.ts'
import { chatOnce, rosterOf, userRow } from '../jwt/support/asks.ts'
import { newUser } from '../jwt/support/people.ts'
import { STORES } from '../management/support/desk.ts'
import { ROUTES, issuersOf } from './support/people.ts'
import type { Site } from './support/site.ts'
import { opened } from './support/site.ts'
import { cost, merge, pays, splitPerson, undo } from './support/split.ts'
import { identitiesOf, memberOf, recordsOf, spent, trailOf } from './support/trail.ts'

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

describe.each(STORES)('7.4.8: a merge on the %s store', (store) => {
  const site: () => Site = opened(() => ({
    store,
    auth: {
      user_id_upsert: true,
      team_allowed_routes: ROUTES,
      issuers: issuersOf({ bySubject: idp, byEmail: second }),
    },
  }))

  test('is shown before it is done, and showing it does nothing', async () => {
    const { here } = site()
    const person = await splitPerson(here, idp)
    const before = await Promise.all([person.survivor, person.duplicate].map((id) => trailOf(here, id)))
    const shown = await merge(here, person.survivor, person.duplicate, { dry_run: true })
    expect(shown).toMatchObject({
      merge_id: null,
      dry_run: true,
      survivor: person.survivor,
      duplicate: person.duplicate,
      moved: {
        keys: [person.keyOfDuplicate.hash],
        teams: [person.shared, person.ofDuplicate].toSorted(),
        organizations: [],
        invitations: [],
        identities: [{ issuer: idp.issuer, subject: person.duplicate }],
      },
    })
    const after = await Promise.all([person.survivor, person.duplicate].map((id) => trailOf(here, id)))
    expect(after).toEqual(before)
    const done = await merge(here, person.survivor, person.duplicate)
    expect(done).toEqual({ ...shown, merge_id: expect.any(String), dry_run: false })
  })

  test('makes one of two: keys, tokens, teams, links and money are the survivor’s', async () => {
    const { here } = site()
    const person = await splitPerson(here, idp)
    const { survivor, duplicate, token, keyOfSurvivor, keyOfDuplicate } = person
    const merged = await merge(here, survivor, duplicate)

    const sum = person.spent.survivor + person.spent.duplicate
    await spent(here, survivor, sum)
    const calls = [await pays(here, token), await pays(here, keyOfDuplicate), await pays(here, keyOfSurvivor)]
    expect(calls.map(({ user }) => user)).toEqual([survivor, survivor, survivor])
    await spent(here, survivor, sum + calls.map(cost).reduce((a, b) => a + b))
    expect(await trailOf(here, survivor)).toMatchObject({
      keys: [`of ${survivor}`, `of ${duplicate}`].toSorted(),
      identities: [`${idp.issuer} ${duplicate}`],
    })
    expect((await trailOf(here, survivor)).calls).toHaveLength(6)

    expect(await rosterOf(here, person.shared)).toEqual(['default_user_id', survivor])
    expect(await rosterOf(here, person.ofDuplicate)).toEqual(['default_user_id', survivor])
    expect(await memberOf(here, person.shared, survivor)).toMatchObject({ spend: person.spent.inShared })
    for (const caller of [token, keyOfDuplicate, keyOfSurvivor]) {
      expect(good(await caller.get('/user/info'))['user_id']).toBe(survivor)
    }
    // Made by the duplicate, managed by the survivor; and the duplicate's right in its own team with it.
    good(await token.post('/key/update', { key: keyOfSurvivor.hash, metadata: { seen: true } }))
    good(await keyOfSurvivor.post('/team/update', { team_id: person.ofDuplicate, team_alias: `of ${survivor}` }))

    const records = (await recordsOf(here, survivor)).filter(({ route }) => route === '/user/merge')
    expect(records).toHaveLength(1)
    expect(records[0]).toMatchObject({
      action: 'updated',
      actor: 'default_user_id',
      before_value: { duplicate: { id: duplicate }, moved: { keys: [keyOfDuplicate.hash] } },
      updated_values: { mergeId: merged['merge_id'], mergedId: duplicate },
    })
  })

  test('leaves an alias: what is older still says whose it is, and nobody else gets the id', async () => {
    const { here } = site()
    const { survivor, duplicate, token } = await splitPerson(here, idp)
    await merge(here, survivor, duplicate)
    expect(await userRow(here, duplicate)).toMatchObject({ user_id: survivor })
    expect(await identitiesOf(here, duplicate)).toEqual([`${idp.issuer} ${duplicate}`])
    const lines = goodList(await here.master.get(`/spend/logs?user_id=${duplicate}`))
    expect(lines.map(({ user }) => user)).toEqual([survivor, survivor])

    const asAlias = [
      here.master.post('/user/new', { user_id: duplicate }),
      here.master.post('/user/update', { user_id: duplicate, user_alias: 'Ada' }),
      here.master.post('/key/generate', { user_id: duplicate }),
    ]
    for (const answer of await Promise.all(asAlias)) {
      expect([answer.status, answer.text]).toEqual([409, expect.stringContaining(duplicate)])
    }
    // The same subject at another provider is a stranger, not the survivor, who is linked.
    const stranger = await pays(here, here.holder(second.token({ sub: 'any', email: duplicate })))
    expect([survivor, duplicate]).not.toContain(stranger.user)
    expect((await pays(here, token)).user).toBe(survivor)
  })

  test('whoever was blocked under one of the ids is blocked', async () => {
    const { here } = site()
    const { survivor, duplicate, token, keyOfDuplicate, keyOfSurvivor } = await splitPerson(here, idp)
    good(await here.master.post('/user/update', { user_id: duplicate, blocked: true }))
    const merged = await merge(here, survivor, duplicate)
    expect(merged['notes']).toEqual(['One of the two is blocked; the survivor will be.'])
    for (const { key } of [token, keyOfDuplicate, keyOfSurvivor]) {
      expect((await chatOnce(here, key)).status, key).toBeGreaterThanOrEqual(401)
    }
    await undo(here, merged)
    expect((await chatOnce(here, keyOfSurvivor.key)).status).toBe(200)
    expect((await chatOnce(here, token.key)).status).toBe(403)
  })

  test('whoever was deactivated under one of the ids is deactivated', async () => {
    const { here } = site()
    const { survivor, duplicate, token, keyOfDuplicate, keyOfSurvivor } = await splitPerson(here, idp)
    const metadata = { scim_active: false }
    good(await here.master.post('/user/update', { user_id: survivor, metadata: { office: 'north' } }))
    good(await here.master.post('/user/update', { user_id: duplicate, metadata }))
    const merged = await merge(here, survivor, duplicate)
    expect(merged['notes']).toEqual(['One of the two is deactivated; the survivor will be.'])
    expect(await userRow(here, survivor)).toMatchObject({ metadata: { office: 'north', scim_active: false } })
    for (const { key } of [token, keyOfDuplicate, keyOfSurvivor]) {
      expect((await chatOnce(here, key)).status, key).toBeGreaterThanOrEqual(401)
    }
    await undo(here, merged)
    expect((await userRow(here, survivor))?.['metadata']).toEqual({ office: 'north' })
    expect((await chatOnce(here, keyOfSurvivor.key)).status).toBe(200)
    expect((await chatOnce(here, keyOfDuplicate.key)).status).toBe(401)
  })

  test('says where keys may call more models than before', async () => {
    const { here } = site()
    const { survivor, duplicate } = await splitPerson(here, idp)
    good(await here.master.post('/user/update', { user_id: duplicate, models: ['m1'] }))
    const order = { survivor, duplicate, dry_run: true }
    expect(good(await here.master.post('/user/merge', order))['notes']).toEqual([
      "The survivor's list of models stays; keys that go over may call all models that it leaves open.",
    ])
  })

  test('what both spent on a model counts against the survivor’s budget of that model', async () => {
    const { here } = site()
    const { survivor, duplicate, keyOfSurvivor, spent } = await splitPerson(here, idp)
    const model_max_budget = { m1: { budget_limit: spent.survivor + spent.duplicate } }
    good(await here.master.post('/user/update', { user_id: survivor, model_max_budget }))
    expect((await chatOnce(here, keyOfSurvivor.key)).status).toBe(200)
    await merge(here, survivor, duplicate)
    const { status, message } = await chatOnce(here, keyOfSurvivor.key)
    expect([status, message]).toEqual([429, expect.stringContaining('exceeded budget for model=m1')])
  })

  test('takes over what the survivor has not, and no limit is lost', async () => {
    const { here } = site()
    const { duplicate, token } = await splitPerson(here, idp)
    const bare = await newUser(here)
    const more = { max_budget: 40e-6, budget_duration: '30d', user_email: `${bare}@example.com` }
    good(await here.master.post('/user/update', { user_id: duplicate, ...more }))
    const merged = await merge(here, bare, duplicate)
    expect(await userRow(here, bare)).toMatchObject(more)
    // The duplicate has spent its budget, and so has the survivor by that.
    const { status, type } = await chatOnce(here, token.key)
    expect([status, type]).toEqual([429, 'budget_exceeded'])
    await undo(here, merged)
    expect(await userRow(here, bare)).toMatchObject({ max_budget: null, budget_duration: null, user_email: null })
    expect(await userRow(here, duplicate)).toMatchObject(more)
  })
})
