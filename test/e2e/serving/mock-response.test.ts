import { afterAll, beforeAll, expect, test } from 'vitest'
import { chunksOf, textIn, wordsIn } from './support/frames.ts'
import { CHAT, chat, startRig } from './support/rig.ts'
import type { Rig } from './support/rig.ts'

let rig: Rig

beforeAll(async () => {
  const canned = (name: string, mock_response: string): object => ({
    model_name: name,
    litellm_params: { model: 'openai/gpt-4o-mini', api_key: 'sk-never-used-0123456789', mock_response },
  })
  rig = await startRig({
    configure: () => ({
      model_list: [
        canned('canned', 'The answer is always the same.'),
        canned('limited', 'litellm.RateLimitError'),
        canned('failing', 'litellm.InternalServerError'),
      ],
      router_settings: { num_retries: 0 },
    }),
  })
})

afterAll(() => rig.close())

test('`mock_response` of a deployment is its answer, with usage as the original counts it', async () => {
  const { status, text } = await rig.post(CHAT, chat('canned'))
  expect(status).toBe(200)
  expect(JSON.parse(text)).toMatchObject({
    model: 'canned',
    choices: [{ finish_reason: 'stop', message: { role: 'assistant', content: 'The answer is always the same.' } }],
    usage: { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 },
  })
})

test('answers to the same question at the same time have ids of their own', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => rig.post(CHAT, chat('canned'))))
  const ids = answers.map(({ text }): unknown => JSON.parse(text).id)
  expect(new Set(ids).size).toBe(20)
})

test('streamed, it comes in several pieces', async () => {
  const { text } = await rig.post(CHAT, chat('canned', { stream: true, stream_options: { include_usage: true } }))
  const chunks = chunksOf(text)
  expect(textIn(text)).toBe('The answer is always the same.')
  expect(wordsIn(text).length).toBeGreaterThan(1)
  expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 20 })
})

test.each([
  ['limited', 429, 'litellm.RateLimitError'],
  ['failing', 500, 'litellm.InternalServerError'],
])('an error can be canned too: %s', async (model, status, says) => {
  const answer = await rig.post(CHAT, chat(model))
  expect(answer.status).toBe(status)
  expect(answer.text).toContain(says)
})
