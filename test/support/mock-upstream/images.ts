import type { Ask } from './ask.ts'
import { writeEvent } from './event-stream.ts'
import type { Piece, Reply } from './reply.ts'
import { CREATED, EVENT_STREAM_TYPE, JSON_TYPE, piecesOfBody } from './reply.ts'
import type { Script } from './script.ts'
import { promptTokensOf, withUsage } from './usage.ts'

/** One transparent dot. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
const TOKENS_BY_QUALITY: Readonly<Record<string, number>> = { low: 272, medium: 1056, high: 4160 }
const TOKENS = 1056

/** Pictures as a painter of our time sends them, in base64 and with its tokens; as addresses where that is asked for. */
export function replyToImages(id: string, ask: Ask, script: Script): Reply {
  const { n, quality, response_format: format } = ask.body
  const count = typeof n === 'number' ? n : 1
  const tokensEach = TOKENS_BY_QUALITY[String(quality)] ?? TOKENS
  const promptTokens = promptTokensOf(ask.body)
  const shared = { id, promptTokens, cachedTokens: 0 }
  if (ask.stream)
    return { ...shared, contentType: EVENT_STREAM_TYPE, pieces: writeEvents(ask, script, count, tokensEach) }

  const data = Array.from({ length: count }, (_, at) =>
    format === 'url' ? { url: `https://pictures.example/${id}/${at}.png` } : { b64_json: base64(script) },
  )
  const body = withUsage(
    JSON.stringify({ created: CREATED, background: 'opaque', output_format: 'png', data }),
    usageText(promptTokens, count * tokensEach, script),
  )
  return { ...shared, contentType: JSON_TYPE, pieces: piecesOfBody(body, count * tokensEach) }
}

/** Padding makes the picture larger, as more pixels would. */
function base64(script: Script): string {
  return Buffer.concat([Buffer.from(PNG, 'base64'), Buffer.alloc(script.paddingBytes, 7)]).toString('base64')
}

function usageText(prompt: number, painted: number, script: Script): string | undefined {
  if (script.usage === 'missing') return undefined
  if (typeof script.usage === 'object') {
    const { poison } = script.usage
    return `{"input_tokens":${poison},"output_tokens":${poison},"total_tokens":${poison}}`
  }
  return JSON.stringify({
    input_tokens: prompt,
    input_tokens_details: { text_tokens: prompt, image_tokens: 0 },
    output_tokens: painted,
    output_tokens_details: { text_tokens: 0, image_tokens: painted },
    total_tokens: prompt + painted,
  })
}

/** Each picture has its previews and its end, and the end says what it used. */
function writeEvents(ask: Ask, script: Script, count: number, tokensEach: number): readonly Piece[] {
  const { partial_images: previews } = ask.body
  const shared = { b64_json: base64(script), created_at: CREATED, output_format: 'png', background: 'opaque' }
  const piece = (json: string, type: string, tokens: number): Piece => ({
    bytes: Buffer.from(writeEvent(json, script.lineEnd, type)),
    tokens,
  })
  return Array.from({ length: count }, () => {
    const partial = Array.from({ length: typeof previews === 'number' ? previews : 0 }, (_, at) => {
      const type = 'image_generation.partial_image'
      return piece(JSON.stringify({ type, ...shared, partial_image_index: at }), type, 0)
    })
    const type = 'image_generation.completed'
    const end = withUsage(JSON.stringify({ type, ...shared }), usageText(promptTokensOf(ask.body), tokensEach, script))
    return [...partial, piece(end, type, tokensEach)]
  }).flat()
}
