import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bearer, MASTER_KEY, mockModel, startGateway } from '../support/gateway.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { startMockUpstream } from '../support/mock-upstream/start-mock-upstream.ts'

type Mock = Awaited<ReturnType<typeof startMockUpstream>>

let mock: Mock
let gateway: RunningGateway

beforeAll(async () => {
  mock = await startMockUpstream({})
  const names = [
    'plain',
    'mock-fail-once',
    'mock-fail-twice',
    'mock-500',
    'mock-302',
    'mock-html',
    'mock-401-leak',
    'mock-reset',
    'mock-no-done',
    'mock-truncated',
    'mock-usage-missing',
    'mock-usage-negative',
    'mock-400-filter',
    'mock-400-context',
    'mock-silent',
  ]
  gateway = await startGateway({
    config: {
      model_list: [
        ...names.map((name) => mockModel(name, mock.apiBase)),
        {
          model_name: 'unpriced',
          litellm_params: { model: 'openai/nobody-knows-it', api_base: mock.apiBase, api_key: 'sk-up' },
        },
        {
          model_name: 'wild/*',
          litellm_params: { model: 'openai/served-*', api_base: mock.apiBase, api_key: 'sk-up' },
        },
        { model_name: 'canned', litellm_params: { model: 'openai/x', mock_response: 'Always this.' } },
        mockModel('pair', mock.apiBase, { model: 'openai/mock-429', info: { id: 'pair-limited' } }),
        mockModel('pair', mock.apiBase, { model: 'openai/plain', info: { id: 'pair-well' } }),
      ],
      router_settings: { num_retries: 2, fallbacks: [{ 'mock-500': ['plain'] }], model_group_alias: { nick: 'plain' } },
    },
  })
})

afterAll(async () => {
  await gateway.stop()
  await mock.close()
})

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: Record<string, unknown>
}

async function chat(
  model: string,
  more: object = {},
  key = MASTER_KEY,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const raw = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }], ...more })
  return post(raw, key, headers)
}

async function post(raw: string, key = MASTER_KEY, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...bearer(key), 'content-type': 'application/json', ...headers },
    body: raw,
  })
  const text = await response.text()
  const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {}
  return { status: response.status, headers: response.headers, text, body }
}

async function linesOf(requestId: unknown): Promise<readonly Record<string, unknown>[]> {
  const response = await fetch(`${gateway.url}/spend/logs?request_id=${encodeURIComponent(String(requestId))}`, {
    headers: bearer(MASTER_KEY),
  })
  return (await response.json()) as Record<string, unknown>[]
}

function messageOf(answer: Answer): string {
  return String((answer.body['error'] as { message?: unknown } | undefined)?.message)
}

describe('what goes upstream', () => {
  test('unknown members arrive with their own bytes, and ours stay here', async () => {
    const raw = `{ "model": "plain", "messages": [{"role":"user","content":"caf\\u00e9"}], "new_knob": {"x": 1.0,  "big": 12345678901234567890, "e": 1E3}, "metadata": {"mine": 1}, "num_retries": 0, "user": "u-1" }`
    expect((await post(raw)).status).toBe(200)
    const sent = mock.requests.last?.body.toString() ?? ''
    expect(sent).toContain('"new_knob": {"x": 1.0,  "big": 12345678901234567890, "e": 1E3}')
    expect(sent).toContain('caf\\u00e9')
    expect(sent).not.toContain('metadata')
    expect(sent).not.toContain('num_retries')
  })

  test('extra_body stands at the top, under the same rules', async () => {
    expect((await chat('plain', { extra_body: { knob: 1.5 } })).status).toBe(200)
    expect(mock.requests.last?.body.toString()).toContain('"knob":1.5')
    expect((await chat('plain', { extra_body: { api_base: 'http://evil' } })).status).toBe(400)
  })

  test('INV-34 the caller’s credential never leaves, and the upstream’s own goes out', async () => {
    await chat('plain')
    const sent = JSON.stringify(mock.requests.last)
    expect(sent).not.toContain(MASTER_KEY)
    expect(sent).toContain('sk-upstream-secret-0123456789')
  })

  test.each([
    'api_base',
    'base_url',
    'api_key',
    'custom_llm_provider',
    'extra_headers',
    'input_cost_per_token',
    'mock_response',
    'langfuse_host',
    'aws_region_name',
    'guardrails',
    'router_settings',
    'user_api_key_hash',
  ])('AC-097 AC-099 INV-17 %s is refused and nothing is sent', async (name) => {
    const before = mock.requests.total
    const answer = await chat('plain', { [name]: 'x' })
    expect(answer.status).toBe(400)
    expect(messageOf(answer)).toContain(name)
    expect(mock.requests.total).toBe(before)
  })
})

describe('names', () => {
  test('an alias, a deployment’s id and a wildcard lead to their models', async () => {
    expect((await chat('nick')).body['model']).toBe('nick')
    expect((await chat('pair-well')).headers.get('x-litellm-model-id')).toBe('pair-well')
    expect((await chat('wild/cat')).body['model']).toBe('wild/cat')
    expect(mock.requests.last?.body.toString()).toContain('"model":"served-cat"')
  })

  test('an unknown model is 400 in the words that clients know', async () => {
    const answer = await chat('nobody')
    expect(answer.status).toBe(400)
    expect(messageOf(answer)).toContain('Invalid model name passed in model=nobody')
  })

  test('mock_response of a deployment answers without an upstream', async () => {
    const answer = await chat('canned')
    expect(answer.text).toContain('Always this.')
    expect(answer.body['usage']).toMatchObject({ prompt_tokens: 10, completion_tokens: 20 })
  })
})

describe('AC-110 trouble upstream', () => {
  test('a failure is tried again, and the call has one line', async () => {
    const answer = await chat('mock-fail-twice')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-litellm-attempted-retries')).toBe('2')
    expect(await linesOf(answer.body['id'])).toHaveLength(1)
  })

  test('a limited deployment rests, and its neighbour serves', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => chat('pair')))
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200))
    expect(new Set(answers.map((answer) => answer.headers.get('x-litellm-model-id')))).toEqual(new Set(['pair-well']))
  })

  test('a group that fails for good hands over to its fallback', async () => {
    const answer = await chat('mock-500', { num_retries: 0 })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-litellm-attempted-fallbacks')).toBe('1')
    expect(answer.body['model']).toBe('plain')
    expect((await chat('mock-500', { num_retries: 0, disable_fallbacks: true })).status).toBe(500)
  })

  test('AC-120 a redirect is not followed', async () => {
    const answer = await chat('mock-302', { num_retries: 0 })
    expect(answer.status).toBe(502)
  })

  test('C-14 INV-31 a leaked credential is not passed on', async () => {
    const answer = await chat('mock-401-leak', { num_retries: 0 })
    expect(answer.status).toBe(401)
    expect(answer.text).not.toContain('sk-upstream-secret')
    expect(gateway.stderr()).not.toContain('sk-upstream-secret')
  })

  test('classes of refusal keep their names', async () => {
    expect(messageOf(await chat('mock-400-context', { num_retries: 0 }))).toContain(
      'litellm.ContextWindowExceededError:',
    )
    expect(messageOf(await chat('mock-400-filter', { num_retries: 0 }))).toContain(
      'litellm.ContentPolicyViolationError:',
    )
  })

  test.each(['mock-html', 'mock-truncated'])('%s is a fault of the upstream, not of ours', async (model) => {
    const answer = await chat(model, { num_retries: 0 })
    expect(answer.status).toBe(502)
  })

  test('an upstream that says nothing is a timeout', async () => {
    const answer = await chat('mock-silent', { num_retries: 0, timeout: 0.3 })
    expect(answer.status).toBe(408)
    expect(messageOf(answer)).toContain('litellm.Timeout:')
  })

  test.each(['mock-reset', 'mock-no-done'])(
    '%s in mid-stream is one error frame, and is charged once',
    async (model) => {
      const answer = await chat(model, { stream: true, num_retries: 0 })
      expect(answer.status).toBe(200)
      expect(answer.text).not.toContain('[DONE]')
      const frames = answer.text.trim().split('\n\n')
      expect(frames.at(-1)).toContain('"error"')
      const id = /"id":"([^"]+)"/.exec(answer.text)?.[1]
      const lines = await linesOf(id)
      expect(lines).toHaveLength(1)
      expect(lines[0]?.['spend']).toBeGreaterThan(0)
    },
  )
})

describe('AC-109 INV-29 what a call costs', () => {
  test.each(['mock-usage-missing', 'mock-usage-negative'])(
    '%s: our own count, and never less than nothing',
    async (model) => {
      for (const stream of [false, true]) {
        const answer = await chat(model, { stream })
        const id = /"id":"([^"]+)"/.exec(answer.text)?.[1]
        const [line] = await linesOf(id)
        expect(line?.['spend']).toBeGreaterThan(0)
        expect(line?.['metadata']).toMatchObject({ usage_from: 'estimated' })
      }
    },
  )

  test('an unpriced model is served, and seen to be unpriced', async () => {
    const answer = await chat('unpriced')
    expect(answer.headers.get('x-litellm-response-cost')).toBe('0')
    const [line] = await linesOf(answer.body['id'])
    expect(line).toMatchObject({
      spend: 0,
      metadata: { pricing: 'unpriced', model_map_information: { model_map_value: null } },
    })
  })

  test('a key’s spend is the sum of its lines, at once', async () => {
    const made = await fetch(`${gateway.url}/key/generate`, {
      method: 'POST',
      headers: bearer(MASTER_KEY),
      body: '{"tags":["t1"]}',
    })
    const { key } = (await made.json()) as { key: string }
    const answers = [await chat('plain', {}, key), await chat('plain', {}, key)]
    const sum = answers.reduce((total, answer) => total + Number(answer.headers.get('x-litellm-response-cost')), 0)
    expect(Number(answers[1]?.headers.get('x-litellm-key-spend'))).toBeCloseTo(sum, 12)
    const info = await fetch(`${gateway.url}/key/info`, { headers: bearer(key) })
    expect(((await info.json()) as { info: { spend: number } }).info.spend).toBeCloseTo(sum, 8)
    const [line] = await linesOf(answers[0]?.body['id'])
    expect(line?.['request_tags']).toEqual(['t1'])
  })

  test('AC-101 nobody writes another payer into a line', async () => {
    const answer = await chat('plain', { metadata: { user_api_key: 'x', user_api_key_user_id: 'victim', mine: 1 } })
    const [line] = await linesOf(answer.body['id'])
    expect(JSON.stringify(line)).not.toContain('victim')
  })
})

test('1.6 a call is found again by the id that its caller gave', async () => {
  const answer = await chat('plain', {}, MASTER_KEY, { 'x-litellm-call-id': 'my-call.1' })
  expect(answer.headers.get('x-litellm-call-id')).toBe('my-call.1')
  expect(answer.headers.get('llm_provider-x-request-id')).toBeTruthy()
  expect(answer.headers.get('llm_provider-set-cookie')).toBeNull()
})

test('metrics are the administrator’s, and name models', async () => {
  expect((await fetch(`${gateway.url}/metrics`)).status).toBe(401)
  const text = await (await fetch(`${gateway.url}/metrics`, { headers: bearer(MASTER_KEY) })).text()
  expect(text).toMatch(/litellm_requests_metric_total\{[^}]*model="plain"[^}]*\} \d+/)
  expect(text).toContain('litellm_request_total_latency_metric_bucket')
})
