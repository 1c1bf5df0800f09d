import { afterAll, beforeAll, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { openDesk } from './support/desk.ts'
import type { Desk } from './support/desk.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk({
    config: ({ apiBase }) => ({
      model_list: [
        mockModel('two', apiBase, {
          tpm: 10,
          rpm: 1,
          input_cost_per_pixel: 3e-8,
          info: { max_input_tokens: 100, supported_reasoning_efforts: ['low', 'high'] },
        }),
        mockModel('two', apiBase, {
          tpm: 20,
          input_cost_per_token: 5e-6,
          input_cost_per_pixel: 1e-8,
          info: { max_input_tokens: 50, supports_vision: true, supported_reasoning_efforts: ['high', 'max'] },
        }),
        mockModel('plain', apiBase),
      ],
    }),
  })
})

afterAll(() => desk.close())

test('gateway-api 2.6: a group of deployments is told as one model', async () => {
  const { data } = await desk.read('/model_group/info?model_group=two')
  expect(data).toHaveLength(1)
  expect(data[0]).toMatchObject({
    model_group: 'two',
    providers: ['openai'],
    max_input_tokens: 100,
    input_cost_per_token: 5e-6,
    output_cost_per_token: 2e-6,
    input_cost_per_pixel: 3e-8,
    tpm: 30,
    rpm: 1,
    itpm: null,
    otpm: null,
    supports_vision: true,
    supported_reasoning_efforts: ['low', 'high', 'max'],
    supported_openai_params: [],
  })
})

test('what nobody knows of it is null', async () => {
  const { data } = await desk.read('/model_group/info?model_group=plain', await desk.newKey({ models: ['plain'] }))
  expect(data).toMatchObject([
    { model_group: 'plain', tpm: null, rpm: null, input_cost_per_pixel: null, supported_reasoning_efforts: null },
  ])
})
