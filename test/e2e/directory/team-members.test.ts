import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGateway } from '../../support/gateway.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { Admin } from './support.ts'

let gateway: RunningGateway
let admin: Admin

beforeAll(async () => {
  gateway = await startGateway({})
  admin = new Admin(gateway.url)
})

afterAll(() => gateway.stop())

let count = 0

/** A team with an administrator of its own. */
async function newTeam(more: object = {}) {
  count += 1
  const [id, boss] = [`team-${count}`, `boss-${count}`]
  const members = [{ role: 'admin', user_id: boss }]
  expect((await admin.post('/team/new', { team_id: id, members_with_roles: members, ...more })).status).toBe(200)
  return { id, boss, asBoss: await admin.as(boss) }
}

const add = (who: Admin, id: string, member: unknown, more: object = {}) =>
  who.post('/team/member_add', { team_id: id, member, ...more })

describe('adding members', () => {
  test('ten at once all get in', async () => {
    const { id } = await newTeam()
    const names = Array.from({ length: 10 }, (_, index) => `${id}-member-${index}`)
    const answers = await Promise.all(names.map((user_id) => add(admin, id, { role: 'user', user_id })))
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 200))
    const { body } = await admin.get(`/team/info?team_id=${id}`)
    expect(body['team_info']?.['members_with_roles']).toHaveLength(12)
  })

  test('ten at once of one address make one user', async () => {
    const { id } = await newTeam()
    const member = { role: 'user', user_email: `one-${id}@example.com` }
    const answers = await Promise.all(Array.from({ length: 10 }, () => add(admin, id, member)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(9)
  })

  test('an address finds its user, whatever its letters', async () => {
    const [one, other] = [await newTeam(), await newTeam()]
    const first = await add(admin, one.id, { role: 'user', user_email: 'Finn@Example.com' })
    const second = await add(admin, other.id, { role: 'user', user_email: 'finn@example.com' })
    const [found] = [first, second].map(({ body }) => body['updated_users']?.[0]?.['user_id'])
    expect(second.body['updated_users']?.[0]).toMatchObject({ user_id: found, teams: [one.id, other.id] })
  })

  test('a budget said for the member is the member’s own', async () => {
    const { id } = await newTeam()
    const { body } = await add(admin, id, { role: 'user', user_id: 'rich' }, { max_budget_in_team: 10 })
    expect(body['updated_team_memberships']).toMatchObject([
      { user_id: 'rich', team_id: id, spend: 0, litellm_budget_table: { max_budget: 10 } },
    ])
  })

  test('where no budget is said members get what the team gives to each', async () => {
    const { id } = await newTeam({ team_member_budget: 5 })
    const { body } = await add(admin, id, [
      { role: 'user', user_id: 'p' },
      { role: 'user', user_id: 'q' },
    ])
    expect(body['updated_team_memberships']).toMatchObject([
      { litellm_budget_table: { max_budget: 5 } },
      { litellm_budget_table: { max_budget: 5 } },
    ])
    await admin.post('/team/update', { team_id: id, team_member_budget: 4 })
    await admin.post('/team/member_update', { team_id: id, user_id: 'p', max_budget_in_team: 1 })
    const info = await admin.get(`/team/info?team_id=${id}`)
    const budgets = [0, 1, 2, 3].map((at) => [
      info.body['team_memberships']?.[at]?.['user_id'],
      info.body['team_memberships']?.[at]?.['litellm_budget_table']?.['max_budget'],
    ])
    expect(Object.fromEntries(budgets)).toMatchObject({ p: 1, q: 4 })
    expect(info.body['team_info']?.['team_member_budget_table']).toMatchObject({ max_budget: 4 })
  })

  test('members from before get a standard that is set later', async () => {
    const { id, boss } = await newTeam()
    await admin.post('/team/update', { team_id: id, team_member_budget: 2 })
    const { body } = await admin.get(`/team/info?team_id=${id}`)
    expect(body['team_memberships']).toContainEqual(
      expect.objectContaining({ user_id: boss, litellm_budget_table: expect.objectContaining({ max_budget: 2 }) }),
    )
  })

  test('models that members start with are their own limit', async () => {
    const { id } = await newTeam({ models: ['a', 'b'], default_team_member_models: ['a'] })
    const { body } = await add(admin, id, { role: 'user', user_id: 'narrow' })
    expect(body['updated_team_memberships']?.[0]?.['litellm_budget_table']?.['allowed_models']).toEqual(['a'])
  })

  test('who has models to start with and no limits of its own follows the standard as others do', async () => {
    const { id, boss } = await newTeam({ models: ['a', 'b'], default_team_member_models: ['a'] })
    await add(admin, id, { role: 'user', user_id: `${id}-own` }, { max_budget_in_team: 9 })
    const amounts = async (): Promise<unknown> => {
      const { body } = await admin.get(`/team/info?team_id=${id}`)
      const rows = Object.values(body['team_memberships'] ?? {}) as Record<string, Record<string, unknown>>[]
      return Object.fromEntries(
        rows.map((row) => [
          row['user_id'],
          [row['litellm_budget_table']?.['max_budget'], row['litellm_budget_table']?.['allowed_models']],
        ]),
      )
    }
    expect(await amounts()).toMatchObject({ [boss]: [null, ['a']], [`${id}-own`]: [9, ['a']] })
    for (const amount of [5, 2, null]) {
      await admin.post('/team/update', { team_id: id, team_member_budget: amount, team_member_budget_duration: '7d' })
      expect(await amounts()).toMatchObject({ [boss]: [amount, ['a']], [`${id}-own`]: [9, ['a']] })
    }
  })

  test('a member of before is refused alone and passed over among others', async () => {
    const { id, boss } = await newTeam()
    const again = await add(admin, id, { role: 'user', user_id: boss })
    expect([again.status, again.body['error']?.['type']]).toEqual([400, 'team_member_already_in_team'])
    const members = [{ user_id: boss }, { user_id: 'newcomer', role: 'user' }]
    const bulk = await admin.post('/team/bulk_member_add', { team_id: id, members })
    expect(bulk.body).toMatchObject({ total_requested: 2, successful_additions: 2, failed_additions: 0 })
    expect(bulk.body['updated_team']?.['members_with_roles']).toContainEqual(
      expect.objectContaining({ user_id: boss, role: 'admin' }),
    )
  })

  test.each([{ role: 'user' }, { role: 'proxy_admin', user_id: 'x' }, { user_email: 'no address' }])(
    'the shape of %j is refused',
    async (member) => {
      const { id } = await newTeam()
      expect((await add(admin, id, member)).status).toBe(422)
    },
  )

  test('everybody at once is for proxy administrators', async () => {
    const { id, asBoss } = await newTeam()
    expect((await asBoss.post('/team/bulk_member_add', { team_id: id, all_users: true })).status).toBe(403)
    const { body } = await admin.post('/team/bulk_member_add', { team_id: id, all_users: true })
    expect(Number(body['successful_additions'])).toBeGreaterThan(2)
  })
})

describe('who may', () => {
  test('plain members and strangers change no membership, and hear why', async () => {
    const { id, boss } = await newTeam()
    await add(admin, id, { role: 'user', user_id: 'plain' })
    for (const who of [await admin.as('plain'), await admin.as('stranger')]) {
      const answers = [
        await add(who, id, { role: 'user', user_id: 'friend' }),
        await add(who, id, { role: 'admin', user_id: 'plain' }),
        await who.post('/team/member_update', { team_id: id, user_id: 'plain', role: 'admin' }),
        await who.post('/team/member_delete', { team_id: id, user_id: boss }),
      ]
      for (const { status, body } of answers) {
        expect(status).toBe(403)
        expect(body['error']?.['message']).toContain(
          'Call not allowed. User not proxy admin OR team admin. route=/team/',
        )
      }
    }
  })

  test('note 14: a member leaves by itself', async () => {
    const { id } = await newTeam()
    await add(admin, id, { role: 'user', user_id: 'leaver' }, { max_budget_in_team: 1 })
    const asLeaver = await admin.as('leaver')
    const { status, body } = await asLeaver.post('/team/member_delete', { team_id: id, user_id: 'leaver' })
    expect(status).toBe(200)
    expect(body['members_with_roles']).toEqual([])
    expect((await asLeaver.get(`/team/info?team_id=${id}`)).status).toBe(404)
  })

  test('Z-18 a team admin gives up to what the team has, and nothing more to itself', async () => {
    const { id, boss, asBoss } = await newTeam({ max_budget: 10, tpm_limit: 100 })
    expect((await add(asBoss, id, { role: 'user', user_id: 'm' }, { max_budget_in_team: 11 })).status).toBe(403)
    expect((await add(asBoss, id, { role: 'user', user_id: 'm' }, { max_budget_in_team: 10 })).status).toBe(200)
    const change = (user_id: string, limits: object) =>
      asBoss.post('/team/member_update', { team_id: id, user_id, ...limits })
    expect((await change('m', { max_budget_in_team: 11 })).status).toBe(403)
    expect((await change('m', { tpm_limit: 101 })).status).toBe(403)
    expect((await change('m', { max_budget_in_team: 3, tpm_limit: 99 })).status).toBe(200)
    await admin.post('/team/member_update', { team_id: id, user_id: boss, max_budget_in_team: 2 })
    expect((await change(boss, { max_budget_in_team: 3 })).status).toBe(403)
    expect((await change(boss, { max_budget_in_team: null })).status).toBe(403)
    expect((await change(boss, { max_budget_in_team: 1 })).status).toBe(200)
  })

  test('AC-073 nobody draws an administrator of the installation into a team of theirs', async () => {
    const { id, asBoss } = await newTeam()
    expect((await add(asBoss, id, { role: 'user', user_id: 'another' })).status).toBe(200)
    const other = await newTeam()
    await admin.post('/team/member_delete', { team_id: other.id, user_id: 'default_user_id' })
    const drawn = await add(other.asBoss, other.id, { role: 'user', user_id: 'default_user_id' })
    expect(drawn.status).toBe(403)
  })

  test('a user’s other teams are not told to whoever adds the user', async () => {
    const [one, other] = [await newTeam(), await newTeam()]
    await add(admin, one.id, { role: 'user', user_id: 'shared' })
    const { body } = await add(other.asBoss, other.id, { role: 'user', user_id: 'shared' })
    expect(body['updated_users']).toEqual([
      { user_id: 'shared', user_email: null, user_alias: null, teams: [other.id], spend: 0 },
    ])
  })
})

describe('changing and removing members', () => {
  test('the answer has the limits as they are now', async () => {
    const { id } = await newTeam()
    await add(admin, id, { role: 'user', user_id: 'kim' })
    const limits = { max_budget_in_team: 20, tpm_limit: 1000, rpm_limit: 10 }
    const { body } = await admin.post('/team/member_update', { team_id: id, user_id: 'kim', role: 'admin', ...limits })
    expect(body).toEqual({ user_id: 'kim', user_email: null, team_id: id, ...limits })
    const next = await admin.post('/team/member_update', { team_id: id, user_id: 'kim', max_budget_in_team: null })
    expect(next.body).toMatchObject({ max_budget_in_team: null, tpm_limit: 1000 })
    const info = await admin.get(`/team/info?team_id=${id}`)
    expect(info.body['team_info']?.['members_with_roles']).toContainEqual({
      user_id: 'kim',
      user_email: null,
      role: 'admin',
    })
  })

  test('a role counts from the next request on', async () => {
    const { id } = await newTeam()
    await add(admin, id, { role: 'user', user_id: 'riser' })
    const asRiser = await admin.as('riser')
    const rename = () => asRiser.post('/team/update', { team_id: id, team_alias: 'renamed' })
    expect((await rename()).status).toBe(401)
    await admin.post('/team/member_update', { team_id: id, user_id: 'riser', role: 'admin' })
    expect((await rename()).status).toBe(200)
    await admin.post('/team/member_delete', { team_id: id, user_id: 'riser' })
    expect((await rename()).status).toBe(401)
  })

  test('removes by id and by address, once', async () => {
    const { id, asBoss } = await newTeam()
    await add(admin, id, [{ user_id: 'ida' }, { user_email: 'eddy@example.com' }])
    const remove = (who: object) => asBoss.post('/team/member_delete', { team_id: id, ...who })
    expect((await remove({ user_id: 'ida' })).body['members_with_roles']).toHaveLength(3)
    expect((await remove({ user_email: 'EDDY@example.com' })).body['members_with_roles']).toHaveLength(2)
    const again = await remove({ user_id: 'ida' })
    expect([again.status, again.body['error']?.['message']]).toEqual([400, 'User not found in team'])
  })

  test('an unknown team is 404 for who sees all teams', async () => {
    expect((await add(admin, 'none', { user_id: 'x' })).status).toBe(404)
    expect((await admin.post('/team/member_delete', { team_id: 'none', user_id: 'x' })).status).toBe(404)
  })
})
