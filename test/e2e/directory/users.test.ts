import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDesk, query, unique, uniqueEmail } from '../management/support/desk.ts'
import type { Desk } from '../management/support/desk.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
})

afterAll(() => desk.close())

interface Realm {
  readonly org: string
  readonly admin: { readonly id: string; readonly key: string }
}

/** An organisation with limits, and somebody who administers it. */
async function newRealm(): Promise<Realm> {
  const { organization_id: org } = await desk.done('/organization/new', {
    organization_alias: unique('org'),
    models: ['gpt-4o'],
    max_budget: 100,
  })
  const admin = await desk.newUser()
  await desk.done('/organization/member_add', {
    organization_id: org,
    member: { user_id: admin.id, role: 'org_admin' },
  })
  return { org, admin }
}

async function row(id: string): Promise<Record<string, unknown>> {
  const { json } = await desk.get(query('/user/info', { user_id: id }))
  return json.user_info
}

describe('an organisation’s administrator', () => {
  test('Z-12, INV-12: makes plain users with no more than the organisation has, and keys inside of it', async () => {
    const { org, admin } = await newRealm()
    const made = await desk.post('/user/new', { organizations: [org] }, admin.key)
    expect(made.status).toBe(200)
    expect(made.json).toMatchObject({ user_role: 'internal_user', models: ['gpt-4o'], max_budget: 100 })
    expect((await desk.read('/key/info', made.json.key)).info).toMatchObject({ organization_id: org })

    for (const more of [
      { models: ['gpt-4o', 'other'] },
      { models: ['*'] },
      { max_budget: 101 },
      { sso_user_id: unique('sub') },
      { password: 'correct-horse-battery' },
      { user_role: 'proxy_admin_viewer' },
    ]) {
      const { status } = await desk.post('/user/new', { organizations: [org], ...more }, admin.key)
      expect([JSON.stringify(more), status]).toEqual([JSON.stringify(more), 403])
    }
    expect((await desk.post('/user/new', {}, admin.key)).status).toBe(403)
  })

  test('changes those who are the organisation’s alone; foreign and absent are one answer', async () => {
    const { org, admin } = await newRealm()
    const other = await newRealm()
    const own = await desk.newUser({ organizations: [org], models: ['gpt-4o'], max_budget: 10, auto_create_key: false })
    const shared = await desk.newUser({ organizations: [org, other.org], auto_create_key: false })
    const update = (user_id: string, body: object) => desk.post('/user/update', { user_id, ...body }, admin.key)

    expect((await update(own.id, { user_alias: 'Ana', max_budget: 50 })).status).toBe(200)
    expect((await update(own.id, { max_budget: null })).status).toBe(403)
    expect((await update(own.id, { max_budget: 500 })).status).toBe(403)
    expect((await update(own.id, { user_role: 'proxy_admin' })).status).toBe(403)
    expect(await row(own.id)).toMatchObject({ user_alias: 'Ana', max_budget: 50, user_role: 'internal_user' })

    const nobody = unique('nobody')
    const answers = []
    for (const id of [shared.id, nobody]) {
      const { status, text } = await update(id, { user_alias: 'x' })
      answers.push([status, text.replaceAll(id, '…')])
    }
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]?.[0]).toBe(404)
    expect((await desk.get(query('/user/info', { user_id: nobody }))).status).toBe(404)
  })

  test('Z-20: does not open what a proxy admin blocked, and opens what it blocked itself', async () => {
    const { org, admin } = await newRealm()
    const { id } = await desk.newUser({ organizations: [org], auto_create_key: false })
    await desk.done('/user/update', { user_id: id, blocked: true })
    expect((await desk.post('/user/update', { user_id: id, blocked: false }, admin.key)).status).toBe(403)
    expect((await desk.post('/user/update', { user_id: id, blocked: true }, admin.key)).status).toBe(200)
    expect((await desk.post('/user/update', { user_id: id, blocked: false }, admin.key)).status).toBe(403)
    await desk.done('/user/update', { user_id: id, blocked: false })
    await desk.post('/user/update', { user_id: id, blocked: true }, admin.key)
    expect((await desk.post('/user/update', { user_id: id, blocked: false }, admin.key)).status).toBe(200)
  })

  test('lists its own people and nobody else', async () => {
    const { org, admin } = await newRealm()
    const { id } = await desk.newUser({ organizations: [org], auto_create_key: false })
    const { users, total } = (await desk.get('/user/list?page_size=100', admin.key)).json
    expect(total).toBe(2)
    expect(users.map((user: { user_id: string }) => user.user_id).toSorted()).toEqual([admin.id, id].toSorted())
  })
})

describe('a team’s administrator', () => {
  test('note 11: sees of a member what the member is in the team', async () => {
    const admin = await desk.newUser()
    const member = await desk.newUser({ max_budget: 7, models: ['gpt-4o'], auto_create_key: false })
    const team = await desk.newTeam({
      members_with_roles: [
        { user_id: admin.id, role: 'admin' },
        { user_id: member.id, role: 'user' },
      ],
    })
    const seen = (await desk.get(query('/user/info', { user_id: member.id }), admin.key)).json
    expect(seen.keys).toEqual([])
    expect(Object.keys(seen.user_info).toSorted()).toEqual(
      ['team_memberships', 'teams', 'user_alias', 'user_email', 'user_id'].toSorted(),
    )
    expect(seen.user_info).toMatchObject({ teams: [team], team_memberships: [{ role: 'user', spend: 0 }] })
    const { users } = (await desk.get('/user/list', admin.key)).json
    expect(users.find((user: { user_id: string }) => user.user_id === member.id)).not.toHaveProperty('max_budget')
  })
})

describe('oneself', () => {
  test('note 9: has a name of one’s own, and nothing else to say', async () => {
    const user = await desk.newUser({ auto_create_key: true })
    expect((await desk.post('/user/update', { user_id: user.id, user_alias: 'Me' }, user.key)).status).toBe(200)
    for (const body of [{ metadata: { a: 1 } }, { blocked: true }, { models: [] }, { user_email: uniqueEmail('me') }]) {
      expect((await desk.post('/user/update', { user_id: user.id, ...body }, user.key)).status).toBe(403)
    }
    expect(await row(user.id)).toMatchObject({ user_alias: 'Me', user_email: null })
  })

  test('Z-12: an administrator does not change the own role, the last one not at all', async () => {
    const one = await desk.newUser({ user_role: 'proxy_admin' })
    const demote = { user_id: one.id, user_role: 'internal_user' }
    for (const key of [one.key, undefined]) expect((await desk.post('/user/update', demote, key)).status).toBe(409)
    expect((await desk.post('/user/update', { user_id: one.id, blocked: true })).status).toBe(409)
    expect((await desk.post('/user/delete', { user_ids: [one.id] })).status).toBe(409)
    const two = await desk.newUser({ user_role: 'proxy_admin', auto_create_key: false })
    expect((await desk.post('/user/update', demote, one.key)).status).toBe(403)
    expect((await desk.post('/user/delete', { user_ids: [one.id, two.id] })).status).toBe(409)
    expect(await desk.done('/user/delete', { user_ids: [one.id] })).toBe(1)
  })
})

describe('one user, one address', () => {
  test('of many who ask for the same address at the same time one gets it', async () => {
    const user_email = uniqueEmail('race')
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        desk.post('/user/new', {
          user_email: i % 2 === 0 ? user_email : user_email.toUpperCase(),
          auto_create_key: false,
        }),
      ),
    )
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409, 409, 409])
  })

  test('a refused user leaves neither user nor key behind', async () => {
    const key_alias = unique('taken')
    await desk.done('/key/generate', { key_alias })
    const user_id = unique('half')
    expect((await desk.post('/user/new', { user_id, key_alias })).status).toBe(400)
    expect((await desk.get(query('/user/info', { user_id }))).status).toBe(404)
  })

  test('the account behind the master key stays as it is', async () => {
    const user_id = 'default_user_id'
    for (const body of [{ blocked: true }, { user_role: 'internal_user' }]) {
      expect((await desk.post('/user/update', { user_id, ...body })).status).toBe(409)
    }
    expect((await desk.post('/user/delete', { user_ids: [user_id] })).status).toBe(409)
  })
})
