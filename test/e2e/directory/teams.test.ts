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

function newName(prefix: string): string {
  count += 1
  return `${prefix}-${count}`
}

/** A team with an administrator and a plain member, and the API through their keys. */
async function teamOfTwo(more: object = {}) {
  const [id, boss, member] = [newName('team'), newName('boss'), newName('member')]
  const members = [
    { role: 'admin', user_id: boss },
    { role: 'user', user_id: member },
  ]
  const made = await admin.post('/team/new', { team_id: id, members_with_roles: members, ...more })
  expect(made.status).toBe(200)
  return { id, boss, member, asBoss: await admin.as(boss), asMember: await admin.as(member) }
}

/** An organisation with an administrator. */
async function organization(more: object = {}) {
  const [id, head] = [newName('org'), newName('head')]
  const made = await admin.post('/organization/new', { organization_id: id, organization_alias: id, ...more })
  expect(made.status).toBe(200)
  const member = { role: 'org_admin', user_id: head }
  expect((await admin.post('/organization/member_add', { organization_id: id, member })).status).toBe(200)
  return { id, head, asHead: await admin.as(head) }
}

describe('making a team', () => {
  test('its maker administers it, after those who were named', async () => {
    const { body } = await admin.post('/team/new', { members_with_roles: [{ role: 'user', user_id: 'ann' }] })
    expect(body['members_with_roles']).toEqual([
      { user_id: 'ann', user_email: null, role: 'user' },
      { user_id: 'default_user_id', user_email: null, role: 'admin' },
    ])
    expect(body['team_id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('a taken id is refused with the text that clients know', async () => {
    const { id } = await teamOfTwo()
    const again = await admin.post('/team/new', { team_id: id })
    expect(again.status).toBe(400)
    expect(again.body['error']?.['message']).toBe(`Team id = ${id} already exists. Please use a different team id.`)
  })

  test('a field behind which nothing stands is refused by name, and an empty one passes', async () => {
    const refused = await admin.post('/team/new', { guardrails: ['pii'] })
    expect(refused.status).toBe(400)
    expect(refused.body['error']?.['message']).toContain('`guardrails`')
    expect((await admin.post('/team/new', { guardrails: [], object_permission: null })).status).toBe(200)
  })

  test('limits per model and tags are the same inside and outside of the metadata', async () => {
    const metadata = { a: 1, tags: ['t'], model_rpm_limit: { m: 5 } }
    const { body } = await admin.post('/team/new', { metadata })
    expect(body['metadata']).toEqual(metadata)
    const update = await admin.post('/team/update', { team_id: body['team_id'], metadata: { b: 2 } })
    expect(update.body['data']?.['metadata']).toEqual({ b: 2, tags: ['t'], model_rpm_limit: { m: 5 } })
  })
})

describe('changing a team', () => {
  test('what is not said stays, and null takes a limit away', async () => {
    const { id } = await teamOfTwo({ team_alias: 'before', max_budget: 10, budget_duration: '30d', tpm_limit: 5 })
    const { body } = await admin.post('/team/update', { team_id: id, team_alias: 'after', tpm_limit: null })
    expect(body['team_id']).toBe(id)
    expect(body['data']).toMatchObject({ team_alias: 'after', max_budget: 10, budget_duration: '30d', tpm_limit: null })
  })

  test('an unknown team is told as clients know it', async () => {
    const { status, body } = await admin.post('/team/update', { team_id: 'none', team_alias: 'x' })
    expect([status, body['error']?.['message']]).toEqual([404, 'Team not found, passed team_id=none'])
  })

  test.each([
    ['a larger amount', { max_budget: 11 }],
    ['no amount', { max_budget: null }],
    ['a shorter period', { budget_duration: '1d' }],
    ['more tokens', { tpm_limit: 101 }],
    ['another model', { models: ['small', 'large'] }],
    ['all models', { models: [] }],
    ['a way to another model', { model_aliases: { small: 'large' } }],
    ['fewer tags', { tags: [] }],
    ['an organisation', { organization_id: 'some-organization' }],
    ['a block', { blocked: true }],
    ['more for each member than the team has', { team_member_budget: 11 }],
  ])('Z-16 AC-081 its administrator does not give it %s', async (_what, fields) => {
    const limits = { max_budget: 10, budget_duration: '30d', tpm_limit: 100 }
    const { id, asBoss } = await teamOfTwo({ ...limits, models: ['small'], tags: ['dear'] })
    const before = await admin.get(`/team/info?team_id=${id}`)
    expect((await asBoss.post('/team/update', { team_id: id, ...fields })).status).toBe(403)
    expect((await admin.get(`/team/info?team_id=${id}`)).body).toEqual(before.body)
  })

  test('Z-16 its administrator names it, lowers it and narrows it', async () => {
    const { id, asBoss } = await teamOfTwo({ models: ['small', 'large'], max_budget: 10 })
    const lower = { team_alias: 'ours', max_budget: 9, models: ['small'], tpm_limit: 5, metadata: { our: 'note' } }
    const { status, body } = await asBoss.post('/team/update', { team_id: id, ...lower })
    expect(status).toBe(200)
    expect(body['data']).toMatchObject(lower)
  })

  test('AC-082 a foreign team and none are one answer to whoever administers another', async () => {
    const { asBoss } = await teamOfTwo()
    const { id: foreign } = await teamOfTwo()
    const calls: readonly ((id: string) => Promise<unknown>)[] = [
      (team_id) => asBoss.get(`/team/info?team_id=${team_id}`),
      (team_id) => asBoss.post('/team/update', { team_id, team_alias: 'x' }),
      (team_id) => asBoss.post('/team/member_add', { team_id, member: { user_id: 'zed', role: 'user' } }),
      (team_id) => asBoss.post('/team/member_update', { team_id, user_id: 'default_user_id', role: 'user' }),
      (team_id) => asBoss.post('/team/member_delete', { team_id, user_id: 'default_user_id' }),
      (team_id) => asBoss.post('/team/bulk_member_add', { team_id, members: [{ user_id: 'zed' }] }),
      (team_id) => asBoss.get(`/team/permissions_list?team_id=${team_id}`),
      (team_id) => asBoss.post('/team/permissions_update', { team_id, team_member_permissions: [] }),
      (team_id) => asBoss.get(`/v2/team/list?team_id=${team_id}`),
    ]
    for (const call of calls) {
      const there = JSON.stringify(await call(foreign)).replaceAll(foreign, 'ID')
      expect(there).toBe(JSON.stringify(await call('no-such-team')).replaceAll('no-such-team', 'ID'))
    }
    const { body } = await admin.get(`/team/info?team_id=${foreign}`)
    expect(body['team_info']?.['members_with_roles']).toHaveLength(3)
  })
})

describe('looking at teams', () => {
  test('note 13: a plain member sees the name, the limits and itself', async () => {
    const { id, member, asMember } = await teamOfTwo({ team_alias: 'ours', max_budget: 7, metadata: { a: 1 } })
    const { body } = await asMember.get(`/team/info?team_id=${id}`)
    expect(body['team_info']).toMatchObject({ team_alias: 'ours', max_budget: 7, metadata: {}, spend: null })
    expect(body['team_info']?.['members_with_roles']).toEqual([{ user_id: member, user_email: null, role: 'user' }])
    expect(body['team_memberships']).toHaveLength(1)
    expect(body['keys']).toEqual([])
  })

  test('Z-27 addresses of members are for those who administer the team', async () => {
    const { id, asBoss, asMember } = await teamOfTwo()
    await admin.post('/team/member_add', { team_id: id, member: { role: 'user', user_email: 'eve@example.com' } })
    expect(JSON.stringify(await asBoss.get(`/team/info?team_id=${id}`))).toContain('eve@example.com')
    expect(JSON.stringify(await asMember.get(`/team/info?team_id=${id}`))).not.toContain('eve@example.com')
    expect(JSON.stringify(await asMember.get(`/v2/team/list`))).not.toContain('eve@example.com')
  })

  test('/team/filter/ui finds those that the caller sees, by id and by a part of the name', async () => {
    const { id, asBoss, asMember } = await teamOfTwo({ team_alias: `findable ${newName('alias')}` })
    const other = await teamOfTwo({ team_alias: `findable ${newName('alias')}` })
    const { asHead } = await organization()
    const row = { team_id: id, team_alias: expect.stringContaining('findable'), organization_id: null }
    for (const asker of [admin, asBoss, asMember]) {
      expect((await asker.get(`/team/filter/ui?team_id=${id}`)).body).toEqual([row])
    }
    for (const asker of [asBoss, asMember]) {
      expect((await asker.get('/team/filter/ui?team_alias=findable')).body).toEqual([row])
      expect((await asker.get(`/team/filter/ui?team_id=${other.id}`)).body).toEqual([])
    }
    expect((await asHead.get('/team/filter/ui')).body).toEqual([])
    expect((await admin.get('/team/filter/ui?team_alias=findable&page_size=1')).body).toHaveLength(1)
    expect((await admin.get('/team/filter/ui?team_alias=findable&page=3')).body).toEqual([])
  })

  test('users list their own teams, and nobody else’s', async () => {
    const { id, member, boss, asMember } = await teamOfTwo()
    const own = await asMember.get(`/team/list?user_id=${member}`)
    expect(own.body).toMatchObject([{ team_id: id }])
    expect((await asMember.get('/team/list')).status).toBe(401)
    const foreign = await asMember.get(`/team/list?user_id=${boss}`)
    expect(foreign.status).toBe(401)
    expect((await asMember.get('/team/list?user_id=nobody-there')).body).toEqual(foreign.body)
  })

  test('INV-18 pages count what the reader may see', async () => {
    const { id, boss, asBoss } = await teamOfTwo()
    const { body } = await asBoss.get('/v2/team/list?page_size=1')
    expect(body).toMatchObject({ total: 1, page: 1, page_size: 1, total_pages: 1 })
    expect(body['teams']).toMatchObject([{ team_id: id, members_count: 3 }])
    const page = await admin.get(`/v2/team/list?user_id=${boss}&page=2`)
    expect(page.body).toMatchObject({ teams: [], total: 1, page: 2, total_pages: 1 })
  })

  test('a sort that there is not is refused with those that there are', async () => {
    const { status, body } = await admin.get('/v2/team/list?sort_by=secret')
    expect([status, body['error']?.['message']]).toEqual([
      400,
      'Invalid sort column. Must be one of: team_id, team_alias, created_at, spend, max_budget',
    ])
  })

  test('teams without an organisation are those of the default one', async () => {
    const { id: home } = await organization()
    const inside = newName('team')
    await admin.post('/team/new', { team_id: inside, organization_id: home })
    const text = JSON.stringify((await admin.get('/team/list?organization_id=default_organization')).body)
    expect(text).not.toContain(inside)
    expect((await admin.get(`/team/list?organization_id=${home}`)).body).toMatchObject([{ team_id: inside }])
  })
})

describe('deleting and blocking', () => {
  test('deletes all or none', async () => {
    const [one, other] = [await teamOfTwo(), await teamOfTwo()]
    expect((await admin.post('/team/delete', { team_ids: [one.id, 'none'] })).status).toBe(404)
    expect((await admin.get(`/team/info?team_id=${one.id}`)).status).toBe(200)
    const { body } = await admin.post('/team/delete', { team_ids: [one.id, other.id] })
    expect(body).toEqual({ deleted_teams: [one.id, other.id] })
    expect((await admin.get(`/team/info?team_id=${one.id}`)).status).toBe(404)
  })

  test('a team may be made again under its id, without those who belonged to it', async () => {
    const { id } = await teamOfTwo({ team_member_budget: 3 })
    await admin.post('/team/delete', { team_ids: [id] })
    const { body } = await admin.post('/team/new', { team_id: id })
    expect(body['members_with_roles']).toHaveLength(1)
  })

  test('Z-20 AC-086 what a proxy administrator blocked, the head of the organisation does not open', async () => {
    const { id: home, asHead } = await organization()
    const id = newName('team')
    await asHead.post('/team/new', { team_id: id, organization_id: home })
    expect((await asHead.post('/team/block', { team_id: id })).body['blocked']).toBe(true)
    expect((await asHead.post('/team/unblock', { team_id: id })).body['blocked']).toBe(false)
    await admin.post('/team/block', { team_id: id })
    await asHead.post('/team/block', { team_id: id })
    expect((await asHead.post('/team/unblock', { team_id: id })).status).toBe(403)
    expect((await asHead.post('/team/update', { team_id: id, blocked: false })).status).toBe(403)
    expect((await admin.post('/team/unblock', { team_id: id })).body['blocked']).toBe(false)
  })
})

describe('models of a team', () => {
  test('a list that loses its last model grants none', async () => {
    const { id } = await teamOfTwo({ models: ['a', 'b'] })
    expect((await admin.post('/team/model/delete', { team_id: id, models: ['b'] })).body['models']).toEqual(['a'])
    const { body } = await admin.post('/team/model/delete', { team_id: id, models: ['a'] })
    expect(body['models']).toEqual(['no-default-models'])
    expect((await admin.post('/team/model/add', { team_id: id, models: ['c'] })).body['models']).toEqual(['c'])
  })
})

describe('what members may do', () => {
  test('where nothing is said they look', async () => {
    const { id, asBoss } = await teamOfTwo()
    const { body } = await asBoss.get(`/team/permissions_list?team_id=${id}`)
    expect(body['team_member_permissions']).toEqual(['/key/info', '/key/health'])
  })

  test('their administrator says it, and nothing that there is not', async () => {
    const { id, asBoss, asMember } = await teamOfTwo()
    const permissions = ['/key/generate', '/key/info']
    const wish = { team_id: id, team_member_permissions: permissions }
    expect((await asMember.post('/team/permissions_update', wish)).status).toBe(401)
    expect((await asBoss.post('/team/permissions_update', wish)).body['team_member_permissions']).toEqual(permissions)
    const strange = { team_id: id, team_member_permissions: ['/config/update'] }
    expect((await asBoss.post('/team/permissions_update', strange)).status).toBe(400)
  })
})

describe('teams of an organisation', () => {
  test('fit what the organisation has, whoever makes them', async () => {
    const { id: home, asHead } = await organization({ models: ['small'], max_budget: 100 })
    const make = (who: Admin, more: object) => who.post('/team/new', { organization_id: home, ...more })
    expect((await make(admin, { models: ['large'] })).status).toBe(400)
    expect((await make(admin, { max_budget: 101 })).status).toBe(400)
    expect((await make(asHead, { models: ['large'] })).status).toBe(403)
    expect((await make(asHead, { max_budget: 101 })).status).toBe(403)
    expect((await make(asHead, { model_aliases: { small: 'large' } })).status).toBe(403)
    const { status, body } = await make(asHead, { models: ['small'], max_budget: 100 })
    expect(status).toBe(200)
    const up = await asHead.post('/team/update', { team_id: body['team_id'], max_budget: 101 })
    expect(up.status).toBe(403)
  })

  test('INV-12 a user’s own models and limits bound the teams that the user makes', async () => {
    const { id: home, head } = await organization()
    const asNarrow = await admin.as(head, { models: ['small'] })
    expect((await asNarrow.post('/team/new', { organization_id: home })).status).toBe(403)
    expect((await asNarrow.post('/team/new', { organization_id: home, models: ['large'] })).status).toBe(403)
    expect((await asNarrow.post('/team/new', { organization_id: home, models: ['small'] })).status).toBe(200)
  })

  test('whoever heads one makes teams in it, and nowhere else', async () => {
    const { asHead } = await organization()
    const { id: foreign } = await organization()
    const nowhere = await asHead.post('/team/new', { team_alias: 'x' })
    expect(nowhere.status).toBe(401)
    expect(nowhere.body['error']?.['message']).toContain('Passed organization_id is None')
    const there = await asHead.post('/team/new', { organization_id: foreign })
    const absent = await asHead.post('/team/new', { organization_id: 'none' })
    expect(there.status).toBe(404)
    expect(JSON.stringify(there.body).replace(foreign, 'none')).toBe(JSON.stringify(absent.body))
  })

  test('are moved by proxy administrators only', async () => {
    const [one, other] = [await organization(), await organization({ models: ['small'] })]
    const id = newName('team')
    await one.asHead.post('/team/new', { team_id: id, organization_id: one.id, models: ['large'] })
    const move = { team_id: id, organization_id: other.id }
    expect((await one.asHead.post('/team/update', move)).status).toBe(403)
    expect((await one.asHead.post('/team/update', { team_id: id, organization_id: null })).status).toBe(403)
    expect((await admin.post('/team/update', move)).status).toBe(400)
    const moved = await admin.post('/team/update', { ...move, models: ['small'] })
    expect(moved.body['data']?.['organization_id']).toBe(other.id)
    expect((await one.asHead.post('/team/block', { team_id: id })).status).toBe(404)
    const out = await admin.post('/team/update', { team_id: id, organization_id: null })
    expect(out.body['data']?.['organization_id']).toBeNull()
  })
})
