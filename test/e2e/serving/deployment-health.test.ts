import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { MASTER_KEY, bearer, mockModel } from '../../support/gateway.ts'
import { BAD_KEY, SERVER_ERROR } from '../../support/mock-upstream/provider-errors.ts'
import { CHAT, chat, startRig } from './support/rig.ts'
import type { Rig } from './support/rig.ts'

interface Endpoint {
  readonly model: string
  readonly model_name: string
  readonly model_id: string
  readonly last_checked: string | null
  readonly error?: string
  readonly error_status?: number
}

interface Health {
  readonly healthy_endpoints: readonly Endpoint[]
  readonly unhealthy_endpoints: readonly Endpoint[]
  readonly healthy_count: number
  readonly unhealthy_count: number
}

let rig: Rig

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => ({
      model_list: [
        mockModel('talks', apiBase, { model: 'openai/talker' }),
        mockModel('counts', apiBase, { model: 'openai/text-embedding-3-small' }),
        { ...mockModel('reads', apiBase, { model: 'openai/reader' }), model_info: { mode: 'embedding' } },
        mockModel('any/*', apiBase, { model: 'openai/*' }),
      ],
    }),
  })
})

beforeEach(() => rig.mock.clear())
afterAll(() => rig.close())

const health = async (method: 'GET' | 'POST', query = '', key?: string): Promise<{ status: number; body: Health }> => {
  const reply = await fetch(`${rig.gateway.url}/health${query}`, {
    method,
    headers: bearer(key ?? MASTER_KEY),
  })
  return { status: reply.status, body: (await reply.json()) as Health }
}

const names = (endpoints: readonly Endpoint[]): readonly string[] => endpoints.map((one) => one.model_name)

describe('16.2: health of the deployments', () => {
  test('looking calls nobody, and what was never called stands against nobody', async () => {
    const before = rig.mock.requests.total
    const { status, body } = await health('GET')
    expect(status).toBe(200)
    expect([body.healthy_count, body.unhealthy_count]).toEqual([4, 0])
    expect(body.healthy_endpoints.map((one) => one.last_checked)).toEqual([null, null, null, null])
    expect(rig.mock.requests.total).toBe(before)
  })

  test('a probe asks each deployment once, by its kind, and writes its line', async () => {
    const { status, body } = await health('POST')
    expect([status, body.healthy_count]).toEqual([200, 4])
    expect(rig.mock.bill.entries.map(({ model }) => model).toSorted()).toEqual([
      'reader',
      'talker',
      'text-embedding-3-small',
    ])
    // A pattern stands for many models, and none of them is asked.
    const unknown = body.healthy_endpoints.filter((one) => one.last_checked === null)
    expect(names(unknown)).toEqual(['any/*'])
    await vi.waitFor(async () => {
      const { text } = await rig.get('/spend/logs/v2?start_date=2020-01-01&end_date=2099-01-01')
      const told = (JSON.parse(text) as { data: readonly { request_tags: unknown; call_type: string }[] }).data
      expect(told.map(({ call_type: type }) => type).toSorted()).toEqual(['acompletion', 'aembedding', 'aembedding'])
      for (const line of told) expect(JSON.stringify(line.request_tags)).toContain('health-check')
    }, 10_000)
  })

  test('what a provider refuses is unhealthy with the reason and without its secrets, until it answers again', async () => {
    rig.mock.script('talker', { refusal: BAD_KEY })
    const refused = await health('POST', '?model=talks')
    expect([refused.body.healthy_count, refused.body.unhealthy_count]).toEqual([0, 1])
    expect(refused.body.unhealthy_endpoints[0]).toMatchObject({ model_name: 'talks', error_status: 401 })
    expect(refused.body.unhealthy_endpoints[0]?.error).toContain('AuthenticationError')
    expect(JSON.stringify(refused.body)).not.toContain('sk-mock')
    expect(names((await health('GET')).body.unhealthy_endpoints)).toEqual(['talks'])

    rig.mock.clear()
    expect((await health('POST', '?model=talks')).body.unhealthy_count).toBe(0)
  })

  test('ordinary calls tell as well; a mistake of the caller says nothing', async () => {
    rig.mock.script('talker', { refusal: SERVER_ERROR })
    await rig.post(CHAT, { ...chat('talks'), num_retries: 0 })
    expect(names((await health('GET')).body.unhealthy_endpoints)).toEqual(['talks'])
    rig.mock.clear()
    await rig.post(CHAT, chat('talks'))
    await rig.post(CHAT, { ...chat('talks'), messages: 'none' })
    expect((await health('GET')).body.unhealthy_count).toBe(0)
  })

  test('by model and by id; what is not there is 404', async () => {
    const { body } = await health('GET', '?model=counts')
    expect(names(body.healthy_endpoints)).toEqual(['counts'])
    const id = body.healthy_endpoints[0]?.model_id ?? ''
    expect((await health('GET', `?model_id=${id}`)).body.healthy_count).toBe(1)
    expect((await health('GET', '?model=none')).status).toBe(404)
    expect((await health('GET', `?model_id=${id}&model=talks`)).status).toBe(404)
  })

  test('note 33: callers see nothing of it, and nobody probes but an administrator', async () => {
    const key = await rig.newKey({ models: ['talks'] })
    const before = rig.mock.requests.total
    expect((await health('GET', '', key)).status).toBe(401)
    expect((await health('POST', '', key)).status).toBe(401)
    expect(rig.mock.requests.total).toBe(before)
  })
})
