import { afterAll, beforeAll, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'
import { REALTIME, refusal, respond, talk } from './support/talk.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({
    configure: (mock) => {
      const azure = { api_base: mock.url, model: 'azure/my deployment' }
      return {
        model_list: [
          mockModel('azure-dated', mock.url, { ...azure, api_version: '2024-10-01-preview' }),
          mockModel('azure-v1', mock.url, { ...azure, api_version: 'v1' }),
          mockModel('azure-path', mock.url, {
            ...azure,
            api_base: `${mock.url}/openai/deployments/my%20deployment`,
            api_version: '2024-10-01-preview',
          }),
          mockModel('pair', mock.apiBase, { model: 'openai/mock-500', order: 1 }),
          mockModel('pair', mock.apiBase, { model: 'openai/plain', order: 2 }),
          mockModel('broken', mock.apiBase, { model: 'openai/mock-500' }),
          mockModel('plain', mock.apiBase),
          mockModel('leaking', mock.apiBase, { model: 'openai/mock-401-leak' }),
          mockModel('moved', mock.apiBase, { model: 'openai/mock-302' }),
          mockModel('missing', mock.apiBase, { model: 'openai/mock-404' }),
          mockModel('absent', 'http://127.0.0.1:1/v1'),
          { model_name: 'canned', litellm_params: { model: 'openai/canned', mock_response: 'Hello' } },
        ],
        router_settings: { num_retries: 1, disable_cooldowns: true, fallbacks: [{ broken: ['plain'] }] },
      }
    },
  })
})
afterAll(() => rig.close())

test.each([
  ['azure-dated', '/openai/realtime?api-version=2024-10-01-preview&deployment=my%20deployment'],
  ['azure-path', '/openai/realtime?api-version=2024-10-01-preview&deployment=my%20deployment'],
  ['azure-v1', '/openai/v1/realtime?model=my%20deployment'],
])('%s is called at %s', async (model, url) => {
  const session = await talk(rig.gateway, REALTIME + model, { key: await rig.newKey() })
  await respond(session)
  const upstream = rig.mock.sessions.at(-1)
  expect(upstream?.url).toBe(url)
  expect(upstream?.rawHeaders.join(':')).toContain('api-key:sk-upstream-secret-0123456789')
  expect(upstream?.rawHeaders.map((name) => name.toLowerCase())).not.toContain('authorization')
  session.socket.close()
})

test.each([['pair'], ['broken']])('%s is opened by another deployment when the first one fails', async (model) => {
  const session = await talk(rig.gateway, REALTIME + model, { key: await rig.newKey() })
  const { id } = await respond(session)
  expect(await rig.linesOf(id)).toMatchObject([{ status: 'success' }])
  session.socket.close()
})

test('fallbacks are models as well: who may not use them gets none (Z-32)', async () => {
  const refused = await refusal(rig.gateway, `${REALTIME}broken`, { key: await rig.newKey({ models: ['broken'] }) })
  expect(refused.status).toBe(500)
})

test.each([
  ['leaking', 401, 'refused the gateway'],
  ['moved', 502, 'redirect'],
  ['missing', 404, 'NotFoundError'],
  ['absent', 500, 'could not be reached'],
  ['canned', 400, 'opens no sessions'],
])('%s is answered with %d', async (model, status, said) => {
  const refused = await refusal(rig.gateway, REALTIME + model, { key: await rig.newKey() })
  expect(refused.status).toBe(status)
  expect(refused.text).toContain(said)
  expect(refused.text).not.toContain('upstream-secret')
})

test('the hops of a call go along with it (N-29)', async () => {
  const session = await talk(rig.gateway, `${REALTIME}plain`, { key: await rig.newKey() })
  const headers = rig.mock.sessions.at(-1)?.rawHeaders ?? []
  const hops = headers[headers.findIndex((name) => name.toLowerCase() === 'x-latchkey-hops') + 1] ?? ''
  session.socket.close()
  const looped = await refusal(rig.gateway, `${REALTIME}plain`, { options: { headers: { 'x-latchkey-hops': hops } } })
  expect(looped.status).toBe(508)
})
