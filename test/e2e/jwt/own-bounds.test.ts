import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityProvider } from '../../support/identity-provider.ts'
import { startIdentityProvider } from '../../support/identity-provider.ts'
import type { Json } from '../authority/support/caller.ts'
import { good } from '../authority/support/caller.ts'
import type { Verdict } from './support/asks.ts'
import { ask, chat } from './support/asks.ts'
import { opened } from './support/opened.ts'
import { join, newKey, newTeam, newUser } from './support/people.ts'
import type { Town } from './support/town.ts'
import { fresh, openTown } from './support/town.ts'

const MAKE = '/key/generate'
const CHAT = '/v1/chat/completions'
let town: Town
let token: string

beforeAll(async () => {
  town = await openTown({
    auth: { user_id_jwt_field: 'sub', enforce_rbac: true },
    general: { role_permissions: [{ role: 'internal_user', models: ['m1'], routes: [MAKE, CHAT, '/key/update'] }] },
  })
  token = town.token({ sub: await newUser(town) })
})

afterAll(() => town.close())

const make = (body: object): Promise<Verdict> => ask(town, token, { method: 'POST', path: MAKE, body })

async function opensNoMore(body: object, made: Json): Promise<void> {
  const key = String(made['key'])
  const opens = [
    (await chat(town, key, { model: 'm2' })).status,
    (await ask(town, key, { path: '/v1/models' })).status,
    (await ask(town, key, { path: '/v1/embeddings', body: { model: 'm1', input: 'x' } })).status,
    (await ask(town, key, { path: '/key/list' })).status,
    (await ask(town, key, { path: '/user/info' })).status,
  ]
  expect([
    body,
    made['models'],
    made['allowed_routes'],
    opens.filter((status) => status !== 401 && status !== 403),
  ]).toEqual([body, ['m1'], expect.anything(), []])
}

test('INV-12: a key that a token makes opens no more than the token', async () => {
  expect((await chat(town, token)).status).toBe(200)
  for (const body of [
    {},
    { models: ['m1'] },
    { allowed_routes: [CHAT] },
    { allowed_routes: ['llm_api_routes'], models: ['m1'] },
    { allowed_routes: ['/v1/*'], models: ['m1'] },
    { allowed_routes: [CHAT, '/v1/embeddings'], models: ['m1'] },
    { allowed_routes: [CHAT], models: ['m1', 'm2'] },
    { allowed_routes: [CHAT], models: ['*'] },
    { allowed_routes: [CHAT], models: ['m1'], aliases: { m1: 'm2' } },
    { key_type: 'llm_api', models: ['m1'] },
    { key_type: 'default', models: ['m1'] },
  ]) {
    const { status, answer } = await make(body)
    // What is not said is taken over from the token; what is said beyond it is refused.
    if (status !== 200) expect([body, status]).toEqual([body, 403])
    else await opensNoMore(body, JSON.parse(answer.text) as Json)
  }
})

test('INV-12: nor can it be widened afterwards', async () => {
  const made = good(await town.holder(token).post(MAKE, { allowed_routes: [CHAT], models: ['m1'] }))
  const key = String(made['key'])
  expect((await chat(town, key)).status).toBe(200)
  expect((await chat(town, key, { model: 'm2' })).status).toBe(401)
  expect((await ask(town, key, { path: '/v1/models' })).status).toBe(403)
  for (const change of [{ allowed_routes: [] }, { models: [] }, { models: ['m2'] }, { allowed_routes: ['/*'] }]) {
    const { status } = await ask(town, token, { method: 'POST', path: '/key/update', body: { key, ...change } })
    expect([400, 403], JSON.stringify(change)).toContain(status)
  }
  expect((await chat(town, key, { model: 'm2' })).status).toBe(401)
})

describe('INV-12, D-14: a token that is bound to the routes of teams', () => {
  const ROUTES = ['openai_routes', MAKE, '/key/update', '/key/regenerate', '/key/block']
  let idp: IdentityProvider
  beforeAll(async () => {
    idp = await startIdentityProvider()
  })
  afterAll(() => idp.stop())

  const teams = opened(() => idp, {
    auth: { user_id_jwt_field: 'sub', team_ids_jwt_field: 'groups', team_allowed_routes: ROUTES },
  })

  interface Member {
    readonly user: string
    readonly team: string
    readonly credential: string
  }

  async function newMember(): Promise<Member> {
    const [user, team] = [await newUser(teams()), await newTeam(teams(), { team_member_permissions: ROUTES.slice(1) })]
    await join(teams(), team, user)
    return { user, team, credential: teams().token({ sub: user, groups: [team] }) }
  }

  const post = (credential: string, path: string, body: object) => teams().holder(credential).post(path, body)
  const opens = async (key: string): Promise<readonly number[]> => [
    (await teams().holder(key).chat('m1')).status,
    (await teams().holder(key).get('/user/info')).status,
    (await teams().holder(key).get('/key/list')).status,
    (await post(key, '/key/delete', { keys: [key] })).status,
  ]

  test('makes keys with the same bound, its own and those of its team', async () => {
    const { team, credential } = await newMember()
    for (const body of [{}, { allowed_routes: [] }, { team_id: team }, { key_type: 'default' }]) {
      const made = good(await post(credential, MAKE, body))
      expect(made['allowed_routes']).toEqual(ROUTES)
      expect(await opens(String(made['key']))).toEqual([200, 403, 403, 403])
    }
    const made = good(await post(credential, MAKE, { allowed_routes: [CHAT] }))
    expect([made['allowed_routes'], await opens(String(made['key']))]).toEqual([[CHAT], [200, 403, 403, 403]])
  })

  test.each([
    [['/user/info']],
    [[CHAT, '/key/delete']],
    [['management_routes']],
    [['/key/*']],
    [['/*']],
    [['info_routes']],
  ])('makes none for %j, and says what it has', async (allowed_routes) => {
    const { credential } = await newMember()
    const { status, text } = await post(credential, MAKE, { allowed_routes })
    expect([status, text]).toEqual([
      403,
      expect.stringContaining("This credential opens ['openai_routes', '/key/generate'"),
    ])
  })

  test('makes none that is wide by its kind', async () => {
    const { credential } = await newMember()
    // The routes of models hold the prefixes of providers as well, and those of the team do not.
    for (const key_type of ['management', 'llm_api'])
      expect((await post(credential, MAKE, { key_type })).status).toBe(403)
  })

  test('widens no key, and gives itself no secret of a wider one', async () => {
    const { user, credential } = await newMember()
    const narrow = String(good(await post(credential, MAKE, {}))['key'])
    for (const allowed_routes of [[], ['/*'], [...ROUTES, '/user/info']]) {
      expect((await post(credential, '/key/update', { key: narrow, allowed_routes })).status).toBe(403)
      expect((await post(credential, '/key/regenerate', { key: narrow, allowed_routes })).status).toBe(403)
    }
    const wide = await newKey(teams(), { user_id: user })
    expect((await post(credential, '/key/update', { key: wide, key_alias: fresh('alias') })).status).toBe(200)
    expect((await post(credential, '/key/regenerate', { key: wide })).status).toBe(403)
    expect((await teams().holder(wide).get('/user/info')).status, 'it stays as it was').toBe(200)
    const again = good(await post(credential, '/key/regenerate', { key: narrow }))
    expect(await opens(String(again['key']))).toEqual([200, 403, 403, 403])
  })

  test('a key that it made makes none without the bound either', async () => {
    const { credential } = await newMember()
    const first = String(good(await post(credential, MAKE, {}))['key'])
    expect(good(await post(first, MAKE, {}))['allowed_routes']).toEqual(ROUTES)
    expect((await post(first, MAKE, { allowed_routes: ['/user/info'] })).status).toBe(403)
  })

  test('administrators are bound by routes of their own, not by those of teams', async () => {
    const root = teams().token({ sub: await newUser(teams(), { user_role: 'proxy_admin' }) })
    expect(good(await post(root, MAKE, {}))['allowed_routes']).toEqual([])
  })
})
