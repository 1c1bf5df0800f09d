import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDesk, unique } from './support/desk.ts'
import type { Desk } from './support/desk.ts'
import { expectError } from './support/expectations.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
})

afterAll(() => desk.close())

interface Scene {
  readonly team: string
  readonly member: { readonly id: string; readonly key: string }
  /** Of the team, and of nobody. */
  readonly shared: string
}

async function scene(permissions?: readonly string[]): Promise<Scene> {
  const team = await desk.newTeam(permissions === undefined ? {} : { team_member_permissions: permissions })
  const member = await desk.newUser()
  await desk.done('/team/member_add', { team_id: team, member: { role: 'user', user_id: member.id } })
  return { team, member, shared: await desk.newKey({ team_id: team }) }
}

const CHANGES: readonly (readonly [path: string, body: (key: string) => object])[] = [
  ['/key/update', (key) => ({ key, metadata: { a: 1 } })],
  ['/key/bulk_update', (key) => ({ keys: [{ key, tags: ['a'] }] })],
  ['/key/delete', (key) => ({ keys: [key] })],
  ['/key/regenerate', (key) => ({ key })],
  ['/key/block', (key) => ({ key })],
  ['/key/unblock', (key) => ({ key })],
]
const DENIED = { type: 'team_member_permission_error' }

describe('what a team does not let its members do', () => {
  test.each(CHANGES)('%s: is told of a key that the member may look at', async (path, body) => {
    const { member, shared } = await scene()
    expect((await desk.get(`/key/info?key=${shared}`, member.key)).status).toBe(200)
    expectError(await desk.post(path, body(shared), member.key), 403, { ...DENIED, message: new RegExp(path) })
    expect((await desk.chat('gpt-4o', shared)).status).toBe(200)
  })

  test('is told of the member’s own key in the team as well', async () => {
    const { team, member } = await scene()
    const own = await desk.newKey({ team_id: team, user_id: member.id })
    expectError(await desk.post('/key/update', { key: own, metadata: {} }, member.key), 403, DENIED)
  })

  test.each(CHANGES)('%s: keys that the member may not look at are not there', async (path, body) => {
    const { member } = await scene()
    const elsewhere = await scene()
    const blind = await scene(['/key/generate'])
    await desk.done('/team/member_add', { team_id: blind.team, member: { role: 'user', user_id: member.id } })
    for (const key of [elsewhere.shared, blind.shared])
      expect((await desk.post(path, body(key), member.key)).status).toBe(404)
  })

  test.each(['/key/generate', '/key/service-account/generate'])('%s: is told', async (path) => {
    const { team, member } = await scene()
    expectError(await desk.post(path, { team_id: team }, member.key), 403, { ...DENIED, message: new RegExp(path) })
  })

  test('is not told of teams that the member is not in, nor of keys for others', async () => {
    const { team, member } = await scene()
    const elsewhere = await scene()
    const asked = [
      { team_id: elsewhere.team },
      { team_id: unique('nowhere') },
      { team_id: team, user_id: elsewhere.member.id },
      { team_id: team, user_id: unique('nobody') },
    ]
    const answers = await Promise.all(asked.map((body) => desk.post('/key/generate', body, member.key)))
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    for (const answer of answers) expectError(answer, 403, { type: 'auth_error' })
  })
})

describe('what a team lets its members do', () => {
  test('they do', async () => {
    const { team, member, shared } = await scene(['/key/info', '/key/generate', '/key/update', '/key/delete'])
    await desk.done('/key/update', { key: shared, metadata: { a: 1 } }, member.key)
    const made = await desk.done('/key/generate', { team_id: team }, member.key)
    expect(made.team_id).toBe(team)
    expectError(await desk.post('/key/regenerate', { key: shared }, member.key), 403, DENIED)
    await desk.done('/key/delete', { keys: [shared] }, member.key)
  })
})
