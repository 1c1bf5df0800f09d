import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import type { Caller } from '../authority/support/caller.ts'
import { good } from '../authority/support/caller.ts'
import { read } from '../jwt/support/asks.ts'
import { newKey, newUser } from '../jwt/support/people.ts'
import { ROUTES } from './support/people.ts'
import { opened } from './support/site.ts'
import { merge, pays, splitPerson, undo } from './support/split.ts'
import { recordsOf, trailOf } from './support/trail.ts'

let idp: IdentityProvider

beforeAll(async () => {
  idp = await startIdentityProvider()
})

afterAll(() => idp.stop())

const FIELDS = { user_id_jwt_field: 'sub', user_email_jwt_field: 'email', team_ids_jwt_field: 'groups' }

const site = opened(() => ({
  store: 'embedded',
  auth: {
    user_id_upsert: true,
    team_allowed_routes: ROUTES,
    issuers: [{ issuer: idp.issuer, audience: 'gw', ...FIELDS }],
  },
}))

interface Refusal {
  readonly status: number
  readonly says: string
}

/** Neither the order nor its rehearsal is taken, and nothing has become of anybody. */
async function refuses(survivor: string, duplicate: string, { status, says }: Refusal): Promise<void> {
  const { here } = site()
  const seen = async (): Promise<unknown> => Promise.all([survivor, duplicate].map((id) => trailOf(here, id)))
  const before = await seen()
  for (const dry_run of [true, false]) {
    const answer = await here.master.post('/user/merge', { survivor, duplicate, dry_run })
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(says)])
  }
  expect(await seen()).toEqual(before)
}

describe('no merge', () => {
  test('of somebody into itself', async () => {
    const one = await newUser(site().here)
    await refuses(one, one, { status: 400, says: 'into itself' })
  })

  test('of the user behind the master key, either way', async () => {
    const one = await newUser(site().here)
    await refuses(one, 'default_user_id', { status: 400, says: 'stands for the master key' })
    await refuses('default_user_id', one, { status: 400, says: 'stands for the master key' })
  })

  test('of somebody who is not there, or is called by another spelling', async () => {
    const one = await newUser(site().here, { user_id: 'Spelled-Thus' })
    for (const other of ['nobody-at-all', 'spelled-thus', 'ünïcode', 'x'.repeat(255)]) {
      await refuses(one, other, { status: 404, says: 'not found' })
      await refuses(other, one, { status: 404, says: 'not found' })
    }
  })

  test('of somebody who was deleted, or was merged already', async () => {
    const { here } = site()
    const [one, gone] = [await newUser(here), await newUser(here)]
    good(await here.master.post('/user/delete', { user_ids: [gone] }))
    await refuses(one, gone, { status: 404, says: 'not found' })
    const { survivor, duplicate } = await splitPerson(here, idp)
    await merge(here, survivor, duplicate)
    await refuses(one, duplicate, { status: 404, says: 'not found' })
    await refuses(duplicate, one, { status: 404, says: 'not found' })
  })

  test('that leaves nobody to administer', async () => {
    const { here } = site()
    const [admin, one] = [await newUser(here, { user_role: 'proxy_admin' }), await newUser(here)]
    await refuses(one, admin, { status: 409, says: 'last active proxy admin' })
    // With another one there it is allowed, and said that the role stays behind.
    const other = await newUser(here, { user_role: 'proxy_admin' })
    const done = await merge(here, one, admin)
    expect(String(done['notes'])).toContain('proxy_admin')
    expect((await trailOf(here, one)).row).toMatchObject({ user_role: 'internal_user' })
    await undo(here, done)
    expect((await trailOf(here, admin)).row).toMatchObject({ user_role: 'proxy_admin' })
    good(await here.master.post('/user/delete', { user_ids: [other] }))
  })

  test.each([
    ['no duplicate', { survivor: 'a' }],
    ['no survivor', { duplicate: 'a' }],
    ['a number', { survivor: 'a', duplicate: 7 }],
    ['a list', { survivor: ['a'], duplicate: 'b' }],
    ['empty text', { survivor: '', duplicate: 'b' }],
    ['no word of rehearsal', { survivor: 'a', duplicate: 'b', dry_run: 'perhaps' }],
  ])('of %s', async (_, body) => {
    const { status } = await site().here.master.post('/user/merge', body)
    expect([400, 422]).toContain(status)
  })
})

describe('INV-12: nobody below an administrator', () => {
  test('finds, merges, parts, links or unlinks, by key or token', async () => {
    const { here } = site()
    const { survivor, duplicate, token, keyOfSurvivor } = await splitPerson(here, idp)
    const viewer = await newUser(here, { user_role: 'proxy_admin_viewer' })
    const merged = await merge(here, ...(await twoUsers()))
    const link = { issuer: idp.issuer, subject: duplicate }
    const watching = here.holder(await newKey(here, { user_id: viewer }))
    const callers: readonly Caller[] = [token, keyOfSurvivor, watching]
    const before = await Promise.all([survivor, duplicate].map((id) => trailOf(here, id)))
    for (const caller of callers) {
      const answers = [
        await caller.get('/user/merge/candidates'),
        await caller.post('/user/merge', { survivor, duplicate }),
        await caller.post('/user/merge', { survivor, duplicate, dry_run: true }),
        await caller.post('/user/merge/undo', { merge_id: merged['merge_id'] }),
        await caller.post('/user/identity/link', { user_id: survivor, ...link }),
        await caller.post('/user/identity/unlink', link),
        // Who sees everything sees this too.
        ...(caller === watching ? [] : [await caller.get(`/user/identities?user_id=${survivor}`)]),
      ]
      for (const answer of answers) expect([401, 403], answer.text).toContain(answer.status)
    }
    expect(await Promise.all([survivor, duplicate].map((id) => trailOf(here, id)))).toEqual(before)
    // A refusal is on record with who tried.
    const refused = (await recordsOf(here, survivor)).filter(({ outcome }) => outcome === 'refused')
    expect(refused.map(({ actor }) => actor)).toEqual(expect.arrayContaining([duplicate, survivor, viewer]))
  })
})

describe('no way back', () => {
  test('from what never was, twice, or from what has gone on', async () => {
    const { here } = site()
    const parts = async (merge_id: unknown): Promise<unknown> => {
      const { status, message } = read(await here.master.post('/user/merge/undo', { merge_id }))
      return [status, message]
    }
    expect(await parts('no-such-merge')).toEqual([404, 'No such merge.'])
    const once = await merge(here, ...(await twoUsers()))
    await undo(here, once)
    expect(await parts(once['merge_id'])).toEqual([409, 'The merge was undone already.'])

    const [survivor, duplicate] = await twoUsers()
    const ended = await merge(here, survivor, duplicate)
    good(await here.master.post('/user/delete', { user_ids: [survivor] }))
    expect(await parts(ended['merge_id'])).toEqual([409, expect.stringContaining('merged or deleted since')])
    expect((await trailOf(here, duplicate)).row).toBeUndefined()
  })

  test('for the token of one who was merged into somebody who is deleted', async () => {
    const { here } = site()
    const { survivor, duplicate, token, keyOfDuplicate } = await splitPerson(here, idp)
    await merge(here, survivor, duplicate)
    expect((await pays(here, token)).user).toBe(survivor)
    good(await here.master.post('/user/delete', { user_ids: [survivor] }))
    expect(read(await token.chat('m1'))).toMatchObject({ status: 403, reason: 'principal_blocked' })
    expect((await keyOfDuplicate.chat('m1')).status).toBe(401)
  })
})

async function twoUsers(): Promise<readonly [string, string]> {
  return [await newUser(site().here), await newUser(site().here)]
}
