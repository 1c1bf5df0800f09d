import type { Ask } from './ask.ts'
import { writeEvent } from './event-stream.ts'
import type { Piece, Reply } from './reply.ts'
import { CREATED, EVENT_STREAM_TYPE, JSON_TYPE, piecesOfBody } from './reply.ts'
import type { Script } from './script.ts'
import { cachedTokensOf, promptTokensOf, withUsage, writeChatUsage } from './usage.ts'
import { wordsOf } from './words.ts'

export function replyToCompletion(id: string, ask: Ask, script: Script): Reply {
  const { words, finishReason } = wordsOf(ask, script)
  const promptTokens = promptTokensOf(ask.body)
  const cachedTokens = cachedTokensOf(promptTokens, script)
  const tokens = { prompt: promptTokens, cached: cachedTokens, completion: words.length, reasoning: 0 }
  const usage = writeChatUsage(tokens, script)
  const head = { id, object: 'text_completion', created: CREATED, model: ask.model }
  const choice = (text: string, finish_reason: string | null): object => ({
    index: 0,
    text,
    logprobs: null,
    finish_reason,
  })

  if (!ask.stream) {
    const body = withUsage(JSON.stringify({ ...head, choices: [choice(words.join(''), finishReason)] }), usage)
    const pieces = piecesOfBody(body, words.length)
    return { id, contentType: JSON_TYPE, pieces, promptTokens, cachedTokens }
  }

  const event = (choices: readonly object[], carried: number, sent: string | undefined): Piece => {
    const data = withUsage(JSON.stringify({ ...head, choices }), sent)
    return { bytes: Buffer.from(writeEvent(data, script.lineEnd)), tokens: carried }
  }
  const running = ask.includeUsage ? 'null' : undefined
  const pieces = [
    ...words.map((word) => event([choice(word, null)], 1, running)),
    event([choice('', finishReason)], 0, running),
    ...(ask.includeUsage && usage !== undefined ? [event([], 0, usage)] : []),
    { bytes: Buffer.from(writeEvent('[DONE]', script.lineEnd)), tokens: 0 },
  ]
  return { id, contentType: EVENT_STREAM_TYPE, pieces, promptTokens, cachedTokens }
}
