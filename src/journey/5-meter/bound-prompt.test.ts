import fc from 'fast-check'
import { expect, test } from 'vitest'
import { boundPrompt, measurePrompt } from './bound-prompt.ts'
import { estimateTokens } from './estimate-tokens.ts'

const MODEL = { name: 'gpt-4o', maxInputTokens: undefined }

async function bound(body: Parameters<typeof measurePrompt>[0], model = MODEL): Promise<number> {
  return boundPrompt(await measurePrompt(body, async () => {}), model)
}

test('every text of a request counts, wherever it stands, and for no less than the likely count', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), fc.string(), async (texts, tool) => {
      const body = { messages: texts.map((content) => ({ role: 'user', content })), tools: [{ description: tool }] }
      const likely = [...texts, tool].reduce((sum, text) => sum + estimateTokens(text), 0)
      expect(await bound(body)).toBeGreaterThanOrEqual(likely)
    }),
  )
})

test('prose counts about twice, text that vocabularies do not know counts by the letter', async () => {
  const prose = 'the quick brown fox jumps over the lazy dog '.repeat(100)
  expect(await bound({ prompt: prose })).toBeLessThan(2_600)
  expect(await bound({ prompt: 'X7-'.repeat(100) })).toBeGreaterThanOrEqual(300)
  expect(await bound({ prompt: '鬱'.repeat(100) })).toBeGreaterThanOrEqual(200)
})

test('a picture counts as a picture, not by the letters that carry it', async () => {
  const image = (url: string): object => ({ type: 'image_url', image_url: { url } })
  const inline = `data:image/png;base64,${'A'.repeat(1_000_000)}`
  const small = await measurePrompt({ messages: [{ role: 'user', content: [image(inline)] }] as never }, async () => {})
  expect(boundPrompt(small, MODEL)).toBeGreaterThan(4_000)
  expect(boundPrompt(small, MODEL)).toBeLessThan(5_000)
  expect(boundPrompt(small, { ...MODEL, name: 'gpt-4o-mini' })).toBeGreaterThan(50_000)
})

test('sound of a session counts by its length in the thinnest format', async () => {
  // A second of it: ten tokens, in 10,667 characters of G.711 and 64,000 of PCM.
  expect(await bound({ type: 'input_audio_buffer.append', audio: 'A'.repeat(10_667) })).toBeGreaterThanOrEqual(10)
  expect(await bound({ type: 'input_audio_buffer.append', audio: 'A'.repeat(64_000) })).toBeLessThan(120)
})

test('what the provider keeps counts as much as the model reads', async () => {
  const body = { input: 'and then?', previous_response_id: 'resp_1' }
  expect(await bound(body)).toBeGreaterThan(128_000)
  expect(await bound(body, { name: 'm', maxInputTokens: 8_000 as never })).toBeLessThan(9_000)
})

test('a long prompt is weighed in several turns', async () => {
  let turns = 0
  await measurePrompt({ prompt: 'a'.repeat(5 * 1024 * 1024) }, async () => {
    turns += 1
  })
  expect(turns).toBe(5)
})
