import { afterAll, beforeAll, expect, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { CHAT, chat, errorOf, startRig } from '../serving/support/rig.ts'
import type { Rig } from '../serving/support/rig.ts'
import { paint } from './support/studio.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({
    configure: ({ apiBase }) => ({
      model_list: ['painter', 'other'].map((name) => mockModel(name, apiBase)),
      general_settings: { image_generation_model: 'painter' },
    }),
  })
})

afterAll(() => rig.close())

test('`image_generation_model` paints whatever model was asked for, and does nothing else', async () => {
  const { response } = await rig
    .client(await rig.newKey())
    .images.generate(paint('other'))
    .withResponse()
  expect(response.headers.get('x-litellm-model-group')).toBe('painter')
  const inPath = await rig.post('/openai/deployments/other/images/generations', { prompt: 'A padlock' })
  expect(inPath.headers.get('x-litellm-model-group')).toBe('painter')
  expect((await rig.post(CHAT, chat('other'))).headers.get('x-litellm-model-group')).toBe('other')
})

test('it is the model that the caller must be allowed', async () => {
  const narrow = await rig.newKey({ models: ['other'] })
  expect((await errorOf(rig.client(narrow).images.generate(paint('other')))).status).toBe(401)
})
