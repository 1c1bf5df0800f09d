import type OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'

let rig: Rig
let client: OpenAI

beforeAll(async () => {
  rig = await startRig({ configure: ({ apiBase }) => ({ model_list: [mockModel('plain', apiBase)] }) })
  client = rig.client(await rig.newKey())
})

afterAll(() => rig.close())

function lastAsk(): Readonly<Record<string, unknown>> {
  return JSON.parse(rig.mock.requests.last?.body.toString() ?? '')
}

test('embeddings come in the client’s own default, base64, and unpack to the same numbers', async () => {
  const packed = await client.embeddings.create({ model: 'plain', input: ['one', 'three'] })
  expect(lastAsk()).toMatchObject({ encoding_format: 'base64' })
  const plain = await client.embeddings.create({ model: 'plain', input: ['one', 'three'], encoding_format: 'float' })
  expect(lastAsk()).toMatchObject({ encoding_format: 'float' })

  expect(packed.data.map(({ index }) => index)).toEqual([0, 1])
  for (const [at, { embedding }] of packed.data.entries()) {
    expect(embedding).toHaveLength(8)
    expect(embedding.map((value) => value.toFixed(6))).toEqual(
      plain.data[at]?.embedding.map((value) => value.toFixed(6)),
    )
  }
  expect(packed.model).toBe('plain')
  expect(packed.usage.prompt_tokens).toBeGreaterThan(0)
})

test('embeddings of token lists and with chosen dimensions pass', async () => {
  const answer = await client.embeddings.create({ model: 'plain', input: [[1, 2, 3], [4]], dimensions: 4 })
  expect(answer.data).toHaveLength(2)
  expect(answer.data[0]?.embedding).toHaveLength(4)
  expect(answer.usage.prompt_tokens).toBe(4)
})

test('a text completion comes whole and in pieces, with the same text', async () => {
  const whole = await client.completions.create({ model: 'plain', prompt: 'Once upon a time' })
  expect(whole).toMatchObject({ object: 'text_completion', model: 'plain', choices: [{ finish_reason: 'stop' }] })
  const stream = await client.completions.create({ model: 'plain', prompt: 'Once upon a time', stream: true })
  let text = ''
  for await (const chunk of stream) {
    expect(chunk).toMatchObject({ object: 'text_completion', model: 'plain' })
    text += chunk.choices[0]?.text ?? ''
  }
  expect(text).toBe(whole.choices[0]?.text)
})

test('a moderation flags and costs nothing', async () => {
  const answer = await client.moderations.create({ model: 'plain', input: ['fine', 'flag-me please'] })
  expect(answer.results.map(({ flagged }) => flagged)).toEqual([false, true])
  const [line] = await rig.linesOf(answer.id)
  expect(line).toMatchObject({ call_type: 'amoderation', spend: 0, status: 'success' })
})
