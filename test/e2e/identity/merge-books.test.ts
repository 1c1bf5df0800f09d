import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import type { Json } from '../authority/support/caller.ts'
import { good } from '../authority/support/caller.ts'
import { valueAt } from '../hostile/support/stand.ts'
import { accountOf, read } from '../jwt/support/asks.ts'
import { newOrganization } from '../jwt/support/people.ts'
import { eventually } from '../jwt/support/town.ts'
import { ROUTES } from './support/people.ts'
import type { Site } from './support/site.ts'
import { opened } from './support/site.ts'
import { cost, merge, splitPerson, undo } from './support/split.ts'
import { listAt, spent } from './support/trail.ts'

let idp: IdentityProvider

beforeAll(async () => {
  idp = await startIdentityProvider()
})

afterAll(() => idp.stop())

const FIELDS = { user_id_jwt_field: 'sub', user_email_jwt_field: 'email', team_ids_jwt_field: 'groups' }

const site: () => Site = opened(() => ({
  replicas: 2,
  auth: {
    user_id_upsert: true,
    team_allowed_routes: ROUTES,
    issuers: [{ issuer: idp.issuer, audience: 'gw', ...FIELDS }],
  },
}))

test('organisations and invitations go over, and come back', async () => {
  const { here } = site()
  const { survivor, duplicate } = await splitPerson(here, idp)
  const organization = await newOrganization(here)
  const member = { role: 'internal_user', user_id: duplicate }
  good(await here.master.post('/organization/member_add', { organization_id: organization, member }))
  const invitation = String(good(await here.master.post('/invitation/new', { user_id: duplicate }))['id'])

  const whose = async (): Promise<unknown> => ({
    invitation: good(await here.master.get(`/invitation/info?invitation_id=${invitation}`))['user_id'],
    members: membersOf(good(await here.master.get(`/organization/info?organization_id=${organization}`))),
  })
  const merged = await merge(here, survivor, duplicate)
  expect(merged).toMatchObject({ moved: { organizations: [organization], invitations: [invitation] } })
  expect(merged['notes']).toEqual(['Open invitations of the duplicate will open the account of the survivor.'])
  expect(await whose()).toEqual({ invitation: survivor, members: [survivor] })
  await undo(here, merged)
  expect(await whose()).toEqual({ invitation: duplicate, members: [duplicate] })
})

test('the days of both are the survivor’s, and part again', async () => {
  const { here } = site()
  const person = await splitPerson(here, idp)
  const { survivor, duplicate } = person
  const merged = await merge(here, survivor, duplicate)
  expect(await dailySpend(survivor)).toBeCloseTo(person.spent.survivor + person.spent.duplicate, 12)
  await undo(here, merged)
  expect(await dailySpend(survivor)).toBeCloseTo(person.spent.survivor, 12)
  expect(await dailySpend(duplicate)).toBeCloseTo(person.spent.duplicate, 12)
})

test('under load: no call fails and no cent is lost, whatever is merged and parted around it', async () => {
  const { here, there } = site()
  const person = await splitPerson(here, idp)
  const { survivor, duplicate, token, keyOfDuplicate, keyOfSurvivor } = person
  const callers = [here, there].flatMap((gate) =>
    [token, keyOfDuplicate, keyOfSurvivor].map(({ key }) => gate.holder(key)),
  )
  // On a busy machine whoever was never seen before may have to wait.
  for (const caller of callers) await expect.poll(async () => (await caller.get('/v1/models')).status).toBe(200)
  const load = new AbortController()
  const calls: ReturnType<typeof read>[] = []
  const pumps = callers.map(async (caller) => {
    while (!load.signal.aborted) calls.push(read(await caller.chat('m1')))
  })
  const more = async (count: number): Promise<void> => {
    const wanted = calls.length + count
    await eventually(async () => expect(calls.length).toBeGreaterThanOrEqual(wanted), 60_000)
  }
  for (const gate of [here, there, here]) {
    await more(20)
    const merged = await merge(gate, survivor, duplicate)
    await more(20)
    await undo(gate, merged)
  }
  await more(20)
  const last = await merge(there, survivor, duplicate)
  load.abort()
  await Promise.all(pumps)

  const refused = calls.filter(({ status }) => status !== 200)
  expect(refused.map(({ status, reason, message }) => [status, reason, message])).toEqual([])
  const accounts = await Promise.all(calls.map((call) => accountOf(here, call)))
  const whole = accounts.map(cost).reduce((a, b) => a + b, person.spent.survivor + person.spent.duplicate)
  await spent(here, survivor, whole)
  await undo(here, last)
  await eventually(async () => {
    const parts = [await spendOf(survivor), await spendOf(duplicate)]
    expect(parts.reduce((a, b) => a + b)).toBeCloseTo(whole, 12)
  })
})

async function spendOf(id: string): Promise<number> {
  const info = good(await site().here.master.get(`/user/info?user_id=${id}`))
  return Number(valueAt(info, ['user_info', 'spend']))
}

/** Of today and the days around it. */
async function dailySpend(id: string): Promise<number> {
  const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)
  const path = `/user/daily/activity?user_id=${id}&start_date=${day(-1)}&end_date=${day(1)}`
  const days = listAt(good(await site().here.master.get(path)), 'results')
  return days.map((each) => Number(valueAt(each, ['metrics', 'spend']))).reduce((a, b) => a + b, 0)
}

function membersOf(organization: Json): readonly string[] {
  return listAt(organization, 'members').map(({ user_id }) => String(user_id))
}
