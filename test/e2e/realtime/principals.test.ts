import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { fresh, openTown } from '../jwt/support/town.ts'
import type { Town } from '../jwt/support/town.ts'
import { reach } from '../serving/support/rig.ts'
import { REALTIME, refusal, respond, talk } from './support/talk.ts'

let town: Town

beforeAll(async () => {
  town = await openTown({
    auth: {
      user_id_jwt_field: 'sub',
      user_id_upsert: true,
      virtual_key_claim_field: 'client_id',
      unregistered_jwt_client_behavior: 'fallback_team_mapping',
      team_ids_jwt_field: 'teams',
      team_allowed_routes: ['openai_routes'],
    },
  })
})
afterAll(() => town.close())

const M1 = `${REALTIME}m1`

interface Line {
  readonly user: string
  readonly team_id: string
  readonly api_key: string
}

async function lineFor(credential: string, inProtocol = false): Promise<Line> {
  const session = await talk(
    town.gateway,
    M1,
    inProtocol ? { key: null, protocols: [`openai-insecure-api-key.${credential}`, 'realtime'] } : { key: credential },
  )
  const { id } = await respond(session)
  session.socket.close()
  return await vi.waitFor(async () => {
    const lines: readonly unknown[] = await reach(town.gateway).linesOf(id)
    expect(lines).toHaveLength(1)
    return lines[0] as Line
  })
}

test.each([[false], [true]])(
  'a token of the provider opens a session for its user (in the sub-protocol: %s)',
  async (inProtocol) => {
    const user = fresh('user')
    expect(await lineFor(town.token({ sub: user }), inProtocol)).toMatchObject({ user })
  },
)

test('a token of a team calls for the team', async () => {
  const team = fresh('team')
  await reach(town.gateway).post('/team/new', { team_id: team, models: ['m1'] })
  const token = town.token({ sub: fresh('user'), teams: [team] })
  expect(await lineFor(token)).toMatchObject({ team_id: team })
  const refused = await refusal(town.gateway, `${REALTIME}m2`, { key: token })
  expect(refused.status).toBe(403)
})

test('a token that stands for a key is that key', async () => {
  const { post, newKey } = reach(town.gateway)
  const client = fresh('client')
  const key = await newKey({ models: ['m1'] })
  const mapped = { jwt_claim_name: 'client_id', jwt_claim_value: client, key }
  expect((await post('/jwt/key/mapping/new', mapped)).status).toBe(200)
  const line = await lineFor(town.token({ sub: fresh('user'), client_id: client }))
  expect(line.api_key).toMatch(/^[0-9a-f]{64}$/)
  const refused = await refusal(town.gateway, `${REALTIME}m2`, {
    key: town.token({ sub: fresh('user'), client_id: client }),
  })
  expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('not allowed to access model') })
})

test.each([
  ['that ran out', () => town.token({ exp: Math.floor(Date.now() / 1_000) - 120 }), 'jwt_expired'],
  ['for somebody else', () => town.token({ aud: 'another' }), 'jwt_aud_mismatch'],
  ['that somebody changed', () => `${town.token().slice(0, -6)}AAAAAA`, 'jwt_sig_invalid'],
])('a token %s is refused with 403', async (_, token, reason) => {
  const refused = await refusal(town.gateway, M1, { key: token() })
  expect(refused.status).toBe(403)
  expect(refused.headers['x-reject-reason']).toBe(reason)
})

test('INV-20 a user who is blocked talks no more', async () => {
  const user = fresh('user')
  const session = await talk(town.gateway, M1, { key: town.token({ sub: user }) })
  await session.hear('session.created')
  expect((await reach(town.gateway).post('/user/update', { user_id: user, blocked: true })).status).toBe(200)
  expect((await session.closed).code).toBe(1008)
})

test('it can be asked beforehand what would become of a session', async () => {
  const key = await reach(town.gateway).newKey({ models: ['m2'] })
  const ask = { key, method: 'GET', route: '/v1/realtime', model: 'm1' }
  const { status, text } = await reach(town.gateway).post('/authz/explain', ask)
  expect(status).toBe(200)
  expect(JSON.parse(text)).toMatchObject({ verdict: 'deny', status: 403 })
  const may = await reach(town.gateway).post('/authz/explain', { ...ask, model: 'm2' })
  expect(JSON.parse(may.text)).toMatchObject({ verdict: 'allow' })
})
