import type { Ask } from './ask.ts'
import { toolCallsOf } from './chat.ts'
import { writeEvent } from './event-stream.ts'
import type { Piece, Reply } from './reply.ts'
import { CREATED, EVENT_STREAM_TYPE, JSON_TYPE, piecesOfBody } from './reply.ts'
import type { Script } from './script.ts'
import { cachedTokensOf, promptTokensOf, withUsage, writeResponseUsage } from './usage.ts'
import { wordsOf } from './words.ts'

export interface ResponseReply extends Reply {
  /** The finished response's JSON text, as GET gives it back. */
  readonly finished: string
}

interface OutputItem {
  readonly id: string
  readonly open: object
  readonly done: object
  /** The typed events between the item's opening and its end. */
  readonly events: readonly { readonly type: string; readonly members: object; readonly tokens: number }[]
}

export function replyToResponse(id: string, ask: Ask, script: Script): ResponseReply {
  const calls = toolCallsOf(id, ask, script)
  const answer = wordsOf(ask, script)
  const items = calls.length > 0 ? calls.map(functionCallItem) : [messageItem(id, answer.words)]
  const completion = items.flatMap((item) => item.events).reduce((sum, event) => sum + event.tokens, 0)
  const promptTokens = promptTokensOf(ask.body)
  const cachedTokens = cachedTokensOf(promptTokens, script)
  const usage = writeResponseUsage({ prompt: promptTokens, cached: cachedTokens, completion, reasoning: 0 }, script)

  const isCut = answer.finishReason === 'length' && calls.length === 0
  const status = isCut ? 'incomplete' : 'completed'
  const head = {
    id,
    object: 'response',
    created_at: CREATED,
    model: ask.model,
    background: ask.body['background'] === true,
    previous_response_id: ask.body['previous_response_id'] ?? null,
    metadata: ask.body['metadata'] ?? {},
    error: null,
    incomplete_details: isCut ? { reason: 'max_output_tokens' } : null,
  }
  const output = items.map((item) => item.done)
  const finished = withUsage(JSON.stringify({ ...head, status, output }), usage)
  const opened = JSON.stringify({ ...head, status: 'in_progress', output: [], usage: null })
  const pieces = ask.stream ? writeEvents(items, opened, finished, status, script) : piecesOfBody(finished, completion)
  const contentType = ask.stream ? EVENT_STREAM_TYPE : JSON_TYPE
  return { id, contentType, pieces, promptTokens, cachedTokens, finished }
}

function messageItem(id: string, words: readonly string[]): OutputItem {
  const itemId = `msg_${id}`
  const text = words.join('')
  const part = { type: 'output_text', text, annotations: [] }
  const item = { id: itemId, type: 'message', role: 'assistant' }
  const within = { item_id: itemId, content_index: 0 }
  return {
    id: itemId,
    open: { ...item, status: 'in_progress', content: [] },
    done: { ...item, status: 'completed', content: [part] },
    events: [
      { type: 'response.content_part.added', members: { ...within, part: { ...part, text: '' } }, tokens: 0 },
      ...words.map((delta) => ({ type: 'response.output_text.delta', members: { ...within, delta }, tokens: 1 })),
      { type: 'response.output_text.done', members: { ...within, text }, tokens: 0 },
      { type: 'response.content_part.done', members: { ...within, part }, tokens: 0 },
    ],
  }
}

function functionCallItem(call: ReturnType<typeof toolCallsOf>[number]): OutputItem {
  const itemId = `fc_${call.id}`
  const item = { id: itemId, type: 'function_call', call_id: call.id, name: call.name }
  const within = { item_id: itemId }
  const whole = call.fragments.join('')
  return {
    id: itemId,
    open: { ...item, status: 'in_progress', arguments: '' },
    done: { ...item, status: 'completed', arguments: whole },
    events: [
      ...call.fragments.map((delta) => ({
        type: 'response.function_call_arguments.delta',
        members: { ...within, delta },
        tokens: 1,
      })),
      { type: 'response.function_call_arguments.done', members: { ...within, arguments: whole }, tokens: 0 },
    ],
  }
}

function writeEvents(
  items: readonly OutputItem[],
  opened: string,
  finished: string,
  status: string,
  script: Script,
): readonly Piece[] {
  const pieces: Piece[] = []
  const emitText = (type: string, members: string, tokens: number): void => {
    const data = `{"type":"${type}","sequence_number":${pieces.length},${members}}`
    pieces.push({ bytes: Buffer.from(writeEvent(data, script.lineEnd, type)), tokens })
  }
  const emit = (type: string, members: object, tokens: number): void =>
    emitText(type, JSON.stringify(members).slice(1, -1), tokens)

  emitText('response.created', `"response":${opened}`, 0)
  emitText('response.in_progress', `"response":${opened}`, 0)
  for (const [output_index, item] of items.entries()) {
    emit('response.output_item.added', { output_index, item: item.open }, 0)
    for (const { type, members, tokens } of item.events) emit(type, { output_index, ...members }, tokens)
    emit('response.output_item.done', { output_index, item: item.done }, 0)
  }
  emitText(`response.${status}`, `"response":${finished}`, 0)
  return pieces
}
