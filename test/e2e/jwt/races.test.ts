import { afterAll, beforeAll, expect, test } from 'vitest'
import { good } from '../authority/support/caller.ts'
import { valueAt } from '../hostile/support/stand.ts'
import type { Verdict } from './support/asks.ts'
import { accountOf, chatOnce, rosterOf, userIds, userRow } from './support/asks.ts'
import { newTeam, newUser, update } from './support/people.ts'
import type { Town } from './support/town.ts'
import { fresh, openTown } from './support/town.ts'

/** Two processes on one database. */
let one: Town
let two: Town

const AUTH = {
  user_id_jwt_field: 'sub',
  user_email_jwt_field: 'email',
  team_ids_jwt_field: 'groups',
  roles_jwt_field: 'roles',
  user_id_upsert: true,
  team_id_upsert: true,
  sync_user_role_and_teams: true,
  upsert_sso_user_to_team: true,
  jwt_litellm_role_map: [
    { jwt_role: 'VIEWER', litellm_role: 'internal_user_viewer' },
    { jwt_role: 'PLAIN', litellm_role: 'internal_user' },
  ],
}

beforeAll(async () => {
  one = await openTown({ auth: AUTH })
  two = await openTown({ auth: AUTH, idp: one.idp, databaseUrl: one.databaseUrl })
})

afterAll(async () => {
  await two.close()
  await one.close()
})

const statuses = (verdicts: readonly Verdict[]): ReadonlySet<number> => new Set(verdicts.map(({ status }) => status))

async function subjectsOf(user: string): Promise<readonly unknown[]> {
  const listed = good(await one.master.get(`/user/identities?user_id=${encodeURIComponent(user)}`))['identities']
  return Array.isArray(listed) ? listed.map((each: unknown) => valueAt(each, ['subject'])) : []
}

/** Half of them at one process, half at the other, all at once. */
function atOnce(tokens: readonly string[]): Promise<readonly Verdict[]> {
  return Promise.all(tokens.map((token, index) => chatOnce(index % 2 === 0 ? one : two, token)))
}

test('AT-140: a new person who comes from everywhere at once is made once', async () => {
  for (let turn = 0; turn < 5; turn += 1) {
    const sub = fresh('new')
    const email = `${sub}@example.com`
    const verdicts = await atOnce(Array.from({ length: 20 }, () => one.token({ sub, email, email_verified: true })))
    expect(statuses(verdicts)).toEqual(new Set([200]))
    expect((await userIds(one)).filter((id) => id.includes(sub))).toEqual([sub])
    expect(await subjectsOf(sub)).toEqual([sub])
  }
})

test('AT-137: of many subjects with one proven address one gets the row, and each is one person', async () => {
  for (let turn = 0; turn < 5; turn += 1) {
    const email = `${fresh('ann')}@example.com`
    const row = await newUser(one, { user_email: email })
    const subjects = Array.from({ length: 6 }, () => fresh('sub'))
    const tokens = subjects.flatMap((sub) =>
      Array.from({ length: 3 }, () => one.token({ sub, email, email_verified: true })),
    )
    const verdicts = await atOnce(tokens)
    expect(statuses(verdicts)).toEqual(new Set([200]))
    expect(await subjectsOf(row)).toHaveLength(1)
    // Once it is settled it stays so.
    const users = new Map<string, Set<string | undefined>>()
    for (const sub of subjects) {
      for (const town of [one, two]) {
        const verdict = await chatOnce(town, one.token({ sub, email, email_verified: true }))
        users.set(sub, (users.get(sub) ?? new Set()).add((await accountOf(one, verdict)).user))
      }
    }
    expect([...users.values()].map(({ size }) => size)).toEqual(subjects.map(() => 1))
    expect(new Set([...users.values()].flatMap((some) => [...some])).size).toBe(subjects.length)
  }
})

test('syncs that contradict each other end in one of their states, and none fails', async () => {
  const sub = await newUser(one)
  const teams = [await newTeam(one), await newTeam(one), await newTeam(one)]
  const [a = '', b = '', c = ''] = teams
  const sayings = [[a, b], [b, c], [], [c], [a]]
  const tokens = Array.from({ length: 40 }, (_, index) =>
    one.token({ sub, groups: sayings[index % sayings.length], roles: index % 2 === 0 ? ['VIEWER'] : ['PLAIN'] }),
  )
  expect([...statuses(await atOnce(tokens))].filter((status) => status >= 500)).toEqual([])
  expect(statuses([await chatOnce(one, one.token({ sub, groups: [b], roles: ['PLAIN'] }))])).toEqual(new Set([200]))
  for (const team of teams)
    expect((await rosterOf(two, team)).filter((id) => id === sub)).toEqual(team === b ? [sub] : [])
  expect(await userRow(two, sub)).toMatchObject({ user_role: 'internal_user', teams: [b] })
})

test('J-29: whoever is deleted meanwhile does not come back', async () => {
  for (let turn = 0; turn < 5; turn += 1) {
    const sub = fresh('gone')
    expect((await chatOnce(one, one.token({ sub }))).status).toBe(200)
    const [, verdicts] = await Promise.all([
      one.master.post('/user/delete', { user_ids: [sub] }).then(good),
      atOnce(Array.from({ length: 20 }, () => one.token({ sub }))),
    ])
    for (const { status } of verdicts) expect([200, 401, 403]).toContain(status)
    expect(await userRow(one, sub)).toBeUndefined()
    await expect.poll(async () => (await chatOnce(two, one.token({ sub }))).status, { timeout: 5_000 }).toBe(403)
    expect((await chatOnce(one, one.token({ sub }))).status).toBe(403)
    expect(await userRow(one, sub)).toBeUndefined()
  }
})

test('INV-20: whoever is blocked meanwhile is out when the answer is there', async () => {
  for (let turn = 0; turn < 5; turn += 1) {
    const sub = await newUser(one)
    const token = one.token({ sub })
    let isBlocked = false
    let late = 0
    const caller = async (): Promise<void> => {
      for (let call = 0; call < 15; call += 1) {
        const wasBlocked = isBlocked
        const { status } = await chatOnce(one, token)
        if (wasBlocked && status === 200) late += 1
      }
    }
    const block = async (): Promise<void> => {
      await chatOnce(one, token)
      await update(one, '/user/update', { user_id: sub, blocked: true })
      isBlocked = true
    }
    await Promise.all([caller(), caller(), caller(), block()])
    expect(late).toBe(0)
  }
})

test('AT-140: a person and the team of the person, both new, and their key', async () => {
  const auth = {
    user_id_jwt_field: 'sub',
    team_id_jwt_field: 'team',
    user_id_upsert: true,
    team_id_upsert: true,
    upsert_sso_user_to_team: true,
    virtual_key_claim_field: 'client_id',
    unregistered_jwt_client_behavior: 'auto_register',
  }
  const { idp, databaseUrl } = one
  const towns = await Promise.all([auth, auth].map((each) => openTown({ auth: each, idp, databaseUrl })))
  for (let turn = 0; turn < 3; turn += 1) {
    const claims = { sub: fresh('new'), team: fresh('team'), client_id: fresh('client') }
    const asked = Array.from({ length: 12 }, () => towns.map((town) => chatOnce(town, one.token(claims)))).flat()
    expect(statuses(await Promise.all(asked))).toEqual(new Set([200]))
    expect(await rosterOf(one, claims.team)).toEqual([claims.sub])
  }
  await Promise.all(towns.map((town) => town.close()))
})

test('teams that several tokens name first are made once', async () => {
  const team = fresh('fresh-team')
  const people = await Promise.all(Array.from({ length: 6 }, () => newUser(one)))
  // A list of groups makes no teams: what is not there is passed over (6.9).
  const verdicts = await atOnce(
    people.flatMap((sub) => [one.token({ sub, groups: [team] }), one.token({ sub, groups: [team] })]),
  )
  expect([...statuses(verdicts)].filter((status) => status >= 500)).toEqual([])
})
