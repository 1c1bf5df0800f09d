import { afterAll, beforeAll, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { CHAT, chat, startRig } from './support/rig.ts'
import type { Rig, SpendLine } from './support/rig.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => ({ model_list: ['plain', 'other'].map((name) => mockModel(name, apiBase)) }),
  })
})

afterAll(() => rig.close())

/** Only ends what hangs. */
const PATIENT = { timeout: 20_000 }

async function linesOf(key: string): Promise<readonly SpendLine[]> {
  return JSON.parse((await rig.get(`/spend/logs?api_key=${key}`)).text)
}

test('gateway-api 8.1: a call that is refused to a known key is a line that costs nothing and says why', async () => {
  const key = await rig.newKey({ models: ['plain'], tags: ['night'] })
  const refused = await rig.post(CHAT, chat('other', { user: 'ann', metadata: { tags: ['own'], trip: 1 } }), { key })
  expect(refused.status).toBe(401)
  expect(await linesOf(key)).toMatchObject([
    {
      request_id: refused.headers.get('x-litellm-call-id'),
      call_type: 'acompletion',
      status: 'failure',
      spend: 0,
      total_tokens: 0,
      model: '',
      model_group: 'other',
      // Nobody becomes a customer by a call that was not made.
      end_user: '',
      request_tags: ['night'],
      metadata: {
        requester_metadata: { trip: 1 },
        error_information: { error_code: '401', error_class: 'model-denied' },
        pricing: 'not-charged',
      },
    },
  ])
})

test.each<[what: string, fields: object, model: string, status: number, group: string]>([
  ['a key that may call other routes', { allowed_routes: ['/v1/embeddings'] }, 'plain', 403, ''],
  ['a model that there is not', {}, 'nowhere', 400, ''],
  ['a budget that is used up', { max_budget: 0 }, 'plain', 429, 'plain'],
])('%s is the reason of a line as well', async (_what, fields, model, status, group) => {
  const key = await rig.newKey(fields)
  expect((await rig.post(CHAT, chat(model), { key })).status).toBe(status)
  expect(await linesOf(key)).toMatchObject([
    {
      status: 'failure',
      spend: 0,
      model_group: group,
      metadata: { error_information: { error_code: String(status) } },
    },
  ])
})

test('a model that there is not is no name in it, whoever asks for it', async () => {
  for (const models of [[], ['plain']]) {
    const key = await rig.newKey({ models })
    expect((await rig.post(CHAT, chat('made-up'), { key })).status).toBeLessThan(500)
    expect(await linesOf(key)).toMatchObject([{ status: 'failure', model_group: '' }])
  }
})

test('so is the state of whom the key belongs to', async () => {
  const made = await rig.post('/user/new', { auto_create_key: false })
  const { user_id }: { readonly user_id: string } = JSON.parse(made.text)
  const key = await rig.newKey({ user_id })
  expect((await rig.post('/user/update', { user_id, blocked: true })).status).toBe(200)
  const { status } = await rig.post(CHAT, chat('plain'), { key })
  expect(status).toBeLessThan(500)
  expect(await linesOf(key)).toMatchObject([{ status: 'failure', user: user_id }])
})

test('so is a rate that is used up, after the calls that it let through', async () => {
  const key = await rig.newKey({ rpm_limit: 1 })
  for (const status of [200, 429, 429]) expect((await rig.post(CHAT, chat('plain'), { key })).status).toBe(status)
  expect((await linesOf(key)).map((line) => line.status).toSorted()).toEqual(['failure', 'failure', 'success'])
})

test('so is the state of the key itself, under the names of whom it belongs to', async () => {
  const organization_alias = 'acme'
  const made = JSON.parse((await rig.post('/organization/new', { organization_alias })).text)
  const { organization_id }: { readonly organization_id: string } = made
  const team_id = 'refused'
  expect((await rig.post('/team/new', { team_id, organization_id, tags: ['of-the-team'] })).status).toBe(200)
  const owned = { user_id: 'owner', team_id, tags: ['night'] }
  const [blocked, expired] = [await rig.newKey(owned), await rig.newKey({ ...owned, duration: '1s' })]
  expect((await rig.post('/team/member_add', { team_id, member: { role: 'user', user_id: 'owner' } })).status).toBe(200)
  expect((await rig.post('/key/block', { key: blocked })).status).toBe(200)
  for (const [key, error_class] of [
    [blocked, 'key-blocked'],
    [expired, 'key-expired'],
  ] as const) {
    await expect.poll(async () => (await rig.post(CHAT, chat('plain'), { key })).status, PATIENT).toBe(401)
    await expect
      .poll(async () => (await linesOf(key)).filter(({ status }) => status === 'failure'), PATIENT)
      .toMatchObject([
        {
          spend: 0,
          model_group: '',
          user: 'owner',
          team_id,
          organization_id,
          request_tags: expect.arrayContaining(['night', 'of-the-team']),
          metadata: { error_information: { error_code: '401', error_class } },
        },
      ])
  }
})

test('a secret that was replaced, and a key that is deleted, name nobody', async () => {
  for (const [path, body] of [
    ['/key/regenerate', (key: string) => ({ key })],
    ['/key/delete', (key: string) => ({ keys: [key] })],
  ] as const) {
    const key = await rig.newKey()
    expect((await rig.post(path, body(key))).status).toBe(200)
    expect((await rig.post(CHAT, chat('plain'), { key })).status).toBe(401)
    expect(await linesOf(key)).toEqual([])
  }
})

test('nobody is charged with the calls of a stranger, and a flood of refused ones is not written down', async () => {
  expect((await rig.post(CHAT, chat('plain'), { key: 'sk-0123456789abcdef0123456789abcdef' })).status).toBe(401)
  const key = await rig.newKey({ models: ['plain'] })
  for (let n = 0; n < 45; n += 1) await rig.post(CHAT, chat('other'), { key })
  const blocked = await rig.newKey()
  expect((await rig.post('/key/block', { key: blocked })).status).toBe(200)
  for (let n = 0; n < 45; n += 1) await rig.post(CHAT, chat('plain'), { key: blocked })
  expect((await linesOf(blocked)).length).toBeLessThanOrEqual(40)
  const lines = await linesOf(key)
  expect(lines.length).toBeGreaterThanOrEqual(20)
  // The flood may have lasted from one minute into the next.
  expect(lines.length).toBeLessThanOrEqual(40)
  expect((await rig.post(CHAT, chat('plain'), { key })).status).toBe(200)
  expect(await linesOf(key)).toHaveLength(lines.length + 1)
})
