import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { mockModel, startGateway } from '../../support/gateway.ts'
import { startMockUpstream } from '../../support/mock-upstream/start-mock-upstream.ts'
import { createDatabase } from './support/database.ts'
import { CHAT, chat, reach, startRig } from './support/rig.ts'
import type { Rig } from './support/rig.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => ({
      model_list: ['plain', 'mock-400', 'late-1', 'late-9'].map((name) => mockModel(name, apiBase)),
    }),
  })
})

afterAll(() => rig.close())

async function anonymous(path: string, method = 'GET'): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(rig.gateway.url + path, { method })
  return { status: response.status, text: await response.text() }
}

test.each(['/health/liveliness', '/health/liveness'])('%s needs nobody and says that it is alive', async (path) => {
  expect(await anonymous(path)).toEqual({ status: 200, text: '"I\'m alive!"' })
  expect((await anonymous(path, 'OPTIONS')).status).toBe(200)
})

test('readiness tells about the store', async () => {
  const { status, text } = await anonymous('/health/readiness')
  expect(status).toBe(200)
  expect(JSON.parse(text)).toMatchObject({
    status: 'healthy',
    db: 'connected',
    cache: null,
    litellm_version: expect.any(String),
    success_callbacks: expect.any(Array),
    log_level: expect.any(String),
    is_detailed_debug: false,
  })
})

test('metrics are for the operator, and count what was served under the compatible names', async () => {
  expect((await anonymous('/metrics')).status).toBe(401)
  const key = await rig.newKey()
  expect((await rig.get('/metrics', { key })).status).toBeGreaterThanOrEqual(401)

  await rig.post(CHAT, chat('plain'), { key })
  await rig.post(CHAT, chat('mock-400'), { key })
  const { headers, text } = await rig.get('/metrics')
  expect(headers.get('content-type')).toContain('text/plain')
  const sample = (...of: readonly [string, ...string[]]): number => sampleOf(text, ...of)
  const plain = 'requested_model="plain"'
  expect(sample('litellm_proxy_total_requests_metric_total', plain, 'status_code="200"')).toBe(1)
  expect(sample('litellm_proxy_failed_requests_metric_total', 'exception_class="BadRequestError"', '"400"')).toBe(1)
  expect(sample('litellm_requests_metric_total', plain)).toBe(1)
  expect(sample('litellm_spend_metric_total', plain)).toBeCloseTo(23e-6, 12)
  expect(sample('litellm_input_tokens_metric_total', plain)).toBe(7)
  expect(sample('litellm_output_tokens_metric_total', plain)).toBe(8)
  expect(sample('litellm_total_tokens_metric_total', plain)).toBe(15)
  expect(sample('litellm_request_total_latency_metric_count', plain)).toBe(1)
  expect(sample('litellm_deployment_success_responses_total', plain)).toBe(1)
  expect(sample('litellm_deployment_failure_responses_total', 'requested_model="mock-400"')).toBe(1)
  const deployment = ['api_provider="openai"', `api_base="${rig.mock.apiBase}"`, 'litellm_model_name="plain"']
  expect(sample('litellm_deployment_total_requests_total', plain, ...deployment)).toBe(1)
  expect(sample('litellm_deployment_state', ...deployment)).toBe(0)
  expect(text).not.toContain(key.slice(3))
})

test.each([
  ['its last try answers', 1, 200],
  ['none does', 9, 408],
])('a call whose tries may have been billed is one call, as it came out: %s', async (name, times, status) => {
  const model = `late-${times}`
  rig.mock.script(model, { firstByteDelayMs: 20_000, times })
  expect((await rig.post(CHAT, chat(model, { num_retries: 1, timeout: 1 }))).status, name).toBe(status)

  const { text } = await rig.get('/metrics')
  const named = `requested_model="${model}"`
  expect(sampleOf(text, 'litellm_proxy_total_requests_metric_total', named)).toBe(1)
  expect(sampleOf(text, 'litellm_proxy_total_requests_metric_total', named, `"${status}"`)).toBe(1)
  expect(sampleOf(text, 'litellm_proxy_failed_requests_metric_total', named) > 0).toBe(status !== 200)
  expect(sampleOf(text, 'litellm_deployment_total_requests_total', named)).toBe(2)
  expect(sampleOf(text, 'litellm_input_tokens_metric_total', named)).toBeGreaterThan(7)
  expect(sampleOf(text, 'litellm_request_total_latency_metric_sum', named)).toBeGreaterThanOrEqual(1)
})

function sampleOf(text: string, name: string, ...labels: readonly string[]): number {
  const lines = text.split('\n').filter((each) => each.startsWith(`${name}{`))
  const found = lines.filter((each) => labels.every((label) => each.includes(label)))
  return found.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

test('a trailing slash finds the same route', async () => {
  expect((await rig.get('/metrics/')).status).toBe(200)
  expect((await rig.get('/v1/models/')).status).toBe(200)
})

test('while the store is away keys are refused rather than believed, and what was served is charged later', async () => {
  const mock = await startMockUpstream()
  const database = await createDatabase()
  const gateway = await startGateway({
    databaseUrl: database.url,
    config: { model_list: [mockModel('plain', mock.apiBase)] },
  })
  const at = reach(gateway)
  const key = await at.newKey()
  const last = await at.post(CHAT, chat('plain'), { key })
  expect(last.status).toBe(200)

  await database.shutOut()
  // How many more are served before what is known of the key is too old depends on the machine.
  const served = [idIn(last.text)]
  const refused = await vi.waitFor(
    async () => {
      const answer = await at.post(CHAT, chat('plain'), { key })
      if (answer.status === 200) served.push(idIn(answer.text))
      expect(answer.status).toBe(503)
      return answer
    },
    { timeout: 5_000, interval: 50 },
  )
  expect(JSON.parse(refused.text)).toMatchObject({ error: { type: 'no_db_connection', code: '503' } })
  expect((await at.post('/key/generate', {})).status).toBe(503)
  expect((await at.get('/health/liveliness')).status).toBe(200)
  await vi.waitFor(
    async () => expect(JSON.parse((await at.get('/health/readiness')).text)).toMatchObject({ db: 'disconnected' }),
    { timeout: 5_000, interval: 100 },
  )

  await database.letIn()
  await vi.waitFor(async () => expect((await at.post(CHAT, chat('plain'), { key })).status).toBe(200), {
    timeout: 10_000,
    interval: 100,
  })
  for (const id of served) {
    const lines = await at.linesOf(id)
    expect(lines).toMatchObject([{ status: 'success', spend: expect.closeTo(23e-6, 12) }])
  }
  await gateway.stop()
  await mock.close()
  await database.drop()
})

function idIn(text: string): string {
  const { id }: { readonly id: string } = JSON.parse(text)
  return id
}
