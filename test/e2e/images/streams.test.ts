import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ScriptChange } from '../../support/mock-upstream/script.ts'
import { lineOf } from '../serving/support/rig.ts'
import { openStudio, paint } from './support/studio.ts'
import type { Studio } from './support/studio.ts'

const LOW = { quality: 'low', size: '1024x1024' } as const
const STREAM = { ...paint('tokens'), ...LOW, stream: true } as const

let studio: Studio
let client: OpenAI

beforeAll(async () => {
  studio = await openStudio('postgres')
  client = studio.client(await studio.newKey())
})

afterAll(() => studio.close())

interface Watched {
  readonly events: readonly OpenAI.ImageGenStreamEvent[]
  readonly callId: string
  readonly failure: unknown
}

/** Everything that a client sees of a stream, and how it ended. */
async function watch(more: object = {}, script: ScriptChange = {}): Promise<Watched> {
  studio.mock.script('tokens', script)
  const { data, response } = await client.images.generate({ ...STREAM, ...more }).withResponse()
  const callId = response.headers.get('x-litellm-call-id') ?? ''
  const events: OpenAI.ImageGenStreamEvent[] = []
  try {
    for await (const event of data) events.push(event)
  } catch (failure) {
    return { events, callId, failure }
  }
  return { events, callId, failure: undefined }
}

test('previews and the picture come as the client knows them, and are charged by what the last event tells', async () => {
  const { events, callId, failure } = await watch({ partial_images: 2 })
  expect(failure).toBeUndefined()
  expect(events.map(({ type }) => type.replace('image_generation.', ''))).toEqual([
    'partial_image',
    'partial_image',
    'completed',
  ])
  expect(events[2]).toMatchObject({ usage: { input_tokens: 3, output_tokens: 272 } })
  const line = await lineOf(studio, callId)
  expect(line).toMatchObject({ completion_tokens: 272, status: 'success', metadata: { usage_from: 'upstream' } })
  expect(line.spend).toBeCloseTo(3e-6 + 272 * 4e-5, 12)
})

test('of several pictures each is charged', async () => {
  const { events, callId } = await watch({ n: 3 })
  expect(events).toHaveLength(3)
  expect(await lineOf(studio, callId)).toMatchObject({ prompt_tokens: 9, completion_tokens: 816 })
})

test.each<[string, ScriptChange]>([
  ['at once', { paddingBytes: 6_000_000 }],
  ['in pieces of a network', { paddingBytes: 6_000_000, splitBytes: 1_400 }],
  ['with other ends of lines', { paddingBytes: 2_000_000, lineEnd: '\r\n' }],
])('a picture of megabytes passes, byte for byte, %s', async (_how, script) => {
  const { events, failure } = await watch({}, script)
  expect(failure).toBeUndefined()
  const bytes = Buffer.from(events[0]?.b64_json ?? '', 'base64')
  expect(bytes.subarray(1, 4).toString()).toBe('PNG')
  expect(bytes.subarray(-(script.paddingBytes ?? 0)).every((byte) => byte === 7)).toBe(true)
})

test.each<[string, ScriptChange]>([
  ['breaks off', { cut: { afterChunks: 1, how: 'reset' } }],
  ['ends too soon', { cut: { afterChunks: 1, how: 'close' } }],
  ['tells an error', { errorEvent: true }],
])('a stream that %s is the client’s error, and the order is charged', async (_how, script) => {
  const { events, callId, failure } = await watch({ partial_images: 2, n: 2 }, script)
  expect(failure).toBeInstanceOf(OpenAI.APIError)
  expect(events.map(({ type }) => type)).not.toContain('image_generation.completed')
  const line = await lineOf(studio, callId)
  expect(line).toMatchObject({ status: 'failure', metadata: { cut_short: true, usage_from: 'estimated' } })
  // Two pictures of 272 tokens, each with two previews of 100.
  expect(line.completion_tokens).toBe(944)
})

test('a client that leaves pays for what it ordered', async () => {
  studio.mock.script('tokens', { gapMs: 5_000 })
  const { data, response } = await client.images.generate({ ...STREAM, partial_images: 1 }).withResponse()
  for await (const event of data) {
    expect(event.type).toBe('image_generation.partial_image')
    break
  }
  const line = await lineOf(studio, response.headers.get('x-litellm-call-id') ?? '')
  expect(line).toMatchObject({ completion_tokens: 372, metadata: { cut_short: true, usage_from: 'estimated' } })
})

test('INV-27: a budget holds for a stream as well', async () => {
  studio.mock.clear()
  const poor = studio.client(await studio.newKey({ max_budget: 0.01 }))
  await expect(poor.images.generate(STREAM)).rejects.toBeInstanceOf(OpenAI.RateLimitError)
  expect(studio.mock.requests.total).toBe(0)
})
