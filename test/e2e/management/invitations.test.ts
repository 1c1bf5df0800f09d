import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDesk, query, unique } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'
import { expectFailure, TIME } from './support/expectations.ts'
import { secondsUntil } from './support/times.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
})

afterAll(() => desk.close())

function info(invitation_id: string, key?: string): Promise<Answer> {
  return desk.get(query('/invitation/info', { invitation_id }), key)
}

describe('POST /invitation/new', () => {
  test('the answer is the invitation of that user, open and for a day at most', async () => {
    const { id } = await desk.newUser({ auto_create_key: false })
    const made = await desk.done('/invitation/new', { user_id: id })
    expect(made).toMatchObject({
      id: expect.any(String),
      user_id: id,
      is_accepted: false,
      accepted_at: null,
      expires_at: TIME,
      created_at: TIME,
      created_by: 'default_user_id',
      updated_at: TIME,
      updated_by: 'default_user_id',
    })
    expect(secondsUntil(made.expires_at)).toBeGreaterThan(0)
    expect(secondsUntil(made.expires_at)).toBeLessThanOrEqual(86_400)
  })

  test('is for a user that there is', async () => {
    expectFailure(await desk.post('/invitation/new', { user_id: unique('nobody') }), [400, 404])
    expect((await desk.post('/invitation/new', {})).status).toBe(422)
  })

  test('is not a plain user’s', async () => {
    const { id, key } = await desk.newUser()
    expectFailure(await desk.post('/invitation/new', { user_id: id }, key), [400, 401, 403])
  })
})

describe('GET /invitation/info', () => {
  test('the invitation, for the administrator', async () => {
    const { id, key } = await desk.newUser()
    const made = await desk.done('/invitation/new', { user_id: id })
    expect((await info(made.id)).json).toMatchObject({ id: made.id, user_id: id, is_accepted: false })
    expectFailure(await info(made.id, key), [400, 401, 403, 404])
    expectFailure(await info(unique('no')), [400, 404])
  })

  test('S-10: reading it again tells nothing that would let somebody in', async () => {
    const { id } = await desk.newUser({ auto_create_key: false })
    const made = await desk.done('/invitation/new', { user_id: id })
    const known = new Set(['id', 'user_id', 'is_accepted', 'accepted_at', 'expires_at', 'created_at', 'created_by'])
    const secrets = Object.entries(made).filter(([name]) => !known.has(name) && !name.startsWith('updated_'))
    const { text } = await info(made.id)
    for (const [, value] of secrets) {
      if (typeof value === 'string' && value.length > 20) expect(text).not.toContain(value)
    }
  })
})

describe('the end of an invitation', () => {
  test('it is withdrawn', async () => {
    const { id } = await desk.newUser({ auto_create_key: false })
    const made = await desk.done('/invitation/new', { user_id: id })
    expect((await desk.post('/invitation/delete', { invitation_id: made.id })).status).toBe(200)
    expectFailure(await info(made.id), [400, 404])
    expectFailure(await desk.post('/invitation/delete', { invitation_id: made.id }), [400, 404])
  })

  test('it goes with its user', async () => {
    const { id } = await desk.newUser({ auto_create_key: false })
    const made = await desk.done('/invitation/new', { user_id: id })
    await desk.done('/user/delete', { user_ids: [id] })
    expectFailure(await info(made.id), [400, 404])
  })

  test('a plain user can’t withdraw it', async () => {
    const { id, key } = await desk.newUser()
    const made = await desk.done('/invitation/new', { user_id: id })
    expectFailure(await desk.post('/invitation/delete', { invitation_id: made.id }, key), [400, 401, 403, 404])
    expect((await info(made.id)).status).toBe(200)
  })
})
