import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MASTER_KEY, bearer } from '../../support/gateway.ts'
import { openTown } from '../jwt/support/town.ts'
import type { Town } from '../jwt/support/town.ts'
import { callGateway, stringAt } from '../hostile/support/stand.ts'
import type { Answer } from '../hostile/support/stand.ts'
import { linesOf, startElsewhere } from './support/stand.ts'
import type { Elsewhere, PassStand } from './support/stand.ts'

let town: Town
let elsewhere: Elsewhere

beforeAll(async () => {
  elsewhere = await startElsewhere()
  town = await openTown({
    auth: {
      team_ids_jwt_field: 'teams',
      user_id_jwt_field: 'sub',
      user_id_upsert: true,
      virtual_key_claim_field: 'azp',
      unregistered_jwt_client_behavior: 'fallback_team_mapping',
    },
    general: {
      pass_through_endpoints: [
        { path: '/bria', target: elsewhere.url, include_subpath: true, forward_headers: true, cost_per_request: 0.5 },
      ],
    },
  })
}, 180_000)
afterAll(async () => {
  await town.close()
  await elsewhere.close()
})

function ask(
  credential: string,
  path: string,
  more: { id?: string; body?: object; headers?: object } = {},
): Promise<Answer> {
  const headers = {
    ...bearer(credential),
    ...(more.id === undefined ? {} : { 'x-litellm-call-id': more.id }),
    ...more.headers,
  }
  return callGateway(town.gateway.port, { path, headers, body: more.body ?? {} })
}

const askMaster: PassStand['asMaster'] = (each) =>
  callGateway(town.gateway.port, { ...each, headers: bearer(MASTER_KEY) })

async function team(fields: object): Promise<string> {
  const { text } = await ask(MASTER_KEY, '/team/new', { body: fields })
  return stringAt(text, 'team_id')
}

describe('AT-113: a token’s team', () => {
  test('needs the list, and is told its name', async () => {
    const id = await team({})
    const answer = await ask(town.token({ sub: 'p1', teams: [id] }), '/bria/x')
    expect(answer.status).toBe(403)
    expect(answer.text).toContain(
      'Team not allowed to access passthrough route /bria/x. Configure `allowed_passthrough_routes` on the team.',
    )
    expect(elsewhere.seen.length).toBe(0)
  })

  test('that has it pays, and the token stays here', async () => {
    const id = await team({ allowed_passthrough_routes: ['/bria'] })
    const token = town.token({ sub: 'p2', teams: [id] })
    const answer = await ask(token, '/bria/x', { id: 'token-1', headers: { 'x-copy': token } })
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.headers['x-litellm-team-id']).toBe(id)
    const [line] = await linesOf({ asMaster: askMaster }, ['token-1'])
    expect(line).toMatchObject({ team_id: id, user: 'p2', spend: 0.5, call_type: 'pass_through_endpoint' })
    const seen = elsewhere.seen.at(-1)
    expect(JSON.stringify(seen?.headers)).not.toContain(token.slice(0, 40))
  })

  test('among several, the first that may counts', async () => {
    const closed = await team({})
    const open = await team({ allowed_passthrough_routes: ['/bria/y'] })
    const answer = await ask(town.token({ sub: 'p3', teams: [closed, open] }), '/bria/y')
    expect(answer.headers['x-litellm-team-id']).toBe(open)
    expect((await ask(town.token({ sub: 'p3', teams: [closed, open] }), '/bria/x')).status).toBe(403)
    const chosen = await ask(town.token({ sub: 'p3', teams: [closed, open] }), '/bria/y', {
      headers: { 'x-litellm-team-id': closed },
    })
    expect(chosen.status).toBe(403)
  })

  test('is bound by its models and its budget', async () => {
    const id = await team({ allowed_passthrough_routes: ['/bria'], models: ['m1'], max_budget: 0.75 })
    const token = town.token({ sub: 'p4', teams: [id] })
    expect((await ask(token, '/bria/x', { body: { model: 'm2' } })).status).toBe(403)
    expect((await ask(token, '/bria/x', { body: { model: 'm1' } })).status).toBe(200)
    expect((await ask(token, '/bria/x', { body: { model: 'm1' } })).status).toBe(429)
  })
})

test('a token without a team needs somebody who opens it, and makes nobody by being refused', async () => {
  const before = elsewhere.seen.length
  const answer = await ask(town.token({ sub: 'nobody-new' }), '/bria/x')
  expect(answer.status).toBe(403)
  expect(answer.text).toContain('allowed_passthrough_routes')
  expect(elsewhere.seen.length).toBe(before)
  expect(
    (await callGateway(town.gateway.port, { path: '/user/info?user_id=nobody-new', headers: bearer(MASTER_KEY) }))
      .status,
  ).toBe(404)
})

test.each([
  ['expired', { exp: 1_000 }],
  ['for another audience', { aud: 'x' }],
])('a token %s opens nothing', async (_, claims) => {
  const before = elsewhere.seen.length
  expect((await ask(town.token({ sub: 'p5', ...claims }), '/bria/x')).status).toBe(401)
  expect(elsewhere.seen.length).toBe(before)
})

test('a token that stands for a key has what the key has', async () => {
  const made = await ask(MASTER_KEY, '/key/generate', { body: { key_alias: 'stands-for' } })
  const key = stringAt(made.text, 'key')
  const mapping = { jwt_claim_name: 'azp', jwt_claim_value: 'svc-1', key }
  expect((await ask(MASTER_KEY, '/jwt/key/mapping/new', { body: mapping })).status).toBe(200)
  const token = town.token({ sub: 'svc', azp: 'svc-1' })
  const refused = await ask(token, '/bria/x')
  expect(refused.status).toBe(403)
  expect(refused.text).toContain('Key not allowed to access passthrough route /bria/x')
  await ask(MASTER_KEY, '/key/update', { body: { key, allowed_passthrough_routes: ['/bria'] } })
  expect((await ask(token, '/bria/x', { id: 'mapped-1' })).status).toBe(200)
  const [line] = await linesOf({ asMaster: askMaster }, ['mapped-1'])
  expect(line).toMatchObject({ api_key: stringAt(made.text, 'token'), spend: 0.5 })
  expect(JSON.stringify(elsewhere.seen.at(-1)?.headers)).not.toContain(token.slice(0, 40))
})
