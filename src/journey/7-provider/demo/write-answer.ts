import { isObject } from '../../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../../domain/json.ts'
import type { ModelAsk } from '../../1-intake/read-model-request.ts'
import { estimateTokens } from '../../5-meter/estimate-tokens.ts'
import { words } from './canned-text.ts'
import type { CannedAnswer, CannedText } from './canned-text.ts'
import { writePictureAnswer } from './write-picture-answer.ts'
import { writeResponseAnswer } from './write-response-answer.ts'

/** What a configured reply is said to have used. */
export interface MockUsage {
  readonly promptTokens: number
  readonly completionTokens: number
}

interface Written {
  /** No other answer's. */
  readonly id: string
  /** In seconds. */
  readonly created: number
}

/** Writes, in the OpenAI wire, what a model without a provider says. A configured reply may name a failure instead. */
export function writeCannedAnswer(
  ask: ModelAsk,
  model: string,
  reply: string | undefined,
  { id, created }: Written,
  mock: MockUsage,
): CannedAnswer {
  const failure = reply === undefined ? undefined : FAILURES.get(reply)
  if (failure !== undefined) return failWith(failure.status, failure.code, failure.message)

  const question = lastQuestion(ask)
  const text = reply ?? demoText(question)
  const said: CannedText = {
    text,
    inputTokens: reply === undefined ? estimateQuestion(question) : mock.promptTokens,
    outputTokens: reply === undefined ? estimateTokens(text) : mock.completionTokens,
    id: `demo-${id}`,
    created,
    model,
  }
  switch (ask.operation.name) {
    case 'chat':
      return ask.stream ? streamOf(chatChunks(said)) : whole(chatReply(said))
    case 'completion':
      return ask.stream ? streamOf(textChunks(said)) : whole(textReply(said))
    case 'responses':
      return writeResponseAnswer(said, ask.stream)
    case 'image':
      return (
        writePictureAnswer(pictureAsk(ask), ask.stream, created) ??
        failWith(400, 'unsupported', 'This model has no provider behind it and hands out 10 pictures at most.')
      )
    case 'embedding':
    case 'moderation':
    case 'realtime':
      return failWith(
        400,
        'unsupported',
        'This model has no provider behind it and answers chat, completions, responses and pictures only.',
      )
  }
}

function pictureAsk({ body }: ModelAsk): JsonObject {
  const { extra_body: extra } = body
  return isObject(extra) ? { ...body, ...extra } : body
}

function demoText(question: string): string {
  const heard = question === '' ? 'nothing yet' : `“${question.length > 200 ? `${question.slice(0, 200)}…` : question}”`
  return `Hello from Latchkey's demo model. No provider is configured yet, so this answer comes from the gateway itself. You said: ${heard}. Add a model_list to a configuration file to talk to a real model.`
}

function lastQuestion({ body, operation }: ModelAsk): string {
  const subject = operation.subject === undefined ? undefined : body[operation.subject.name]
  const last = Array.isArray(subject) ? subject.at(-1) : subject
  return textOf(isObject(last) ? last['content'] : last)
}

function textOf(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map((part: JsonValue) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .join('')
}

const MOST_WEIGHED = 256 * 1024

/** A question that would take long to weigh is taken to go on as it begins: nobody pays for this one. */
function estimateQuestion(question: string): number {
  const weighed = question.slice(0, MOST_WEIGHED)
  return Math.ceil(estimateTokens(weighed) * (question.length / Math.max(1, weighed.length)))
}

function chatReply(said: CannedText): object {
  const message = { role: 'assistant', content: said.text, tool_calls: null, function_call: null }
  return {
    ...frame(said, 'chat.completion'),
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage: usageOf(said),
  }
}

function textReply(said: CannedText): object {
  return {
    ...frame(said, 'text_completion'),
    choices: [{ index: 0, text: said.text, finish_reason: 'stop', logprobs: null }],
    usage: usageOf(said),
  }
}

function chatChunks(said: CannedText): readonly object[] {
  const chunk = (delta: object, finish: string | null): object => ({
    ...frame(said, 'chat.completion.chunk'),
    choices: [{ index: 0, delta, finish_reason: finish }],
  })
  return [
    chunk({ role: 'assistant', content: '' }, null),
    ...words(said.text).map((content) => chunk({ content }, null)),
    chunk({}, 'stop'),
    { ...frame(said, 'chat.completion.chunk'), choices: [], usage: usageOf(said) },
  ]
}

function textChunks(said: CannedText): readonly object[] {
  const chunk = (text: string, finish: string | null): object => ({
    ...frame(said, 'text_completion'),
    choices: [{ index: 0, text, finish_reason: finish, logprobs: null }],
  })
  return [
    ...words(said.text).map((text) => chunk(text, null)),
    chunk('', 'stop'),
    { ...frame(said, 'text_completion'), choices: [], usage: usageOf(said) },
  ]
}

function frame(said: CannedText, object: string): object {
  const prefix = object === 'text_completion' ? 'cmpl' : 'chatcmpl'
  return { id: `${prefix}-${said.id}`, object, created: said.created, model: said.model }
}

function usageOf({ inputTokens, outputTokens }: CannedText): object {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens }
}

function whole(body: object): CannedAnswer {
  return { status: 200, contentType: 'application/json', pieces: [JSON.stringify(body)] }
}

function streamOf(chunks: readonly object[]): CannedAnswer {
  const pieces = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`)
  return { status: 200, contentType: 'text/event-stream', pieces: [...pieces, 'data: [DONE]\n\n'] }
}

function failWith(status: number, code: string, message: string): CannedAnswer {
  return {
    status,
    contentType: 'application/json',
    pieces: [JSON.stringify({ error: { message, type: code, param: null, code } })],
  }
}

const FAILURES: ReadonlyMap<string, { status: number; code: string; message: string }> = new Map([
  ['litellm.RateLimitError', { status: 429, code: 'rate_limit_exceeded', message: 'This is a mock rate limit error.' }],
  ['litellm.InternalServerError', { status: 500, code: 'server_error', message: 'This is a mock server error.' }],
  [
    'litellm.ContextWindowExceededError',
    { status: 400, code: 'context_length_exceeded', message: 'This is a mock context window error.' },
  ],
  [
    'Exception: content_filter_policy',
    { status: 400, code: 'content_policy_violation', message: 'This is a mock content policy error.' },
  ],
])
