import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDesk, query, unique, uniqueEmail } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'
import { expectError, expectFailure, TIME, UUID } from './support/expectations.ts'
import { BUDGET_ROW, TEAM_ROW, member, ledBy } from './support/shapes.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
})

afterAll(() => desk.close())

async function membersOf(team_id: string): Promise<Answer['json']> {
  return (await desk.read(query('/team/info', { team_id }))).team_info.members_with_roles
}

async function membershipOf(team_id: string, user_id: string): Promise<Answer['json']> {
  const { team_memberships } = await desk.read(query('/team/info', { team_id }))
  return team_memberships.find((each: { user_id: string }) => each.user_id === user_id)
}

describe('POST /team/member_add', () => {
  test('the answer is the team, the user and the membership with its budget', async () => {
    const team = await desk.newTeam()
    const bob = uniqueEmail('bob')
    const answer = await desk.done('/team/member_add', {
      team_id: team,
      member: { role: 'user', user_id: bob },
      max_budget_in_team: 10,
    })
    expect(answer).toMatchObject({ ...TEAM_ROW, team_id: team })
    expect(answer.members_with_roles).toContainEqual(member(bob, 'user'))
    expect(answer.updated_users).toMatchObject([{ user_id: bob, teams: [team], spend: 0 }])
    expect(answer.updated_team_memberships).toMatchObject([
      {
        user_id: bob,
        team_id: team,
        budget_id: expect.any(String),
        spend: 0,
        litellm_budget_table: { ...BUDGET_ROW, max_budget: 10 },
      },
    ])
    const [{ budget_id, litellm_budget_table }] = answer.updated_team_memberships
    expect(litellm_budget_table.budget_id).toBe(budget_id)
  })

  test('several at once', async () => {
    const team = await desk.newTeam()
    const [one, two] = [unique('one'), unique('two')]
    await desk.done('/team/member_add', {
      team_id: team,
      member: [
        { role: 'user', user_id: one },
        { role: 'admin', user_id: two },
      ],
    })
    expect(await membersOf(team)).toEqual(expect.arrayContaining([member(one, 'user'), member(two, 'admin')]))
    expect(await membersOf(team)).toHaveLength(3)
  })

  test('by address: who is known is found, who is not is made', async () => {
    const team = await desk.newTeam()
    const [known, unknown] = [uniqueEmail('known'), uniqueEmail('unknown')]
    const { id } = await desk.newUser({ user_email: known, auto_create_key: false })
    for (const user_email of [known, unknown]) {
      await desk.done('/team/member_add', { team_id: team, member: { role: 'user', user_email } })
    }
    expect(await membersOf(team)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ user_id: id, role: 'user' }),
        expect.objectContaining({ user_id: UUID, user_email: unknown, role: 'user' }),
      ]),
    )
    const { users } = await desk.read(query('/user/list', { user_email: unknown }))
    expect(users).toMatchObject([{ teams: [team] }])
  })

  test('the team’s own `team_member_budget` is everybody’s, unless another is given', async () => {
    const team = await desk.newTeam({ team_member_budget: 3, team_member_budget_duration: '30d' })
    const [one, two] = [unique('one'), unique('two')]
    await desk.done('/team/member_add', { team_id: team, member: { role: 'user', user_id: one } })
    await desk.done('/team/member_add', {
      team_id: team,
      member: { role: 'user', user_id: two },
      max_budget_in_team: 4,
    })
    expect(await membershipOf(team, two)).toMatchObject({ litellm_budget_table: { max_budget: 4 } })
    const { team_info } = await desk.read(query('/team/info', { team_id: team }))
    const own = (await membershipOf(team, one)).litellm_budget_table ?? team_info.team_member_budget_table
    expect(own).toMatchObject({ max_budget: 3, budget_duration: '30d' })
    expect(team_info.team_member_budget_table).toMatchObject({ max_budget: 3 })
  })

  test('who is a member already is refused, and skipped among others', async () => {
    const team = await desk.newTeam()
    const [one, two] = [unique('one'), unique('two')]
    const again = { team_id: team, member: { role: 'user', user_id: one } }
    await desk.done('/team/member_add', again)
    expectError(await desk.post('/team/member_add', again), 400, { type: 'team_member_already_in_team' })
    await desk.done('/team/member_add', {
      team_id: team,
      member: [
        { role: 'user', user_id: one },
        { role: 'user', user_id: two },
      ],
    })
    expect(await membersOf(team)).toHaveLength(3)
  })

  test('an unknown team is 404, an unknown role and no member 422', async () => {
    const who = { role: 'user', user_id: unique('x') }
    expectFailure(await desk.post('/team/member_add', { team_id: unique('nothing'), member: who }), 404)
    const team = await desk.newTeam()
    expectFailure(await desk.post('/team/member_add', { team_id: team, member: { ...who, role: 'king' } }), [400, 422])
    expectFailure(await desk.post('/team/member_add', { team_id: team }), 422)
    expectFailure(await desk.post('/team/member_add', { team_id: team, member: { role: 'user' } }), [400, 422])
  })

  test('is the team’s administrators’', async () => {
    const admin = await desk.newUser()
    const plain = await desk.newUser()
    const team = await desk.newTeam({
      members_with_roles: ledBy(admin, plain),
    })
    const add = { team_id: team, member: { role: 'user', user_id: unique('new') } }
    expectError(await desk.post('/team/member_add', add, plain.key), 403, {
      message: /Call not allowed\. User not proxy admin OR team admin\. route=\/team\/member_add/,
    })
    expect((await desk.post('/team/member_add', add, admin.key)).status).toBe(200)
    const foreign = { ...add, team_id: await desk.newTeam() }
    expectFailure(await desk.post('/team/member_add', foreign, admin.key), [403, 404])
  })

  test('ten at the same time, each of them is there', async () => {
    const team = await desk.newTeam()
    await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        desk.done('/team/member_add', { team_id: team, member: { role: 'user', user_id: unique(`p${i}`) } }),
      ),
    )
    expect(await membersOf(team)).toHaveLength(11)
  })
})

describe('POST /team/member_update', () => {
  test('budget, role and limits of one member', async () => {
    const bob = unique('bob')
    const team = await desk.newTeam({ members_with_roles: [{ user_id: bob, role: 'user' }] })
    const change = { max_budget_in_team: 20, tpm_limit: 1_000, rpm_limit: 10 }
    const answer = await desk.done('/team/member_update', { team_id: team, user_id: bob, role: 'admin', ...change })
    expect(answer).toMatchObject({ user_id: bob, user_email: null, team_id: team, ...change })
    expect(await membersOf(team)).toContainEqual(expect.objectContaining({ user_id: bob, role: 'admin' }))
    expect(await membershipOf(team, bob)).toMatchObject({
      litellm_budget_table: { max_budget: 20, tpm_limit: 1_000, rpm_limit: 10 },
    })
  })

  test('one member’s budget is not another’s', async () => {
    const [one, two] = [unique('one'), unique('two')]
    const team = await desk.newTeam({ members_with_roles: [one, two].map((user_id) => ({ user_id, role: 'user' })) })
    await desk.done('/team/member_update', { team_id: team, user_id: one, max_budget_in_team: 1 })
    expect(await membershipOf(team, one)).toMatchObject({ litellm_budget_table: { max_budget: 1 } })
    expect(await membershipOf(team, two)).toMatchObject({ litellm_budget_table: null })
  })

  test('by address as well', async () => {
    const user_email = uniqueEmail('bob')
    const team = await desk.newTeam()
    await desk.done('/team/member_add', { team_id: team, member: { role: 'user', user_email } })
    const answer = await desk.done('/team/member_update', { team_id: team, user_email, max_budget_in_team: 2 })
    expect(answer).toMatchObject({ max_budget_in_team: 2 })
  })

  test('who is no member is 400 or 404, and so is no team', async () => {
    const team = await desk.newTeam()
    const nobody = unique('nobody')
    expectFailure(await desk.post('/team/member_update', { team_id: team, user_id: nobody, role: 'user' }), [400, 404])
    expectFailure(await desk.post('/team/member_update', { team_id: unique('nothing'), user_id: nobody }), [400, 404])
    expectFailure(await desk.post('/team/member_update', { team_id: team, max_budget_in_team: 1 }), [400, 422])
  })
})

describe('POST /team/member_delete', () => {
  test('by id: the team without it, and its keys of this team are dead', async () => {
    const bob = await desk.newUser()
    const team = await desk.newTeam({ members_with_roles: [{ user_id: bob.id, role: 'user' }] })
    const key = await desk.newKey({ user_id: bob.id, team_id: team })
    const answer = await desk.done('/team/member_delete', { team_id: team, user_id: bob.id })
    expect(answer).toMatchObject({
      ...TEAM_ROW,
      team_id: team,
      members_with_roles: [member('default_user_id', 'admin')],
    })
    expect((await desk.read('/user/info', bob.key)).user_info.teams).toEqual([])
    expect((await desk.chat('gpt-4o', key)).status).toBe(403)
    expect((await desk.chat('gpt-4o', bob.key)).status).toBe(200)
  })

  test('by address', async () => {
    const user_email = uniqueEmail('bob')
    const { id } = await desk.newUser({ user_email, auto_create_key: false })
    const team = await desk.newTeam()
    await desk.done('/team/member_add', { team_id: team, member: { role: 'user', user_id: id } })
    await desk.done('/team/member_delete', { team_id: team, user_email })
    expect(await membersOf(team)).toEqual([member('default_user_id', 'admin')])
  })

  test('who is no member is 400', async () => {
    const team = await desk.newTeam()
    expectFailure(
      await desk.post('/team/member_delete', { team_id: team, user_id: unique('nobody') }),
      400,
      /User not found in team/,
    )
    expectFailure(await desk.post('/team/member_delete', { team_id: unique('nothing'), user_id: 'x' }), [400, 404])
  })

  test('is not for one member to do to another', async () => {
    const [one, two] = [await desk.newUser(), await desk.newUser()]
    const team = await desk.newTeam({ members_with_roles: [one, two].map(({ id }) => ({ user_id: id, role: 'user' })) })
    expectFailure(await desk.post('/team/member_delete', { team_id: team, user_id: two.id }, one.key), [401, 403, 404])
    expect(await membersOf(team)).toHaveLength(3)
  })
})

describe('POST /team/bulk_member_add', () => {
  test('each gets its place and its budget', async () => {
    const team = await desk.newTeam()
    const members = [unique('a'), unique('b'), unique('c')].map((user_id) => ({ user_id, role: 'user' }))
    await desk.done('/team/bulk_member_add', { team_id: team, members, max_budget_in_team: 6 })
    expect(await membersOf(team)).toHaveLength(4)
    for (const { user_id } of members) {
      expect(await membershipOf(team, user_id)).toMatchObject({ litellm_budget_table: { max_budget: 6 } })
    }
  })

  test('`all_users` are all', async () => {
    const { id } = await desk.newUser({ auto_create_key: false })
    const team = await desk.newTeam()
    await desk.done('/team/bulk_member_add', { team_id: team, all_users: true })
    expect(await membersOf(team)).toContainEqual(expect.objectContaining({ user_id: id }))
  })

  test('an unknown team is 404', async () => {
    const members = [{ user_id: unique('a'), role: 'user' }]
    expectFailure(await desk.post('/team/bulk_member_add', { team_id: unique('nothing'), members }), 404)
  })
})

test('a membership’s budget has its own reset', async () => {
  const team = await desk.newTeam({ team_member_budget: 3, team_member_budget_duration: '1d' })
  const bob = unique('bob')
  await desk.done('/team/member_add', { team_id: team, member: { role: 'user', user_id: bob } })
  const { team_info } = await desk.read(query('/team/info', { team_id: team }))
  expect(team_info.team_member_budget_table).toMatchObject({ budget_duration: '1d', budget_reset_at: TIME })
})
