import type { Ask } from './ask.ts'
import { endsWithToolResult, toolNamesOf } from './ask.ts'
import { writeEvent } from './event-stream.ts'
import type { Piece, Reply } from './reply.ts'
import { CREATED, EVENT_STREAM_TYPE, JSON_TYPE, piecesOfBody } from './reply.ts'
import type { Script } from './script.ts'
import type { Tokens } from './usage.ts'
import { cachedTokensOf, promptTokensOf, withUsage, writeChatUsage } from './usage.ts'
import { vocabulary, wordsOf } from './words.ts'

export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly fragments: readonly string[]
}

interface Turn {
  readonly id: string
  readonly ask: Ask
  readonly reasoning: readonly string[]
  readonly words: readonly string[]
  readonly calls: readonly ToolCall[]
  readonly finishReason: string
  readonly tokens: Tokens
}

export function replyToChat(id: string, ask: Ask, script: Script): Reply {
  const turn = takeTurn(id, ask, script)
  const pieces = ask.stream ? writeChunks(turn, script) : writeCompletion(turn, script)
  const contentType = ask.stream ? EVENT_STREAM_TYPE : JSON_TYPE
  return { id, contentType, pieces, promptTokens: turn.tokens.prompt, cachedTokens: turn.tokens.cached }
}

/** Calls the offered tools in order; their arguments arrive in pieces that are not JSON by themselves. */
export function toolCallsOf(id: string, ask: Ask, script: Script): readonly ToolCall[] {
  const names = toolNamesOf(ask.body)
  if (names.length === 0 || endsWithToolResult(ask.body)) return []
  return Array.from({ length: script.toolCalls }, (_, i) => ({
    id: `call_${id}_${i}`,
    name: names[i % names.length] ?? '',
    fragments: ['{"ci', `ty":"Paris ${i}"`, ',"days":', '3}'],
  }))
}

function takeTurn(id: string, ask: Ask, script: Script): Turn {
  const calls = toolCallsOf(id, ask, script)
  const answer = wordsOf(ask, script)
  const words = calls.length > 0 ? [] : answer.words
  const reasoning = vocabulary(script.reasoningWords)
  const fragments = calls.reduce((sum, call) => sum + call.fragments.length, 0)
  const prompt = promptTokensOf(ask.body)
  return {
    id,
    ask,
    reasoning,
    words,
    calls,
    finishReason: calls.length > 0 ? 'tool_calls' : answer.finishReason,
    tokens: {
      prompt,
      cached: cachedTokensOf(prompt, script),
      completion: words.length + reasoning.length + fragments,
      reasoning: reasoning.length,
    },
  }
}

function writeCompletion(turn: Turn, script: Script): readonly Piece[] {
  const { id, ask, reasoning, words, calls, finishReason, tokens } = turn
  const tool_calls = calls.map((call) => ({
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: call.fragments.join('') },
  }))
  const message = {
    role: 'assistant',
    content: calls.length > 0 ? null : words.join(''),
    ...(reasoning.length > 0 ? { reasoning_content: reasoning.join('') } : {}),
    ...(calls.length > 0 ? { tool_calls } : {}),
    refusal: null,
  }
  const completion = {
    id,
    object: 'chat.completion',
    created: CREATED,
    model: ask.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    system_fingerprint: 'fp_mock',
    ...(script.paddingBytes > 0 ? { padding: 'p'.repeat(script.paddingBytes) } : {}),
  }
  const body = withUsage(JSON.stringify(completion), writeChatUsage(tokens, script))
  return piecesOfBody(body, tokens.completion)
}

interface Delta {
  readonly delta: object
  readonly tokens: number
}

function deltasOf(turn: Turn): readonly Delta[] {
  const openings = turn.calls.map(({ id, name }, index) => ({
    delta: { tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] },
    tokens: 0,
  }))
  const longest = Math.max(0, ...turn.calls.map((call) => call.fragments.length))
  const fragments = Array.from({ length: longest }, (_, at) =>
    turn.calls.map((call, index) => ({
      delta: { tool_calls: [{ index, function: { arguments: call.fragments[at] ?? '' } }] },
      tokens: 1,
    })),
  )
  return [
    { delta: { role: 'assistant', content: turn.calls.length > 0 ? null : '', refusal: null }, tokens: 0 },
    ...turn.reasoning.map((word) => ({ delta: { reasoning_content: word }, tokens: 1 })),
    ...turn.words.map((word) => ({ delta: { content: word }, tokens: 1 })),
    ...openings,
    ...fragments.flat(),
  ]
}

function writeChunks(turn: Turn, script: Script): readonly Piece[] {
  const { id, ask, tokens } = turn
  const head = {
    id,
    object: 'chat.completion.chunk',
    created: CREATED,
    model: ask.model,
    system_fingerprint: 'fp_mock',
  }
  const pieces: Piece[] = []
  let sent = 0
  const emit = (choices: readonly object[], carried: number, usage: string | undefined): void => {
    const data = withUsage(JSON.stringify({ ...head, choices }), usage)
    pieces.push({ bytes: Buffer.from(writeEvent(data, script.lineEnd)), tokens: carried })
  }
  const running = (): string | undefined => {
    if (script.usage === 'every-chunk') return writeChatUsage({ ...tokens, completion: sent }, script)
    return ask.includeUsage ? 'null' : undefined
  }

  if (script.emptyChoicesFirst) emit([], 0, running())
  for (const { delta, tokens: carried } of deltasOf(turn)) {
    sent += carried
    emit([{ index: 0, delta, logprobs: null, finish_reason: null }], carried, running())
  }
  emit([{ index: 0, delta: {}, logprobs: null, finish_reason: turn.finishReason }], 0, running())
  if (ask.includeUsage && script.usage !== 'missing') emit([], 0, writeChatUsage(tokens, script))
  pieces.push({ bytes: Buffer.from(writeEvent('[DONE]', script.lineEnd)), tokens: 0 })
  return pieces
}
