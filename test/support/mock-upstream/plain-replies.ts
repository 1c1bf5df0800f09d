import type { Ask } from './ask.ts'
import { isRecord, textsOf } from './ask.ts'
import type { Reply } from './reply.ts'
import { CREATED, JSON_TYPE, piecesOfBody } from './reply.ts'
import type { Script } from './script.ts'
import { promptTokensOf, withUsage } from './usage.ts'

const DEFAULT_DIMENSIONS = 8

/** A vector is a function of the text's length and place. Base64 is what the official client asks for by default. */
export function replyToEmbeddings(id: string, ask: Ask, script: Script): Reply {
  const { input, dimensions, encoding_format } = ask.body
  const isOneInput = !Array.isArray(input) || input.every((each) => typeof each === 'number')
  const inputs: readonly unknown[] = isOneInput ? [input] : input
  const size = typeof dimensions === 'number' ? dimensions : DEFAULT_DIMENSIONS
  const data = inputs.map((each, index) => {
    const vector = vectorOf(each, index, size)
    return { object: 'embedding', index, embedding: encoding_format === 'base64' ? base64Of(vector) : [...vector] }
  })
  const promptTokens = promptTokensOf(ask.body)
  const body = withUsage(JSON.stringify({ object: 'list', data, model: ask.model }), usageText(promptTokens, script))
  return { id, contentType: JSON_TYPE, pieces: piecesOfBody(body, 0), promptTokens, cachedTokens: 0 }
}

function usageText(promptTokens: number, script: Script): string | undefined {
  if (script.usage === 'missing') return undefined
  const count = typeof script.usage === 'object' ? script.usage.poison : String(promptTokens)
  return `{"prompt_tokens":${count},"total_tokens":${count}}`
}

function vectorOf(input: unknown, index: number, size: number): Float32Array {
  const length = typeof input === 'string' ? input.length : 1
  return Float32Array.from({ length: size }, (_, at) => 1 / (1 + length + index + at))
}

function base64Of(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')
}

const FLAGGED_WORD = 'flag-me'

/** Flags a text that contains `flag-me`. Moderations are free, so their prompt counts as nothing. */
export function replyToModeration(id: string, ask: Ask): Reply {
  const input = ask.body['input']
  const inputs: readonly unknown[] = Array.isArray(input) && !input.every(isRecord) ? input : [input]
  const results = inputs.map((each) => {
    const flagged = textsOf(each).some((text) => text.includes(FLAGGED_WORD))
    return { flagged, categories: { violence: flagged }, category_scores: { violence: flagged ? 0.99 : 0.01 } }
  })
  const body = JSON.stringify({ id, model: ask.model || 'omni-moderation-latest', results })
  return { id, contentType: JSON_TYPE, pieces: piecesOfBody(body, 0), promptTokens: 0, cachedTokens: 0 }
}

export function writeModelList(names: Iterable<string>): string {
  const data = [...names].map((id) => ({ id, object: 'model', created: CREATED, owned_by: 'mock' }))
  return JSON.stringify({ object: 'list', data })
}
