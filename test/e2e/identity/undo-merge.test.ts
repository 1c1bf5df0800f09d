import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import type { Json } from '../authority/support/caller.ts'
import { good } from '../authority/support/caller.ts'
import { valueAt } from '../hostile/support/stand.ts'
import { chatOnce, rosterOf } from '../jwt/support/asks.ts'
import { join, newTeam, newUser } from '../jwt/support/people.ts'
import { STORES } from '../management/support/desk.ts'
import { ROUTES } from './support/people.ts'
import type { Site } from './support/site.ts'
import { opened } from './support/site.ts'
import type { SplitPerson } from './support/split.ts'
import { cost, merge, pays, splitPerson, undo } from './support/split.ts'
import { identitiesOf, listAt, memberOf, recordsOf, spent, trailOf } from './support/trail.ts'

let idp: IdentityProvider

beforeAll(async () => {
  idp = await startIdentityProvider()
})

afterAll(() => idp.stop())

const FIELDS = { user_id_jwt_field: 'sub', user_email_jwt_field: 'email', team_ids_jwt_field: 'groups' }

describe.each(STORES)('7.4.8: the way back on the %s store', (store) => {
  const site: () => Site = opened(() => ({
    store,
    auth: {
      user_id_upsert: true,
      team_allowed_routes: ROUTES,
      issuers: [{ issuer: idp.issuer, audience: 'gw', ...FIELDS }],
    },
  }))

  /** All that is told about the two, but when their rows were last touched. */
  async function pictureOf({ survivor, duplicate, shared, ofDuplicate }: SplitPerson): Promise<unknown> {
    const { here } = site()
    const trails = await Promise.all([survivor, duplicate].map((id) => trailOf(here, id)))
    return {
      trails: trails.map((trail) => ({ ...trail, row: { ...trail.row, updated_at: '' } })),
      rosters: await Promise.all([shared, ofDuplicate].map((team) => rosterOf(here, team))),
      members: [
        await memberOf(here, shared, survivor),
        await memberOf(here, shared, duplicate),
        await memberOf(here, ofDuplicate, duplicate),
      ],
    }
  }

  test('everything is as it was, with a record of its own', async () => {
    const { here } = site()
    const person = await splitPerson(here, idp)
    const { survivor, duplicate } = person
    for (const user_id of [survivor, duplicate]) {
      const limits = { team_id: person.shared, user_id, max_budget_in_team: user_id === survivor ? 1 : 2 }
      good(await here.master.post('/team/member_update', limits))
    }
    const before = await pictureOf(person)
    const merged = await merge(here, survivor, duplicate)
    expect(await undo(here, merged)).toEqual({ merge_id: merged['merge_id'], survivor, duplicate, undone: true })

    expect(sorted(await pictureOf(person))).toEqual(sorted(before))
    const users = [await pays(here, person.token), await pays(here, person.keyOfDuplicate)]
    expect(users.map(({ user }) => user)).toEqual([duplicate, duplicate])
    expect((await pays(here, person.keyOfSurvivor)).user).toBe(survivor)
    const records = await recordsOf(here, survivor)
    expect(records.at(-1)).toMatchObject({
      actor: 'default_user_id',
      route: '/user/merge/undo',
      before_value: { mergeId: merged['merge_id'], mergedId: duplicate },
      updated_values: { duplicate: { id: duplicate }, moved: { keys: [person.keyOfDuplicate.hash] } },
    })
  })

  test('what was done in between stays done', async () => {
    const { here } = site()
    const person = await splitPerson(here, idp)
    const { survivor, duplicate, token, keyOfDuplicate } = person
    const merged = await merge(here, survivor, duplicate)
    const after = await pays(here, token)
    good(await token.post('/key/generate', { key_alias: `meanwhile of ${survivor}` }))
    good(await here.master.post('/team/member_delete', { team_id: person.ofDuplicate, user_id: survivor }))
    good(await here.master.post('/key/delete', { keys: [keyOfDuplicate.hash] }))
    good(await here.master.post('/user/update', { user_id: survivor, user_alias: 'Ada' }))

    await undo(here, merged)
    await spent(here, survivor, person.spent.survivor + cost(after))
    await spent(here, duplicate, person.spent.duplicate)
    expect(await trailOf(here, survivor)).toMatchObject({
      row: { user_alias: 'Ada' },
      keys: [`meanwhile of ${survivor}`, `of ${survivor}`].toSorted(),
    })
    expect((await trailOf(here, duplicate)).keys).toEqual([])
    expect(await rosterOf(here, person.ofDuplicate)).toEqual(['default_user_id'])
    expect((await chatOnce(here, keyOfDuplicate.key)).status).toBe(401)
  })

  /** Two members of one team. */
  async function twoMembers(mine: object, theirs: object) {
    const { here } = site()
    const [survivor, duplicate, team] = [await newUser(here), await newUser(here), await newTeam(here)]
    await join(here, team, survivor, mine)
    await join(here, team, duplicate, theirs)
    const standingOf = async (user: string) => {
      const info = good(await here.master.get(`/team/info?team_id=${team}`))
      const roles = listAt(valueAt(info, ['team_info']) as Json, 'members_with_roles')
      const { litellm_budget_table: row } = await memberOf(here, team, user)
      return [roles.find((each) => each['user_id'] === user)?.['role'], valueAt(row, ['max_budget'])]
    }
    return { here, survivor, duplicate, team, standingOf }
  }

  test('what a member became in between stays so, and each has a budget again', async () => {
    const { here, survivor, duplicate, team, standingOf } = await twoMembers({}, { max_budget_in_team: 2 })
    const merged = await merge(here, survivor, duplicate)
    expect(await standingOf(survivor)).toEqual(['user', 2])
    const raised = { team_id: team, user_id: survivor, role: 'admin', max_budget_in_team: 7 }
    good(await here.master.post('/team/member_update', raised))
    await undo(here, merged)
    expect(await standingOf(survivor)).toEqual(['admin', 7])
    expect(await standingOf(duplicate)).toEqual(['user', 2])
  })

  test('a member’s budget that was taken away in between is in nobody’s way', async () => {
    const { here, survivor, duplicate, team, standingOf } = await twoMembers(
      { max_budget_in_team: 1 },
      { max_budget_in_team: 2 },
    )
    const merged = await merge(here, survivor, duplicate)
    good(await here.master.post('/team/member_delete', { team_id: team, user_id: survivor }))
    await join(here, team, survivor)
    await undo(here, merged)
    expect(await standingOf(survivor)).toEqual(['user', undefined])
    expect(await standingOf(duplicate)).toEqual(['user', 2])
  })

  test('what nobody touched is as it was', async () => {
    const { here, survivor, duplicate, team, standingOf } = await twoMembers({}, { max_budget_in_team: 2 })
    good(await here.master.post('/team/member_update', { team_id: team, user_id: duplicate, role: 'admin' }))
    await undo(here, await merge(here, survivor, duplicate))
    expect(await standingOf(survivor)).toEqual(['user', undefined])
    expect(await standingOf(duplicate)).toEqual(['admin', 2])
  })

  test('a key that was rotated in between goes back', async () => {
    const { here } = site()
    const { survivor, duplicate, keyOfDuplicate } = await splitPerson(here, idp)
    const merged = await merge(here, survivor, duplicate)
    const next = String(good(await here.master.post('/key/regenerate', { key: keyOfDuplicate.hash }))['key'])
    await undo(here, merged)
    expect((await pays(here, here.holder(next))).user).toBe(duplicate)
  })

  test('a link that was taken away in between stays away', async () => {
    const { here } = site()
    const { survivor, duplicate } = await splitPerson(here, idp)
    const merged = await merge(here, survivor, duplicate)
    good(await here.master.post('/user/identity/unlink', { issuer: idp.issuer, subject: duplicate }))
    await undo(here, merged)
    expect(await identitiesOf(here, survivor)).toEqual([])
    expect(await identitiesOf(here, duplicate)).toEqual([])
  })

  test('merges on top of each other are undone from the top', async () => {
    const { here } = site()
    const { survivor, duplicate, token, keyOfDuplicate, keyOfSurvivor } = await splitPerson(here, idp)
    const last = await newUser(here)
    const first = await merge(here, survivor, duplicate)
    const second = await merge(here, last, survivor)
    for (const caller of [token, keyOfDuplicate, keyOfSurvivor]) expect((await pays(here, caller)).user).toBe(last)

    const early = await here.master.post('/user/merge/undo', { merge_id: first['merge_id'] })
    expect([early.status, early.text]).toEqual([409, expect.stringContaining('Undo that first')])
    for (const caller of [token, keyOfDuplicate, keyOfSurvivor]) expect((await pays(here, caller)).user).toBe(last)

    await undo(here, second)
    for (const caller of [token, keyOfDuplicate, keyOfSurvivor]) expect((await pays(here, caller)).user).toBe(survivor)
    await undo(here, first)
    const users = [await pays(here, token), await pays(here, keyOfDuplicate), await pays(here, keyOfSurvivor)]
    expect(users.map(({ user }) => user)).toEqual([duplicate, duplicate, survivor])
  })

  test('there and back and there again', async () => {
    const { here } = site()
    const person = await splitPerson(here, idp)
    const { survivor, duplicate, token } = person
    await undo(here, await merge(here, survivor, duplicate))
    // The other way round this time.
    await merge(here, duplicate, survivor)
    expect((await pays(here, token)).user).toBe(duplicate)
    expect((await pays(here, person.keyOfSurvivor)).user).toBe(duplicate)
    expect((await trailOf(here, duplicate)).calls).toHaveLength(5)
  })

  test('who joined as the survivor in between is not in the duplicate’s way', async () => {
    const { here } = site()
    const { survivor, duplicate, ofDuplicate } = await splitPerson(here, idp)
    await join(here, ofDuplicate, survivor)
    const merged = await merge(here, survivor, duplicate)
    expect(await rosterOf(here, ofDuplicate)).toEqual(['default_user_id', survivor])
    await undo(here, merged)
    expect((await rosterOf(here, ofDuplicate)).toSorted()).toEqual(['default_user_id', survivor, duplicate].toSorted())
  })
})

/** In what order members are listed says nothing. */
function sorted(picture: unknown): unknown {
  return JSON.parse(JSON.stringify(picture), (_, value: unknown) =>
    Array.isArray(value) ? value.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : value,
  )
}
