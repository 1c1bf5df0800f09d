import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDesk, query, unique, uniqueEmail } from '../management/support/desk.ts'
import type { Answer, Desk } from '../management/support/desk.ts'

const PASSWORD = 'correct-horse-battery-staple'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
})

afterAll(() => desk.close())

async function invited(fields: object = {}): Promise<{ id: string; invitation: string; link: string }> {
  const { id } = await desk.newUser({ auto_create_key: false, ...fields })
  const made = await desk.done('/invitation/new', { user_id: id })
  return { id, invitation: made.id, link: made.invitation_link }
}

function claim(invitation_link: string, fields: object = {}): Promise<Answer> {
  return desk.ask('POST', '/onboarding/claim_token', {
    key: '',
    body: { invitation_link, password: PASSWORD, ...fields },
  })
}

describe('S-10: an invitation', () => {
  test('gives a password once, without any other credential', async () => {
    const { id, link, invitation } = await invited({ user_email: uniqueEmail('new') })
    const look = await desk.ask('GET', query('/onboarding/get_token', { invitation_link: link }), { key: '' })
    expect(look.json).toMatchObject({ user_id: id })
    const taken = await claim(link, { user_id: id })
    expect(taken.status).toBe(200)
    expect(taken.text).not.toMatch(/scrypt|correct-horse/)
    expect((await claim(link)).status).toBe(401)
    expect(await desk.read(query('/invitation/info', { invitation_id: invitation }))).toMatchObject({
      is_accepted: true,
    })
    const { text } = await desk.get(query('/user/info', { user_id: id }))
    expect(text).not.toMatch(/scrypt|password/)
  })

  test('opens for nobody without its secret, or for another user', async () => {
    const one = await invited()
    const two = await invited()
    const secret = two.link.split('.')[1] ?? ''
    for (const link of [one.invitation, `${one.invitation}.`, `${one.invitation}.${secret}`, unique('link'), '']) {
      expect((await claim(link)).status).toBe(401)
    }
    expect((await claim(one.link, { user_id: two.id })).status).toBe(401)
    expect((await claim(one.link, { password: 'short' })).status).toBe(400)
    expect((await claim(one.link)).status).toBe(200)
  })

  test.each([
    ['the address', { user_email: uniqueEmail('moved') }],
    ['the role', { user_role: 'proxy_admin_viewer' }],
    ['the password', { password: PASSWORD }],
  ])('ends when %s changes', async (_what, change) => {
    const { id, link } = await invited()
    await desk.done('/user/update', { user_id: id, ...change })
    expect((await claim(link)).status).toBe(401)
  })

  test('of two claims at the same time one is first', async () => {
    const { link } = await invited()
    const answers = await Promise.all([claim(link), claim(link), claim(link)])
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401, 401])
  })

  test('is no way for a team’s administrator into an account that somebody has', async () => {
    const admin = await desk.newUser()
    const plain = await desk.newUser({ auto_create_key: false })
    const taken = await desk.newUser({ auto_create_key: false, password: PASSWORD })
    const elsewhere = await desk.newUser({ auto_create_key: false })
    const boss = await desk.newUser({ auto_create_key: false, user_role: 'proxy_admin' })
    const people = [plain, taken, elsewhere, boss].map(({ id }) => ({ user_id: id, role: 'user' }))
    await desk.newTeam({ members_with_roles: [{ user_id: admin.id, role: 'admin' }, ...people] })
    await desk.newTeam({ members_with_roles: [{ user_id: elsewhere.id, role: 'user' }] })
    const invite = async (id: string) => (await desk.post('/invitation/new', { user_id: id }, admin.key)).status
    expect(await invite(plain.id)).toBe(200)
    expect([await invite(taken.id), await invite(boss.id)]).toEqual([403, 403])
    expect(await invite(elsewhere.id)).toBe(404)
  })
})
