import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { errorOf, startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'

let rig: Rig
let owner: OpenAI
let stranger: OpenAI

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => ({
      // Two deployments: a response is known to the one that made it only.
      model_list: [
        mockModel('plain', apiBase, { info: { id: 'first' } }),
        mockModel('plain', apiBase, { info: { id: 'second' } }),
        mockModel('mock-tools', apiBase),
      ],
    }),
  })
  owner = rig.client(await rig.newKey())
  stranger = rig.client(await rig.newKey())
})

afterAll(() => rig.close())

test('a response is made with an id of ours and usage in its own terms', async () => {
  const response = await owner.responses.create({ model: 'plain', input: 'Hello', metadata: { order: '7' } })
  expect(response).toMatchObject({
    object: 'response',
    status: 'completed',
    model: 'plain',
    metadata: { order: '7' },
    usage: { output_tokens: 8, total_tokens: expect.any(Number) },
  })
  expect(response.output_text).toContain('quick')
  expect(response.id).toMatch(/^resp_/)
  expect(response.id).not.toBe(rig.mock.bill.entries.at(-1)?.responseId)
  const [line] = await rig.linesOf(response.id)
  expect(line).toMatchObject({ call_type: 'aresponses', completion_tokens: 8, status: 'success' })
})

test('a streamed response is typed events under one id, and ends with its usage', async () => {
  const stream = await owner.responses.create({ model: 'plain', input: 'Hello', stream: true })
  const types: string[] = []
  const ids = new Set<string>()
  let text = ''
  let usage: OpenAI.Responses.ResponseUsage | undefined
  for await (const event of stream) {
    types.push(event.type)
    if ('response' in event) ids.add(event.response.id)
    if (event.type === 'response.output_text.delta') text += event.delta
    if (event.type === 'response.completed') usage = event.response.usage
  }
  expect(types.slice(0, 3)).toEqual(['response.created', 'response.in_progress', 'response.output_item.added'])
  expect(types.at(-1)).toBe('response.completed')
  expect(text).toContain('quick')
  expect(usage?.output_tokens).toBe(8)
  const [id] = [...ids]
  expect(ids.size).toBe(1)
  expect((await owner.responses.retrieve(id ?? '')).id).toBe(id)
})

test('function calls come through in a response', async () => {
  const tools: OpenAI.Responses.FunctionTool[] = [
    { type: 'function', name: 'forecast', parameters: { type: 'object', properties: {} }, strict: false },
  ]
  const { output } = await owner.responses.create({ model: 'mock-tools', input: 'Hello', tools })
  const [call] = output
  if (call?.type !== 'function_call') throw new Error('no function was called')
  expect(call).toMatchObject({ name: 'forecast', call_id: expect.any(String) })
})

test('its owner reads it, goes on from it and deletes it', async () => {
  const first = await owner.responses.create({ model: 'plain', input: 'My name is Ada' })
  expect((await owner.responses.retrieve(first.id)).output_text).toBe(first.output_text)

  const items = await Array.fromAsync(owner.responses.inputItems.list(first.id))
  expect(JSON.stringify(items)).toContain('My name is Ada')

  const upstreamId = rig.mock.bill.entries.at(-1)?.responseId
  const next = await owner.responses.create({ model: 'plain', input: 'Who am I?', previous_response_id: first.id })
  const forwarded: { readonly previous_response_id: string } = JSON.parse(rig.mock.requests.last?.body.toString() ?? '')
  expect(forwarded.previous_response_id).toBe(upstreamId)
  expect(next.previous_response_id).toBe(first.id)

  await owner.responses.delete(first.id)
  await expect(owner.responses.retrieve(first.id)).rejects.toBeInstanceOf(OpenAI.NotFoundError)
})

test('that a stored response is not streamed again is said, instead of a stream without events', async () => {
  const { id } = await owner.responses.create({ model: 'plain', input: 'Hello' })
  const refusal = await errorOf(owner.responses.retrieve(id, { stream: true }))
  expect(refusal).toBeInstanceOf(OpenAI.BadRequestError)
  expect(refusal.message).toContain('Leave out `stream`')
})

test('a background response can be cancelled; a finished one can’t, and says so', async () => {
  const running = await owner.responses.create({ model: 'plain', input: 'Take your time', background: true })
  expect(await owner.responses.cancel(running.id)).toMatchObject({ id: running.id, status: 'cancelled' })

  const done = await owner.responses.create({ model: 'plain', input: 'Quick one' })
  const refusal = await errorOf(owner.responses.cancel(done.id))
  expect(refusal).toBeInstanceOf(OpenAI.BadRequestError)
  expect(refusal.message).toContain('Cannot cancel a synchronous response')
})

describe('INV-19: for anybody but its owner a response does not exist', () => {
  let id: string
  beforeAll(async () => {
    id = (await owner.responses.create({ model: 'plain', input: 'Our figures for the quarter' })).id
  })

  test.each<[string, (client: OpenAI, response: string) => Promise<unknown>]>([
    ['retrieve', (client, response) => client.responses.retrieve(response)],
    ['delete', (client, response) => client.responses.delete(response)],
    ['cancel', (client, response) => client.responses.cancel(response)],
    ['input_items', async (client, response) => client.responses.inputItems.list(response)],
    [
      'previous_response_id',
      (client, response) => client.responses.create({ model: 'plain', input: 'And?', previous_response_id: response }),
    ],
  ])('%s is 404, and the same for the provider’s own id', async (_name, act) => {
    const before = rig.mock.requests.total
    expect(await errorOf(act(stranger, id))).toBeInstanceOf(OpenAI.NotFoundError)
    const upstreamId = rig.mock.bill.entries.findLast(({ operation }) => operation === 'responses')?.responseId ?? ''
    expect(await errorOf(act(owner, upstreamId))).toBeInstanceOf(OpenAI.NotFoundError)
    expect(rig.mock.requests.total).toBe(before)
  })
})
