import { request } from 'node:http'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BillEntry } from './bill.ts'
import { readScriptChange } from './script.ts'
import type { MockUpstream } from './start-mock-upstream.ts'
import { startMockUpstream } from './start-mock-upstream.ts'
import { promptTokensOf } from './usage.ts'

let folder: string
let billFile: string
let upstream: MockUpstream
let client: OpenAI

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mock-upstream-'))
  billFile = join(folder, 'bill.jsonl')
  upstream = await startMockUpstream({ billFile })
  client = new OpenAI({ baseURL: upstream.apiBase, apiKey: 'sk-test', maxRetries: 0 })
})

afterEach(async () => {
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

const messages = [{ role: 'user' as const, content: 'Count to three, naïvely.' }]

/** Sends a chat call and reads the answer as it comes; gives up after `chunks` reads. */
async function chat(model: string, members: object, chunks = Number.POSITIVE_INFINITY): Promise<string> {
  const aborter = new AbortController()
  const reply = await fetch(`${upstream.apiBase}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model, messages, ...members }),
    signal: aborter.signal,
  })
  let text = ''
  let read = 0
  for await (const chunk of reply.body ?? []) {
    text += Buffer.from(chunk).toString()
    read += 1
    if (read >= chunks) break
  }
  aborter.abort()
  return text
}

/** The bill is written when a connection has ended, which the caller can't see: wait for the entry, not for a time. */
async function billOf(count: number): Promise<readonly BillEntry[]> {
  await expect.poll(() => upstream.bill.total).toBe(count)
  return upstream.bill.entries
}

test('a whole answer is billed once, with the numbers that it claims', async () => {
  const answer = await client.chat.completions.create({ model: 'mock-ok', messages, user: 'ada' })
  expect(answer.usage).toMatchObject({ prompt_tokens: promptTokensOf({ messages }), completion_tokens: 8 })
  const [entry] = await billOf(1)
  expect(entry).toMatchObject({
    responseId: answer.id,
    user: 'ada',
    promptTokens: answer.usage?.prompt_tokens,
    completionTokens: 8,
    outcome: 'sent',
  })
  expect(JSON.parse(readFileSync(billFile, 'utf8'))).toEqual(entry)
})

test('a stream that the caller leaves is billed as far as it was sent', async () => {
  upstream.script('mock-ok', { words: 50, gapMs: 20 })
  await chat('mock-ok', { stream: true }, 3)
  const [entry] = await billOf(1)
  expect(entry?.outcome).toBe('aborted-by-caller')
  expect(entry?.completionTokens).toBeLessThan(50)
  expect(entry?.chunksSent).toBe((entry?.completionTokens ?? 0) + 1)
})

test('a stream that the provider breaks off is billed as far as it was sent', async () => {
  await expect(chat('mock-reset', { stream: true })).rejects.toThrow('terminated')
  const [entry] = await billOf(1)
  expect(entry).toMatchObject({ outcome: 'cut-by-provider', chunksSent: 3, completionTokens: 2 })
})

test('a refused call is not billed', async () => {
  for (const model of ['mock-400', 'mock-429', 'mock-500', 'mock-302', 'mock-html']) await chat(model, {})
  expect(upstream.bill.total).toBe(0)
})

test('a stream sent byte by byte reads as the same text', async () => {
  const text = async (model: string): Promise<string> => {
    const stream = await client.chat.completions.create({ model, messages, stream: true })
    let all = ''
    for await (const chunk of stream) all += chunk.choices[0]?.delta.content ?? ''
    return all
  }
  expect(await text('mock-split-1')).toBe(await text('mock-ok'))
})

test('usage is in a stream only when it is asked for', async () => {
  expect(await chat('mock-ok', { stream: true })).not.toContain('usage')
  expect(await chat('mock-ok', { stream: true, stream_options: { include_usage: true } })).toContain('"usage":{')
})

test('poisoned usage arrives as it was written', async () => {
  expect(await chat('mock-usage-infinite', {})).toContain('"prompt_tokens":1e400')
})

test('parallel tool calls arrive in interleaved fragments that add up to JSON', async () => {
  const weather = { type: 'function' as const, function: { name: 'weather', parameters: {} } }
  const stream = client.chat.completions.stream({ model: 'mock-tools-parallel', messages, tools: [weather] })
  const { choices } = await stream.finalChatCompletion()
  const calls = choices[0]?.message.tool_calls ?? []
  expect(calls.map((call) => call.type === 'function' && JSON.parse(call.function.arguments))).toEqual([
    { city: 'Paris 0', days: 3 },
    { city: 'Paris 1', days: 3 },
  ])
})

test('the official client reads pictures, whole and as they are painted', async () => {
  const ask = { model: 'mock-ok', prompt: 'A padlock', quality: 'low' } as const
  const whole = await client.images.generate({ ...ask, n: 2 })
  expect(
    whole.data?.map(({ b64_json }) =>
      Buffer.from(b64_json ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ),
  ).toEqual(['PNG', 'PNG'])
  expect(whole.usage).toMatchObject({ input_tokens: 3, output_tokens: 544 })
  const types = []
  for await (const event of await client.images.generate({ ...ask, partial_images: 2, stream: true }))
    types.push(event.type)
  expect(types).toEqual([
    ...Array.from({ length: 2 }, () => 'image_generation.partial_image'),
    'image_generation.completed',
  ])
})

test('the official client reads embeddings, moderations, completions and models', async () => {
  const embeddings = await client.embeddings.create({ model: 'mock-ok', input: ['one', 'two'], dimensions: 4 })
  expect(embeddings.data.map((each) => each.embedding.length)).toEqual([4, 4])
  expect((await client.moderations.create({ input: 'please flag-me' })).results[0]?.flagged).toBe(true)
  expect((await client.completions.create({ model: 'mock-ok', prompt: 'x' })).choices[0]?.text).toContain('quick')
  expect((await client.models.list()).data.map((each) => each.id)).toContain('mock-429')
})

test('a response is streamed, kept, and gone once it is deleted', async () => {
  const stream = client.responses.stream({ model: 'mock-ok', input: 'hello' })
  const { id, output_text, usage } = await stream.finalResponse()
  expect(usage).toMatchObject({ input_tokens: 2, output_tokens: 8 })
  expect((await client.responses.retrieve(id)).output_text).toBe(output_text)
  expect((await client.responses.inputItems.list(id)).data).toHaveLength(1)
  await client.responses.delete(id)
  await expect(client.responses.retrieve(id)).rejects.toThrow(OpenAI.NotFoundError)
})

test('a model that fails twice answers the third call', async () => {
  const ask = (): Promise<unknown> => client.chat.completions.create({ model: 'mock-fail-twice', messages })
  await expect(ask()).rejects.toThrow(OpenAI.InternalServerError)
  await expect(ask()).rejects.toThrow(OpenAI.InternalServerError)
  await expect(ask()).resolves.toMatchObject({ object: 'chat.completion' })
})

test('a request is recorded with its headers as they were sent, and only the last ones are kept', async () => {
  const small = await startMockUpstream({ keepRequests: 2 })
  for (const path of ['/1', '/2', '/3']) {
    await new Promise((resolve) => {
      const sent = request(`${small.url}${path}`, { headers: { 'X-Odd-Case': path } }, (reply) =>
        reply.resume().on('end', resolve),
      )
      sent.end()
    })
  }
  await small.close()
  expect(small.requests.total).toBe(3)
  expect(small.requests.all.map((each) => each.url)).toEqual(['/2', '/3'])
  expect(small.requests.last?.rawHeaders.slice(0, 2)).toEqual(['X-Odd-Case', '/3'])
})

test('a misspelt script is refused', () => {
  expect(() => readScriptChange({ gapMS: 5 })).toThrow('gapMS')
})
