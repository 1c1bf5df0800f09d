import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { bearer } from '../../support/gateway.ts'
import type { Answer } from '../hostile/support/stand.ts'
import { SECRET, linesOf, openPassStand } from './support/stand.ts'
import type { Line, PassStand } from './support/stand.ts'

let stand: PassStand
let key: string
let calls = 0

beforeAll(async () => {
  stand = await openPassStand({
    endpoints: ({ elsewhere }) => [
      { path: '/flat', target: elsewhere, cost_per_request: 0.25, include_subpath: true },
      { path: '/free', target: elsewhere, cost_per_request: 0 },
      { path: '/plain', target: elsewhere, include_subpath: true },
    ],
    env: ({ elsewhere, upstream }) => ({
      OPENAI_API_KEY: SECRET,
      OPENAI_API_BASE: upstream,
      ANTHROPIC_API_KEY: SECRET,
      ANTHROPIC_API_BASE: elsewhere,
      GEMINI_API_KEY: SECRET,
      GEMINI_API_BASE: elsewhere,
    }),
  })
  key = await stand.key({
    key_alias: 'payer',
    allowed_passthrough_routes: ['/flat', '/free', '/plain', '/openai', '/openai_passthrough', '/anthropic', '/gemini'],
  })
}, 120_000)
afterAll(() => stand.close())

async function booked(
  path: string,
  body: object | undefined,
  more: { as?: string; method?: string } = {},
): Promise<{ answer: Answer; line: Line }> {
  calls += 1
  const id = `book-${calls}`
  const answer = await stand.as(more.as ?? key)({
    path,
    ...(more.method === undefined ? {} : { method: more.method }),
    headers: { 'x-litellm-call-id': id },
    ...(body === undefined ? {} : { body }),
  })
  const [line = {}] = await linesOf(stand, [id])
  return { answer, line }
}

function replies(body: string, type = 'application/json', status = 200): void {
  stand.elsewhere.answer((_, response) => response.writeHead(status, { 'content-type': type }).end(body))
}

const chat = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hello there' }], max_tokens: 50 }
const PER_INPUT = 0.15e-6
const PER_OUTPUT = 0.6e-6

describe('what a call used, in the shape of its provider', () => {
  test('OpenAI chat', async () => {
    const { answer, line } = await booked('/openai_passthrough/v1/chat/completions', {
      ...chat,
      litellm_metadata: { tags: ['a', 'b'], job: 7 },
    })
    const { usage } = JSON.parse(answer.text) as { usage: { prompt_tokens: number; completion_tokens: number } }
    const cost = usage.prompt_tokens * PER_INPUT + usage.completion_tokens * PER_OUTPUT
    expect(line).toMatchObject({
      call_type: 'pass_through_endpoint',
      model: 'gpt-4o-mini',
      model_group: 'gpt-4o-mini',
      custom_llm_provider: 'openai',
      prompt_tokens: usage.prompt_tokens,
      completion_tokens: usage.completion_tokens,
      status: 'success',
      request_tags: ['a', 'b'],
    })
    expect(line['spend']).toBeCloseTo(cost, 12)
    expect(Number(answer.headers['x-litellm-response-cost'])).toBeCloseTo(cost, 12)
    expect(answer.headers['x-litellm-key-spend']).toEqual(expect.any(String))
    expect(stand.upstream.requests.last?.body.toString()).not.toContain('litellm')
    expect(stand.upstream.requests.last?.rawHeaders).toContain(`Bearer ${SECRET}`)
  })

  test.each<[string, string, object]>([
    ['embeddings', '/openai/v1/embeddings', { model: 'text-embedding-3-small', input: 'hello there' }],
    ['responses', '/openai_passthrough/v1/responses', { model: 'gpt-4o-mini', input: 'hello there' }],
    [
      'a stream that tells its usage',
      '/openai/v1/chat/completions',
      { ...chat, stream: true, stream_options: { include_usage: true } },
    ],
    [
      'a stream of responses',
      '/openai_passthrough/v1/responses',
      { model: 'gpt-4o-mini', input: 'hello', stream: true },
    ],
    ['a stream that does not', '/openai/v1/chat/completions', { ...chat, stream: true }],
  ])('OpenAI %s', async (_, path, body) => {
    const { line } = await booked(path, body)
    expect(line).toMatchObject({ call_type: 'pass_through_endpoint', status: 'success' })
    expect(Number(line['prompt_tokens'])).toBeGreaterThan(0)
    expect(Number(line['spend'])).toBeGreaterThan(0)
  })

  const ANTHROPIC = { model: 'claude-sonnet-4-5', max_tokens: 20, messages: [{ role: 'user', content: 'hi' }] }
  const events = (...list: readonly object[]): string =>
    list.map((event) => `event: ${String(Reflect.get(event, 'type'))}\ndata: ${JSON.stringify(event)}\n\n`).join('')

  test('Anthropic messages, with what its cache held', async () => {
    replies(
      JSON.stringify({
        id: 'msg_1',
        type: 'message',
        model: 'claude-sonnet-4-5',
        content: [{ type: 'text', text: 'x' }],
        usage: { input_tokens: 10, cache_read_input_tokens: 100, cache_creation_input_tokens: 5, output_tokens: 7 },
      }),
    )
    const { line } = await booked('/anthropic/v1/messages', ANTHROPIC)
    expect(line).toMatchObject({ prompt_tokens: 115, completion_tokens: 7, custom_llm_provider: 'anthropic' })
    expect(line['spend']).toBeCloseTo(10 * 3e-6 + 100 * 0.3e-6 + 5 * 3.75e-6 + 7 * 15e-6, 12)
    expect(stand.elsewhere.seen.at(-1)?.headers).toMatchObject({ 'x-api-key': SECRET })
  })

  test('Anthropic messages as a stream, byte for byte', async () => {
    const text = `: hello\r\n\r\n${events(
      {
        type: 'message_start',
        message: {
          id: 'msg_2',
          type: 'message',
          model: 'claude-sonnet-4-5',
          usage: { input_tokens: 10, output_tokens: 1 },
        },
      },
      { type: 'content_block_delta', delta: { type: 'text_delta', text: 'héllo' } },
      { type: 'message_delta', delta: {}, usage: { output_tokens: 9 } },
      { type: 'message_stop' },
    )}`
    stand.elsewhere.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const bytes = Buffer.from(text)
      for (let at = 0; at < bytes.length; at += 7) response.write(bytes.subarray(at, at + 7))
      response.end()
    })
    const { answer, line } = await booked('/anthropic/v1/messages', { ...ANTHROPIC, stream: true })
    expect(answer.text).toBe(text)
    expect(answer.headers['content-type']).toBe('text/event-stream')
    expect(line).toMatchObject({ prompt_tokens: 10, completion_tokens: 9 })
  })

  test('Gemini, and the key stays where it was', async () => {
    replies(
      JSON.stringify({
        candidates: [],
        modelVersion: 'gemini-2.5-flash',
        usageMetadata: { promptTokenCount: 11, candidatesTokenCount: 3, thoughtsTokenCount: 4, totalTokenCount: 18 },
      }),
    )
    const { line } = await booked(`/gemini/v1beta/models/gemini-2.5-flash:generateContent?key=${key}&alt=json`, {
      contents: [],
    })
    expect(line).toMatchObject({ prompt_tokens: 11, completion_tokens: 7, model_group: 'gemini-2.5-flash' })
    expect(Number(line['spend'])).toBeGreaterThan(0)
    expect(stand.elsewhere.seen.at(-1)).toMatchObject({
      url: '/v1beta/models/gemini-2.5-flash:generateContent?alt=json',
    })
    expect(stand.elsewhere.seen.at(-1)?.headers).toMatchObject({ 'x-goog-api-key': SECRET })
    expect(stand.gateway.stdout() + stand.gateway.stderr()).not.toContain(key)
  })
})

describe('what nobody counts', () => {
  test('costs what the operator says', async () => {
    replies('{"anything":1}')
    const { answer, line } = await booked('/flat/x', { a: 1 })
    expect(line).toMatchObject({ spend: 0.25, model_group: '/flat', status: 'success' })
    expect(answer.headers['x-litellm-response-cost']).toBe('0.25')
    expect((await booked('/free', { a: 1 })).line).toMatchObject({ spend: 0 })
  })

  test('a price by the call stands alone, also where a model has one', async () => {
    replies('{"model":"gpt-4o-mini","usage":{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000}}')
    const { line } = await booked('/flat/v1/chat/completions', { model: 'gpt-4o-mini', messages: [] })
    expect(line).toMatchObject({
      spend: 0.25,
      prompt_tokens: 1000,
      completion_tokens: 1000,
      model_group: 'gpt-4o-mini',
    })
  })

  test('costs nothing when the upstream refuses', async () => {
    replies('{"error":"no"}', 'application/json', 500)
    expect((await booked('/flat/x', { a: 1 })).line).toMatchObject({ spend: 0, status: 'failure' })
  })

  test('is unpriced otherwise, and to be seen as such', async () => {
    replies('{"anything":1}')
    const { line } = await booked('/plain/x', { a: 1 })
    expect(line).toMatchObject({ spend: 0, status: 'success', call_type: 'pass_through_endpoint' })
    const logged = new RegExp(`"call_id":"book-${calls}".*"pricing":"unpriced"`)
    await vi.waitFor(() => expect(stand.gateway.stderr()).toMatch(logged), { timeout: 5_000 })
    const metrics = await stand.asMaster({ path: '/metrics' })
    expect(metrics.text).toContain('unpriced')
  })

  test('usage that cannot be true is not believed', async () => {
    replies('{"type":"message","model":"claude-sonnet-4-5","usage":{"input_tokens":-5,"output_tokens":1e300}}')
    const { line } = await booked('/anthropic/v1/messages', {
      model: 'claude-sonnet-4-5',
      max_tokens: 5,
      messages: [{ role: 'user', content: 'hello' }],
    })
    expect(Number(line['spend'])).toBeGreaterThanOrEqual(0)
    expect(Number(line['completion_tokens'])).toBeLessThan(100)
  })
})

describe('INV-27: budgets hold here as for calls of models', () => {
  const budgeted = (max_budget: number) =>
    stand.key({ max_budget, allowed_passthrough_routes: ['/flat', '/free', '/plain', '/openai', '/anthropic'] })
  const ask = (as: string, path: string, body?: object) =>
    stand.as(as)({ path, ...(body === undefined ? {} : { body }) })

  test('a price by the call: as many calls as fit, however many come at once', async () => {
    replies('{"anything":1}')
    const poor = await budgeted(1)
    const all = await Promise.all(Array.from({ length: 12 }, () => ask(poor, '/flat/x', {})))
    const served = all.filter(({ status }) => status === 200)
    expect(all.every(({ status }) => status === 200 || status === 429)).toBe(true)
    expect(served.length).toBeLessThanOrEqual(4)
    expect(served.length).toBeGreaterThanOrEqual(3)
    expect(all.find(({ status }) => status === 429)?.text).toContain('Budget has been exceeded!')
  })

  test('by tokens: what the call may cost is held, and what it cost is charged', async () => {
    const some = await budgeted(0.001)
    expect((await ask(some, '/openai/v1/chat/completions', chat)).status).toBe(200)
    const none = await budgeted(1e-7)
    const before = stand.upstream.requests.total
    expect((await ask(none, '/openai/v1/chat/completions', chat)).status).toBe(429)
    expect((await ask(some, '/openai/v1/chat/completions', { ...chat, max_tokens: 1_000_000 })).status).toBe(429)
    expect(stand.upstream.requests.total).toBe(before)
  })

  test('of one model, as for calls of models; a call that names another one as well is not past it', async () => {
    const allowed_passthrough_routes = ['/openai', '/plain']
    const model_max_budget = { 'gpt-4o-mini': { budget_limit: 0.001, time_period: '1d' } }
    const some = await stand.key({ key_alias: 'one-model', model_max_budget, allowed_passthrough_routes })
    expect((await ask(some, '/openai/v1/chat/completions', chat)).status).toBe(200)
    const before = stand.upstream.requests.total
    const large = await ask(some, '/openai/v1/chat/completions', { ...chat, max_tokens: 1_000_000 })
    expect(large).toMatchObject({ status: 429, text: expect.stringContaining('Ask for fewer') })
    const none = await stand.key({ model_max_budget: { 'gpt-4o*': { budget_limit: 0 } }, allowed_passthrough_routes })
    const refused = await ask(none, '/openai/v1/chat/completions', chat)
    expect(refused).toMatchObject({ status: 429, text: expect.stringContaining('exceeded budget for model=gpt-4o*') })
    expect(stand.upstream.requests.total).toBe(before)
    replies('{}')
    const path = '/plain/v1beta/models/gemini-2.5-pro:generateContent'
    const contents = [{ parts: [{ text: 'x' }] }]
    expect((await ask(none, path, { contents })).status).toBe(200)
    expect((await ask(none, path, { contents, model: 'gpt-4o-mini' })).status).toBe(429)
    const unpriced = await ask(none, path.replace('gemini-2.5-pro', 'gpt-4o-mini'), { contents, model: 'other' })
    expect(unpriced).toMatchObject({ status: 400, text: expect.stringContaining('price') })
  })

  test('a limit counts where the provider reads it', async () => {
    const some = await budgeted(0.01)
    const path = '/plain/v1beta/models/gemini-2.5-pro:generateContent'
    const contents = [{ parts: [{ text: 'x' }] }]
    const large = { contents, max_tokens: 1, generationConfig: { maxOutputTokens: 60_000 } }
    expect((await ask(some, path, large)).status).toBe(429)
    replies('{}')
    expect((await ask(some, path, { contents, generationConfig: { maxOutputTokens: 10 } })).status).toBe(200)
  })

  test('what cannot be bounded is refused, and what is free is not', async () => {
    const some = await budgeted(1)
    const before = stand.elsewhere.seen.length
    expect(await ask(some, '/plain/x', { a: 1 })).toMatchObject({ status: 400, text: expect.stringContaining('price') })
    expect((await ask(some, '/openai/v1/files', { a: 1 })).status).toBe(400)
    expect(stand.elsewhere.seen.length).toBe(before)
    expect((await ask(some, '/free', {})).status).toBe(200)
    expect((await ask(some, '/flat/v1/chat/completions', { model: 'x', messages: [] })).status).toBe(200)
    expect((await ask(some, '/openai/v1/models')).status).toBe(200)
  })

  test('the customer that the call names is asked about too', async () => {
    await stand.asMaster({ path: '/customer/new', body: { user_id: 'blocked-one', blocked: true } })
    const answer = await stand.asMaster({ path: '/openai/v1/chat/completions', body: { ...chat, user: 'blocked-one' } })
    expect(answer.status).toBe(403)
    const header = await stand.asMaster({
      path: '/flat/x',
      headers: { 'x-litellm-end-user-id': 'blocked-one' },
      body: {},
    })
    expect(header.status).toBe(403)
  })
})

describe('rates hold here as for calls of models', () => {
  test('so many calls a minute, and so many at once', async () => {
    replies('{"anything":1}')
    const few = stand.as(await stand.key({ rpm_limit: 2, allowed_passthrough_routes: ['/plain'] }))
    const statuses = []
    for (let call = 0; call < 4; call += 1) statuses.push((await few({ path: '/plain/x', body: {} })).status)
    expect(statuses).toEqual([200, 200, 429, 429])

    const single = stand.as(await stand.key({ max_parallel_requests: 1, allowed_passthrough_routes: ['/plain'] }))
    const ends: (() => void)[] = []
    stand.elsewhere.answer((_, response) => void ends.push(() => response.end('{}')))
    const first = single({ path: '/plain/x', body: {} })
    await vi.waitFor(() => expect(ends).toHaveLength(1))
    expect((await single({ path: '/plain/x', body: {} })).status).toBe(429)
    ends[0]?.()
    expect((await first).status).toBe(200)
    replies('{}')
    expect((await single({ path: '/plain/x', body: {} })).status).toBe(200)
  })
})

test('GET /config/pass_through_endpoint lists them, without a secret', async () => {
  const { text } = await stand.asMaster({ path: '/config/pass_through_endpoint' })
  const { endpoints } = JSON.parse(text) as { endpoints: readonly Record<string, unknown>[] }
  expect(endpoints.map(({ path }) => path)).toEqual(['/flat', '/free', '/plain'])
  expect(endpoints[0]).toMatchObject({
    cost_per_request: 0.25,
    include_subpath: true,
    auth: true,
    is_from_config: true,
    target: stand.elsewhere.url,
  })
  expect(endpoints[1]).toMatchObject({ cost_per_request: 0 })
  expect(endpoints[2]).toMatchObject({ cost_per_request: null })
  expect((await stand.call({ path: '/config/pass_through_endpoint', headers: bearer(key) })).status).toBe(401)
  expect([404, 405]).toContain(
    (await stand.asMaster({ path: '/config/pass_through_endpoint', body: { path: '/x', target: 'https://x.example' } }))
      .status,
  )
})

test('a provider without its variables says which, to callers who may ask', async () => {
  const cases = [
    ['/mistral/v1/x', 'MISTRAL_API_KEY'],
    ['/azure/openai/x', 'AZURE_API_KEY and AZURE_API_BASE'],
    ['/vllm/x', 'HOSTED_VLLM_API_BASE'],
    ['/bedrock/model/x/invoke', 'signed'],
    ['/vertex_ai/x', 'signed'],
    ['/langfuse/x', 'pass_through_endpoints'],
  ] as const
  for (const [path, says] of cases) {
    expect(await stand.asMaster({ path, body: {} })).toMatchObject({ status: 501, text: expect.stringContaining(says) })
    expect((await stand.call({ path, body: {} })).status).toBe(401)
    expect((await stand.as(key)({ path, body: {} })).status).toBe(403)
  }
})
