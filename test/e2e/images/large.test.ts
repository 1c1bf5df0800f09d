import { createHash } from 'node:crypto'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { errorOf, lineOf, startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'
import { paint } from './support/studio.ts'

const MIB = 1024 * 1024

let rig: Rig
let client: OpenAI

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => ({
      model_list: [
        mockModel('painter', apiBase, {
          output_cost_per_image: 0.04,
          input_cost_per_token: undefined,
          output_cost_per_token: undefined,
        }),
      ],
      router_settings: { num_retries: 0 },
      general_settings: { max_response_size_mb: 32 },
    }),
  })
  client = rig.client(await rig.newKey())
})

afterAll(() => rig.close())

test('two pictures of seven mebibytes each are the provider’s, bit for bit, and are counted', async () => {
  rig.mock.script('painter', { paddingBytes: 7 * MIB, usage: 'missing' })
  const { data, response } = await client.images.generate({ ...paint('painter'), n: 2 }).withResponse()
  const direct = await new OpenAI({ baseURL: rig.mock.apiBase, apiKey: 'any' }).images.generate({
    ...paint('painter'),
    n: 2,
  })
  expect(data.data).toHaveLength(2)
  expect(digestOf(data)).toBe(digestOf(direct))
  expect(response.headers.get('x-litellm-response-cost')).toBe('0.08')
})

test('an answer beyond the limit is refused as a fault of the provider, and charged', async () => {
  rig.mock.script('painter', { paddingBytes: 13 * MIB, usage: 'missing' })
  const failure = await errorOf(client.images.generate({ ...paint('painter'), n: 2 }))
  expect(failure).toBeInstanceOf(OpenAI.InternalServerError)
  expect(failure.message).toContain('too large')
  const line = await lineOf(rig, failure.headers?.get('x-litellm-call-id') ?? '')
  expect(line).toMatchObject({ spend: 0.08, status: 'failure' })
})

function digestOf(value: object): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}
