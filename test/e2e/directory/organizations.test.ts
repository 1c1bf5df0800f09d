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

async function newOrganization(more: object = {}) {
  count += 1
  const [id, head] = [`org-${count}`, `head-${count}`]
  const made = await admin.post('/organization/new', { organization_id: id, organization_alias: `Org ${id}`, ...more })
  expect(made.status).toBe(200)
  await add(admin, id, { role: 'org_admin', user_id: head })
  return { id, head, asHead: await admin.as(head) }
}

const add = (who: Admin, organization_id: string, member: unknown, more: object = {}) =>
  who.post('/organization/member_add', { organization_id, member, ...more })
const patch = (who: Admin, organization_id: string, fields: object) =>
  who.call('PATCH', '/organization/update', { organization_id, ...fields })
const look = (who: Admin, id: string) => who.get(`/organization/info?organization_id=${id}`)

describe('making and changing', () => {
  test('an organisation has a budget of its own, in limits that were said', async () => {
    const { id } = await newOrganization({ max_budget: 1000, budget_duration: '30d', models: ['m'] })
    const { body } = await look(admin, id)
    expect(body).toMatchObject({ organization_alias: `Org ${id}`, models: ['m'], spend: 0, teams: [], users: null })
    expect(body['litellm_budget_table']).toMatchObject({ max_budget: 1000, budget_duration: '30d', tpm_limit: null })
    expect(body['budget_id']).toEqual(body['litellm_budget_table']?.['budget_id'])
  })

  test('an alias is required, and an id is given once', async () => {
    expect((await admin.post('/organization/new', {})).status).toBe(422)
    const { id } = await newOrganization()
    const again = await admin.post('/organization/new', { organization_id: id, organization_alias: 'x' })
    expect(again.status).toBe(400)
  })

  test('a budget that belongs to another organisation alone can’t be shared', async () => {
    const { id } = await newOrganization()
    const budget_id = (await look(admin, id)).body['budget_id']
    const asked = await admin.post('/organization/new', { organization_alias: 'x', budget_id })
    expect(asked.status).toBe(404)
  })

  test('what is not said stays, and null takes a limit away', async () => {
    const { id } = await newOrganization({ max_budget: 10, tpm_limit: 5, metadata: { a: 1 } })
    const { body } = await patch(admin, id, { organization_alias: 'renamed', tpm_limit: null })
    expect(body).toMatchObject({ organization_alias: 'renamed', metadata: { a: 1 } })
    expect(body['litellm_budget_table']).toMatchObject({ max_budget: 10, tpm_limit: null })
  })

  test.each([{ max_budget: 20 }, { max_budget: 5 }, { models: ['m', 'n'] }, { models: [] }, { tpm_limit: 1 }])(
    'note 16: its own administrator does not change %j',
    async (fields) => {
      const { id, asHead } = await newOrganization({ max_budget: 10, models: ['m'] })
      expect((await patch(asHead, id, fields)).status).toBe(403)
      const { body } = await patch(asHead, id, { organization_alias: 'ours', metadata: { b: 2 }, max_budget: 10 })
      expect(body).toMatchObject({ organization_alias: 'ours', metadata: { b: 2 }, models: ['m'] })
      expect(body['litellm_budget_table']?.['max_budget']).toBe(10)
    },
  )

  test('note 16, INV-14: its own administrator names no budget, and learns not which there are', async () => {
    const { id, asHead } = await newOrganization({ max_budget: 10 })
    const budget_id = `shared-by-${id}`
    for (const max_budget of [10, 20]) {
      await admin.post('/budget/new', { budget_id: `${budget_id}-${max_budget}`, max_budget })
    }
    const { id: other } = await newOrganization()
    const ofOther = (await look(admin, other)).body['budget_id']
    const [absent, ...there] = await Promise.all(
      ['absent', `${budget_id}-10`, `${budget_id}-20`, ofOther].map((name) => patch(asHead, id, { budget_id: name })),
    )
    expect(absent?.status).toBe(403)
    for (const { status, body } of there) expect([status, body]).toEqual([403, absent?.body])
    expect((await patch(asHead, id, { budget_id: (await look(admin, id)).body['budget_id'] })).status).toBe(200)
  })

  test('users and administrators of one make and delete none', async () => {
    const { id, asHead } = await newOrganization()
    expect((await asHead.post('/organization/new', { organization_alias: 'x' })).status).toBe(401)
    const gone = await asHead.call('DELETE', '/organization/delete', { organization_ids: [id] })
    expect(gone.status).toBe(401)
    expect((await (await admin.as('nobody')).get('/organization/list')).status).toBe(401)
  })
})

describe('looking', () => {
  test('its administrators see their own in lists, others as if they were not', async () => {
    const { id, asHead } = await newOrganization()
    const { id: foreign } = await newOrganization()
    expect((await asHead.get('/organization/list')).body).toMatchObject([{ organization_id: id }])
    expect((await admin.get(`/organization/list?org_alias=${foreign}`)).body).toMatchObject([
      { organization_id: foreign },
    ])
    const there = await look(asHead, foreign)
    expect(there.status).toBe(404)
    expect(there.body['error']?.['message']).toBe('Organization not found')
    expect((await look(asHead, 'none')).body).toEqual(there.body)
    expect((await asHead.post('/organization/info', { organizations: [id, foreign] })).status).toBe(404)
    expect((await admin.post('/organization/info', { organizations: [foreign, id] })).body).toMatchObject([
      { organization_id: foreign },
      { organization_id: id },
    ])
    for (const call of [patch(asHead, foreign, { organization_alias: 'x' }), add(asHead, foreign, { user_id: 'x' })]) {
      expect((await call).status).toBe(404)
    }
  })
})

describe('members', () => {
  test('are added with a role and a budget, changed and removed', async () => {
    const { id, asHead } = await newOrganization({ max_budget: 100 })
    const added = await add(asHead, id, { role: 'internal_user', user_id: 'bob' }, { max_budget_in_organization: 50 })
    expect(added.body).toMatchObject({
      organization_id: id,
      updated_users: [{ user_id: 'bob' }],
      updated_organization_memberships: [
        { user_id: 'bob', user_role: 'internal_user', spend: 0, litellm_budget_table: { max_budget: 50 } },
      ],
    })
    const member = { organization_id: id, user_id: 'bob' }
    const change = { ...member, role: 'org_admin', max_budget_in_organization: 60 }
    const changed = await asHead.call('PATCH', '/organization/member_update', change)
    expect(changed.body).toMatchObject({ user_role: 'org_admin', litellm_budget_table: { max_budget: 60 } })
    expect((await look(await admin.as('bob'), id)).status).toBe(200)
    const removed = await asHead.call('DELETE', '/organization/member_delete', member)
    expect([removed.status, removed.body['user_id']]).toEqual([200, 'bob'])
    expect((await asHead.call('DELETE', '/organization/member_delete', member)).status).toBe(400)
  })

  test('an address finds or makes its user', async () => {
    const { id } = await newOrganization()
    const { body } = await add(admin, id, [{ user_email: 'gail@example.com', role: 'internal_user_viewer' }])
    expect(body['updated_organization_memberships']).toMatchObject([
      { user_email: 'gail@example.com', user_role: 'internal_user_viewer' },
    ])
  })

  test('note 17: nobody gives more than the organisation has, a role of the installation, or more to oneself', async () => {
    const { id, head, asHead } = await newOrganization({ max_budget: 100 })
    expect((await add(asHead, id, { user_id: 'x' }, { max_budget_in_organization: 101 })).status).toBe(403)
    expect((await add(asHead, id, { user_id: 'x', role: 'proxy_admin' })).status).toBe(422)
    expect((await add(asHead, id, { user_id: 'default_user_id' })).status).toBe(403)
    const own = { organization_id: id, user_id: head }
    const limit = (who: Admin, max_budget_in_organization: number | null) =>
      who.call('PATCH', '/organization/member_update', { ...own, max_budget_in_organization })
    expect((await limit(admin, 5)).status).toBe(200)
    expect((await limit(asHead, 6)).status).toBe(403)
    expect((await limit(asHead, null)).status).toBe(403)
    expect((await limit(asHead, 4)).status).toBe(200)
  })
})

describe('deleting', () => {
  test('takes the teams and memberships along, all or none', async () => {
    const { id, head, asHead } = await newOrganization({ max_budget: 10 })
    const team = `team-of-${id}`
    await asHead.post('/team/new', { team_id: team, organization_id: id, team_member_budget: 1 })
    const remove = (organization_ids: readonly string[]) =>
      admin.call('DELETE', '/organization/delete', { organization_ids })
    const missing = await remove([id, 'none'])
    expect([missing.status, missing.body['error']?.['message']]).toEqual([404, 'Organization=none not found'])
    const { status, body } = await remove([id])
    expect(status).toBe(200)
    expect(body).toMatchObject([{ organization_id: id }])
    expect((await look(admin, id)).status).toBe(404)
    expect((await admin.get(`/team/info?team_id=${team}`)).status).toBe(404)
    expect((await asHead.get('/organization/list')).status).toBe(401)
    expect((await admin.get(`/team/list?user_id=${head}`)).body).toEqual([])
  })
})
