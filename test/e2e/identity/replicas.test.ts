import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import { good } from '../authority/support/caller.ts'
import { chatAsk, read, userIds } from '../jwt/support/asks.ts'
import { join, newTeam, newUser } from '../jwt/support/people.ts'
import { fresh } from '../jwt/support/town.ts'
import { ROUTES } from './support/people.ts'
import type { Gate, Site } from './support/site.ts'
import { opened } from './support/site.ts'
import { merge, pays, splitPerson, undo } from './support/split.ts'
import { trailOf } from './support/trail.ts'

let idp: IdentityProvider

beforeAll(async () => {
  idp = await startIdentityProvider()
})

afterAll(() => idp.stop())

const FIELDS = { user_id_jwt_field: 'sub', user_email_jwt_field: 'email', team_ids_jwt_field: 'groups' }
/** A change at one replica is a rule at the other after this. */
const SPREAD = { timeout: 1_000, interval: 20 }

const site: () => Site = opened(() => ({
  replicas: 2,
  auth: {
    user_id_upsert: true,
    team_allowed_routes: ROUTES,
    fallback_to_db_teams: true,
    issuers: [{ issuer: idp.issuer, audience: 'gw', ...FIELDS }],
  },
}))

interface Known {
  readonly id: string
  readonly sub: string
  readonly token: string
}

/** Whose token is warm at both. */
async function newColleague(): Promise<Known> {
  const { here, there } = site()
  const id = await newUser(here)
  const sub = fresh('subject')
  good(await here.master.post('/user/identity/link', { user_id: id, issuer: idp.issuer, subject: sub }))
  const token = idp.token({ sub })
  for (const gate of [here, there, here, there]) expect((await pays(gate, gate.holder(token))).user).toBe(id)
  return { id, sub, token }
}

async function verdictAt(gate: Gate, token: string, team?: string): Promise<unknown> {
  const { status, reason } = read(await gate.holder(token).ask(chatAsk({ team })))
  return [status, reason]
}

describe('INV-20: what one replica decides about somebody holds for their tokens at the other', () => {
  test.each([
    ['blocked', (id: string) => ['/user/update', { user_id: id, blocked: true }] as const],
    ['deleted', (id: string) => ['/user/delete', { user_ids: [id] }] as const],
    ['made a viewer', (id: string) => ['/user/update', { user_id: id, user_role: 'internal_user_viewer' }] as const],
  ] as const)('%s: refused here at once, there within a second', async (_, order) => {
    const { here, there } = site()
    const { id, token } = await newColleague()
    const [path, body] = order(id)
    good(await here.master.post(path, body))
    const [verdict] = (await verdictAt(here, token)) as readonly [number]
    expect(verdict).toBe(403)
    await expect.poll(() => verdictAt(there, token), SPREAD).toEqual(await verdictAt(here, token))
    expect(await userIds(there)).toEqual(await userIds(here))
  })

  test('unblocked again', async () => {
    const { here, there } = site()
    const { id, token } = await newColleague()
    good(await here.master.post('/user/update', { user_id: id, blocked: true }))
    await expect.poll(() => verdictAt(there, token), SPREAD).toEqual([403, 'principal_blocked'])
    good(await there.master.post('/user/update', { user_id: id, blocked: false }))
    await expect.poll(() => verdictAt(here, token), SPREAD).toEqual([200, undefined])
  })

  test('without the link: the subject is a stranger, at both the same one', async () => {
    const { here, there } = site()
    const { id, sub, token } = await newColleague()
    good(await here.master.post('/user/identity/unlink', { issuer: idp.issuer, subject: sub }))
    const stranger = (await pays(here, here.holder(token))).user
    expect(stranger).toBe(sub)
    await expect.poll(async () => (await pays(there, there.holder(token))).user, SPREAD).toBe(sub)
    // And given to somebody else by the other replica, it is theirs.
    const other = await newUser(there)
    good(await there.master.post('/user/identity/unlink', { issuer: idp.issuer, subject: sub }))
    good(await there.master.post('/user/identity/link', { user_id: other, issuer: idp.issuer, subject: sub }))
    expect((await pays(there, there.holder(token))).user).toBe(other)
    await expect.poll(async () => (await pays(here, here.holder(token))).user, SPREAD).toBe(other)
    expect((await trailOf(here, id)).identities).toEqual([])
  })

  test('who joins a team here is let in by the very next request there', async () => {
    const { here, there } = site()
    for (let n = 0; n < 10; n += 1) {
      const { id, token } = await newColleague()
      const team = await newTeam(here)
      await join(here, team, id)
      expect(await verdictAt(there, token, team)).toEqual([200, undefined])
    }
  })

  test('in a team and out of it', async () => {
    const { here, there } = site()
    const { id, token } = await newColleague()
    const team = await newTeam(here)
    expect(await verdictAt(there, token, team)).toEqual([403, expect.any(String)])
    await join(here, team, id)
    await expect.poll(() => verdictAt(there, token, team), SPREAD).toEqual([200, undefined])
    good(await here.master.post('/team/member_delete', { team_id: team, user_id: id }))
    await expect.poll(() => verdictAt(there, token, team), SPREAD).toEqual([403, expect.any(String)])
    expect(await verdictAt(here, token, team)).toEqual(await verdictAt(there, token, team))
  })
})

describe('7.4.8: merges between replicas', () => {
  test('a merge and its undoing at one are believed at the other, by key and by token', async () => {
    const { here, there } = site()
    const { survivor, duplicate, token, keyOfDuplicate } = await splitPerson(here, idp)
    const ofBoth = [token.key, keyOfDuplicate.key]
    const ownersThere = async (): Promise<unknown> =>
      Promise.all(ofBoth.map(async (key) => (await pays(there, there.holder(key))).user))
    expect(await ownersThere()).toEqual([duplicate, duplicate])
    const merged = await merge(here, survivor, duplicate)
    await expect.poll(ownersThere, SPREAD).toEqual([survivor, survivor])
    await undo(here, merged)
    await expect.poll(ownersThere, SPREAD).toEqual([duplicate, duplicate])
  })

  test('two orders about one pair at once: one is carried out', async () => {
    const { here, there } = site()
    const { survivor, duplicate, token } = await splitPerson(here, idp)
    const answers = await Promise.all([
      here.master.post('/user/merge', { survivor, duplicate }),
      there.master.post('/user/merge', { survivor: duplicate, duplicate: survivor }),
    ])
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 404])
    const winner = answers[0]?.status === 200 ? survivor : duplicate
    await expect.poll(async () => (await pays(there, there.holder(token.key))).user, SPREAD).toBe(winner)
    expect((await userIds(here)).filter((id) => [survivor, duplicate].includes(id))).toEqual([winner])
  })
})
