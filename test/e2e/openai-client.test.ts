import OpenAI, { AzureOpenAI } from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bearer, MASTER_KEY, mockModel, startGateway } from '../support/gateway.ts'
import type { RunningGateway } from '../support/gateway.ts'
import { startMockUpstream } from '../support/mock-upstream/start-mock-upstream.ts'

type Mock = Awaited<ReturnType<typeof startMockUpstream>>

let mock: Mock
let gateway: RunningGateway
let client: OpenAI
let other: OpenAI

const FAILURES = [400, 401, 403, 404, 422, 429, 500, 503] as const

beforeAll(async () => {
  mock = await startMockUpstream({})
  gateway = await startGateway({
    config: {
      model_list: [
        mockModel('plain', mock.apiBase),
        mockModel('slow', mock.apiBase),
        ...FAILURES.map((status) => mockModel(`mock-${status}`, mock.apiBase)),
      ],
      router_settings: { num_retries: 0 },
    },
  })
  client = await clientWithKey({})
  other = await clientWithKey({})
})

afterAll(async () => {
  await gateway.stop()
  await mock.close()
})

async function newKey(fields: object): Promise<string> {
  const response = await fetch(`${gateway.url}/key/generate`, {
    method: 'POST',
    headers: bearer(MASTER_KEY),
    body: JSON.stringify(fields),
  })
  expect(response.status).toBe(200)
  return ((await response.json()) as { key: string }).key
}

async function clientWithKey(fields: object): Promise<OpenAI> {
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: await newKey(fields), maxRetries: 0 })
}

async function spendLines(requestId: string): Promise<readonly Record<string, unknown>[]> {
  const response = await fetch(`${gateway.url}/spend/logs?request_id=${encodeURIComponent(requestId)}`, {
    headers: bearer(MASTER_KEY),
  })
  return (await response.json()) as Record<string, unknown>[]
}

const ASK = { model: 'plain', messages: [{ role: 'user', content: 'Hello' }] } as const

test('models are listed and found', async () => {
  const names = (await client.models.list()).data.map((model) => model.id)
  expect(names).toContain('plain')
  expect((await client.models.retrieve('plain')).id).toBe('plain')
  await expect(client.models.retrieve('nobody')).rejects.toBeInstanceOf(OpenAI.NotFoundError)
})

test('a chat is answered under the name that was asked for, and is in the books at once', async () => {
  const { data, response } = await client.chat.completions
    .create({ ...ASK, messages: [...ASK.messages] })
    .withResponse()
  expect(data.model).toBe('plain')
  expect(data.choices[0]?.message.content).toBeTruthy()
  const usage = data.usage
  const cost = (usage?.prompt_tokens ?? 0) * 1e-6 + (usage?.completion_tokens ?? 0) * 2e-6
  expect(Number(response.headers.get('x-litellm-response-cost'))).toBeCloseTo(cost, 12)
  expect(response.headers.get('x-litellm-model-id')).toBeTruthy()
  expect(response.headers.get('x-litellm-call-id')).toBeTruthy()
  const lines = await spendLines(data.id)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({ status: 'success', model_group: 'plain', prompt_tokens: usage?.prompt_tokens })
  expect(lines[0]?.['spend']).toBeCloseTo(cost, 12)
})

test('a stream comes in pieces, ends, and tells its usage only to those who ask', async () => {
  const quiet = await client.chat.completions.create({ ...ASK, messages: [...ASK.messages], stream: true })
  let text = ''
  let id = ''
  for await (const chunk of quiet) {
    expect(chunk.usage ?? undefined).toBeUndefined()
    text += chunk.choices[0]?.delta.content ?? ''
    id = chunk.id
  }
  expect(text).not.toBe('')
  const [line] = await spendLines(id)
  expect(line).toMatchObject({ status: 'success' })
  expect(line?.['completion_tokens']).toBeGreaterThan(0)

  const asked = await client.chat.completions.create({
    ...ASK,
    messages: [...ASK.messages],
    stream: true,
    stream_options: { include_usage: true },
  })
  const last = []
  for await (const chunk of asked) last.push(chunk)
  expect(last.at(-1)?.usage?.total_tokens).toBeGreaterThan(0)
  expect(last.at(-1)?.choices).toMatchObject([{ index: 0, delta: {} }])
})

test('embeddings, completions and moderations pass', async () => {
  expect((await client.embeddings.create({ model: 'plain', input: 'text' })).data[0]?.embedding.length).toBeGreaterThan(
    0,
  )
  expect((await client.completions.create({ model: 'plain', prompt: 'Once' })).choices[0]?.text).toBeTruthy()
  expect((await client.moderations.create({ model: 'plain', input: 'text' })).results).toHaveLength(1)
})

test('a response is kept for its owner: read, gone on from and deleted by nobody else', async () => {
  const first = await client.responses.create({ model: 'plain', input: 'Hello' })
  expect((await client.responses.retrieve(first.id)).id).toBe(first.id)
  const next = await client.responses.create({ model: 'plain', input: 'And?', previous_response_id: first.id })
  expect(next.previous_response_id).toBe(first.id)
  expect(JSON.stringify(mock.requests.last)).not.toContain(first.id)

  await expect(other.responses.retrieve(first.id)).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  await expect(
    other.responses.create({ model: 'plain', input: 'x', previous_response_id: first.id }),
  ).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  await client.responses.delete(first.id)
})

test('a streamed response carries our id throughout and ends with its usage', async () => {
  const stream = await client.responses.create({ model: 'plain', input: 'Hello', stream: true })
  const ids = new Set<string>()
  let completed = false
  for await (const event of stream) {
    if ('response' in event) ids.add(event.response.id)
    if (event.type === 'response.completed') completed = event.response.usage !== undefined
  }
  expect(completed).toBe(true)
  expect(ids.size).toBe(1)
})

test('the Azure client finds its deployment in the path', async () => {
  const azure = new AzureOpenAI({
    baseURL: `${gateway.url}/openai`,
    apiKey: await newKey({ models: ['plain'] }),
    apiVersion: '2024-10-21',
    deployment: 'plain',
    maxRetries: 0,
  })
  const answer = await azure.chat.completions.create({ ...ASK, messages: [...ASK.messages] })
  expect(answer.choices).toHaveLength(1)
})

test.each([
  [400, OpenAI.BadRequestError, 'litellm.BadRequestError:'],
  [401, OpenAI.AuthenticationError, 'litellm.AuthenticationError:'],
  [403, OpenAI.PermissionDeniedError, 'litellm.PermissionDeniedError:'],
  [404, OpenAI.NotFoundError, 'litellm.NotFoundError:'],
  [422, OpenAI.UnprocessableEntityError, 'litellm.UnprocessableEntityError:'],
  [429, OpenAI.RateLimitError, 'litellm.RateLimitError:'],
  [500, OpenAI.InternalServerError, 'litellm.InternalServerError:'],
  [503, OpenAI.InternalServerError, 'litellm.ServiceUnavailableError:'],
])('an upstream %i is the client’s own typed error', async (status, type, prefix) => {
  const failure = await client.chat.completions
    .create({ model: `mock-${status}`, messages: [...ASK.messages] })
    .catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(type)
  expect(String(failure)).toContain(prefix)
})

test('a key reaches only its models; a blocked, an expired and a deleted key reach nothing', async () => {
  const narrow = await clientWithKey({ models: ['slow'] })
  const denied = await narrow.chat.completions
    .create({ ...ASK, messages: [...ASK.messages] })
    .catch((error: unknown) => error)
  expect(denied).toBeInstanceOf(OpenAI.AuthenticationError)
  expect(String(denied)).toContain('not allowed to access model')
  expect((await narrow.models.list()).data.map((model) => model.id)).toEqual(['slow'])

  const key = await newKey({})
  const ask = async (): Promise<number> => (await fetch(`${gateway.url}/v1/models`, { headers: bearer(key) })).status
  expect(await ask()).toBe(200)
  const change = (path: string, body: object): Promise<Response> =>
    fetch(`${gateway.url}${path}`, { method: 'POST', headers: bearer(MASTER_KEY), body: JSON.stringify(body) })
  await change('/key/block', { key })
  expect(await ask()).toBe(401)
  await change('/key/unblock', { key })
  expect(await ask()).toBe(200)
  await change('/key/delete', { keys: [key] })
  expect(await ask()).toBe(401)
})

test('leaving in mid-stream stops the upstream and is charged for what was sent', async () => {
  mock.script('slow', { gapMs: 20, words: 500 })
  const stream = await client.chat.completions.create({ model: 'slow', messages: [...ASK.messages], stream: true })
  let id = ''
  let seen = 0
  for await (const chunk of stream) {
    id = chunk.id
    seen += 1
    if (seen === 4) break
  }
  await expect
    .poll(() => mock.bill.entries.find((entry) => entry.responseId === id)?.outcome, { timeout: 5_000 })
    .toBe('aborted-by-caller')
  await expect.poll(async () => (await spendLines(id)).length, { timeout: 5_000 }).toBe(1)
  const [line] = await spendLines(id)
  expect(line?.['spend']).toBeGreaterThan(0)
  expect(line?.['metadata']).toMatchObject({ cut_short: true })
})
