import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PROBLEMS } from '../../../src/domain/problem.ts'
import { good } from '../authority/support/caller.ts'
import { CHAT, callGateway, chatBody } from '../hostile/support/stand.ts'
import type { Verdict } from './support/asks.ts'
import { accountOf, ask, chat, parse, userRow } from './support/asks.ts'
import { join, newKey, newTeam, newUser, update } from './support/people.ts'
import type { Town } from './support/town.ts'
import { eventually, fresh, openTown } from './support/town.ts'

let town: Town

beforeAll(async () => {
  town = await openTown({
    auth: {
      user_id_jwt_field: 'sub',
      team_ids_jwt_field: 'groups',
      admin_allowed_routes: ['management_routes', 'info_routes', 'openai_routes'],
      team_allowed_routes: ['openai_routes', 'info_routes', 'mapped_pass_through_routes'],
    },
  })
})

afterAll(() => town.close())

/** The same person with a key and with a token, both for the team if there is one. */
async function both(user: string, team?: string): Promise<readonly string[]> {
  return [
    await newKey(town, { user_id: user, ...(team === undefined ? {} : { team_id: team }) }),
    town.token({ sub: user, ...(team === undefined ? {} : { groups: [team] }) }),
  ]
}

async function member(fields: object = {}): Promise<readonly [user: string, team: string]> {
  const [user, team] = [await newUser(town), await newTeam(town, fields)]
  await join(town, team, user)
  return [user, team]
}

const outcome = ({ status, type, param }: Verdict): object => ({ status, type, param })

test('AT-213: a blocked team is 401 and is named, for keys, tokens and administrators', async () => {
  const [user, team] = await member()
  const credentials = [...(await both(user, team))]
  const admin = await newUser(town, { user_role: 'proxy_admin' })
  credentials.push(town.token({ sub: admin, groups: [team] }))
  for (const credential of credentials) expect((await chat(town, credential)).status).toBe(200)
  good(await town.master.post('/team/block', { team_id: team }))
  for (const credential of credentials) {
    const { status, message, reason } = await chat(town, credential)
    expect([status, reason]).toEqual([401, 'principal_blocked'])
    expect(message).toContain(`Team=${team} is blocked`)
  }
  good(await town.master.post('/team/unblock', { team_id: team }))
  for (const credential of credentials) expect((await chat(town, credential)).status).toBe(200)
})

test('AT-214, C-07: what a team may not use its members may not, by key or by token', async () => {
  const [user, team] = await member({ models: ['m1'] })
  const [key = '', token = ''] = await both(user, team)
  for (const credential of [key, token]) expect((await chat(town, credential)).status).toBe(200)
  const denied = { status: 401, type: 'team_model_access_denied', param: 'model' }
  expect(outcome(await chat(town, key, { model: 'm2' }))).toEqual(denied)
  // A list of groups is looked through (6.9); a team by header is the one team.
  expect(await chat(town, token, { model: 'm2' })).toMatchObject({ status: 403, reason: 'team_no_model' })
  expect(outcome(await chat(town, token, { model: 'm2', team }))).toEqual(denied)
})

test('AT-215: a key’s own models', async () => {
  const key = await newKey(town, { models: ['m1'] })
  expect(outcome(await chat(town, key, { model: 'm2' }))).toEqual({
    status: 401,
    type: 'key_model_access_denied',
    param: 'model',
  })
})

test('5.12: a user’s own models count where there is no team', async () => {
  const user = await newUser(town, { models: ['m1'] })
  for (const credential of await both(user)) {
    expect((await chat(town, credential)).status).toBe(200)
    const { status, type } = await chat(town, credential, { model: 'm2' })
    expect([status, String(type)]).toEqual([401, expect.stringMatching(/^(user|key)_model_access_denied$/)])
  }
  const nobody = await newUser(town, { models: ['no-default-models'] })
  expect((await chat(town, town.token({ sub: nobody }))).status).toBe(401)
  const [, team] = await member()
  await join(town, team, nobody)
  expect((await chat(town, town.token({ sub: nobody, groups: [team] }))).status).toBe(200)
})

test('AT-216: a spent team is refused, and a model that costs nothing is still served', async () => {
  const [user, team] = await member({ max_budget: 1e-9 })
  for (const credential of await both(user, team)) {
    const refused = await chat(town, credential)
    expect(refused.type).toBe('budget_exceeded')
    expect([400, 429]).toContain(refused.status)
    expect((await chat(town, credential, { model: 'free' })).status).toBe(200)
  }
})

test('AT-217: a personal budget counts for what has no team', async () => {
  const [user, team] = await member()
  await update(town, '/user/update', { user_id: user, max_budget: 1e-9 })
  for (const credential of await both(user, team)) expect((await chat(town, credential)).status).toBe(200)
  const other = await newUser(town, { max_budget: 1e-9 })
  for (const credential of await both(other)) expect((await chat(town, credential)).type).toBe('budget_exceeded')
})

test('AT-218: a key for some routes is a key for no others', async () => {
  const key = await newKey(town, { allowed_routes: ['/scim/*'] })
  expect((await chat(town, key)).status).toBe(403)
  // Not built yet, and not forbidden.
  expect((await ask(town, key, { path: '/scim/v2/Users' })).status).not.toBe(403)
})

test('AT-219: an internal user manages no teams', async () => {
  const user = await newUser(town)
  for (const credential of await both(user)) {
    const { status, message } = await ask(town, credential, { method: 'POST', path: '/team/new', body: {} })
    expect(status).toBe(401)
    expect(message).toMatch(/^Authentication Error, Only proxy admin can be used/)
  }
})

test('AT-221, INV-14: somebody else is not looked at, whether there is one or not', async () => {
  const [user, other] = [await newUser(town), await newUser(town)]
  for (const credential of await both(user)) {
    expect((await ask(town, credential, { path: `/user/info?user_id=${user}` })).status).toBe(200)
    const answers = await Promise.all(
      [other, fresh('nobody')].map(async (id) => {
        const { status, answer } = await ask(town, credential, { path: `/user/info?user_id=${id}` })
        return [status, answer.text.replaceAll(id, 'X')]
      }),
    )
    expect(answers[0]?.[0]).toBe(403)
    expect(answers[0]).toEqual(answers[1])
  }
})

describe('AT-224, D-50: a path that only looks like a call of a model', () => {
  test.each(['/team/azure/new', '/key/openai/generate', '/user/anthropic/list', '/x/azure/y', '/team/info/azure'])(
    '%s',
    async (path) => {
      const user = await newUser(town)
      for (const credential of await both(user)) {
        for (const method of ['GET', 'POST']) {
          const { status } = await ask(town, credential, { method, path, ...(method === 'POST' ? { body: {} } : {}) })
          expect([401, 403, 404, 405]).toContain(status)
        }
      }
      const calls = town.upstream.requests.total
      await ask(town, await newKey(town, {}), { path })
      expect(town.upstream.requests.total).toBe(calls)
    },
  )
})

describe('AT-026, INV-01: no route without a credential', () => {
  test.each([
    ...['anthropic', 'bedrock', 'vertex_ai', 'gemini', 'azure', 'cohere', 'mistral', 'openai_passthrough'].map(
      (name) => `/${name}/v1/x`,
    ),
    '/v1/chat/completions',
    '/v1/embeddings',
    '/v1/models',
    '/mcp',
    '/key/info',
    '/key/generate',
    '/user/list',
    '/team/list',
    '/authz/explain',
    '/audit',
    '/metrics',
  ])('%s', async (path) => {
    const bad = [undefined, '', 'Bearer', 'Bearer ', 'Bearer a.b.c', `Bearer ${town.token({ aud: 'x' })}`, 'Basic x']
    for (const authorization of bad) {
      for (const method of ['GET', 'POST']) {
        const { status, text } = await callGateway(town.gateway.port, {
          method,
          path,
          headers: authorization === undefined ? {} : { authorization },
          ...(method === 'POST' ? { body: chatBody('m1') } : {}),
        })
        expect([401, 404, 405], `${method} ${path} ${String(authorization)}: ${text.slice(0, 200)}`).toContain(status)
      }
    }
  })
})

test('AT-223: every kind of refusal of a call has the one shape', async () => {
  const [user, team] = await member({ models: ['m1'] })
  const poor = await newTeam(town, { max_budget: 1e-9 })
  await join(town, poor, user)
  const key = await newKey(town, { models: ['m1'] })
  const asked = [
    await chat(town, key, { model: 'm2' }),
    await chat(town, key, { model: 'nothing' }),
    await chat(town, town.token({ sub: fresh('nobody') })),
    await chat(town, town.token({ sub: user, groups: [fresh('nowhere')] })),
    await chat(town, town.token({ sub: user, groups: [team] }), { model: 'm2' }),
    await chat(town, town.token({ sub: user, groups: [team] }), { team: poor }),
    await chat(town, town.token({ sub: user, groups: [poor] })),
    await chat(town, town.token({ sub: user, scope: 5 })),
    await chat(town, town.token({ sub: user, exp: 1 })),
    await chat(town, 'sk-nothing'),
    await ask(town, town.token({ sub: user }), { method: 'POST', path: '/team/new', body: {} }),
    await ask(town, town.token({ sub: user }), { method: 'POST', path: CHAT, body: '{' }),
  ]
  const types = new Set(Object.values(PROBLEMS).map(({ type }) => type))
  for (const { status, answer } of asked) {
    expect(status).toBeGreaterThanOrEqual(400)
    const body = parse(answer.text) as Record<string, Record<string, unknown>>
    expect(Object.keys(body)).toEqual(['error'])
    const { message, type, param, code, ...more } = body['error'] ?? {}
    expect(more, answer.text).toEqual({})
    expect([typeof message, code]).toEqual(['string', String(status)])
    expect(param === null || typeof param === 'string').toBe(true)
    expect(types).toContain(type)
    expect(answer.headers['x-litellm-call-id']).toEqual(expect.any(String))
  }
})

test('12.6: block, models and budgets are the same for a key and a token of one person', async () => {
  const [user, team] = await member()
  const [key = '', token = ''] = await both(user, team)
  const changes: readonly (readonly [path: string, body: object])[] = [
    ['/user/update', { user_id: user, blocked: true }],
    ['/user/update', { user_id: user, blocked: false }],
    ['/team/update', { team_id: team, models: ['m2'] }],
    ['/team/update', { team_id: team, models: ['m1'] }],
    ['/team/update', { team_id: team, max_budget: 1e-9 }],
    ['/team/update', { team_id: team, max_budget: null }],
    ['/team/block', { team_id: team }],
    ['/team/unblock', { team_id: team }],
    ['/team/member_delete', { team_id: team, user_id: user }],
  ]
  for (const [path, body] of changes) {
    good(await town.master.post(path, body))
    const [byKey, byToken] = [await chat(town, key), await chat(town, token)]
    const isMembers = path === '/team/member_delete'
    // A key hangs on the membership; a token says itself whose it is.
    expect([path, body, byToken.status === 200]).toEqual([path, body, isMembers ? true : byKey.status === 200])
  }
  const account = await accountOf(town, await chat(town, token))
  expect(account).toMatchObject({ user, team })
  await eventually(async () => expect(Number((await userRow(town, user))?.['spend'])).toBeGreaterThan(0))
})
