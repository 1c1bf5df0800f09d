import type { ServerResponse } from 'node:http'
import { writeEvent } from './event-stream.ts'
import { CREATED, EVENT_STREAM_TYPE, JSON_TYPE } from './reply.ts'

/** Answers for load: built once, sent without reading the request as JSON. */
const MODEL = 'mock-bench'
const STREAM_CHUNKS = 20
const CONTENT = 'The quick brown fox jumps over the lazy dog. '.repeat(14).trim()
const USAGE = {
  prompt_tokens: 42,
  completion_tokens: 140,
  total_tokens: 182,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
}
const HEAD = { id: 'chatcmpl-bench', created: CREATED, model: MODEL }

const BODY = Buffer.from(
  JSON.stringify({
    ...HEAD,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: CONTENT }, logprobs: null, finish_reason: 'stop' }],
    usage: USAGE,
    system_fingerprint: 'fp_mock',
  }),
)

const EVENTS = [
  ...Array.from({ length: STREAM_CHUNKS }, () =>
    chunk([{ index: 0, delta: { content: ' token' }, finish_reason: null }]),
  ),
  chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]),
  chunk([], USAGE),
  Buffer.from(writeEvent('[DONE]', '\n')),
]

function chunk(choices: readonly object[], usage?: object): Buffer {
  return Buffer.from(writeEvent(JSON.stringify({ ...HEAD, object: 'chat.completion.chunk', choices, usage }), '\n'))
}

const BODY_HEADERS = { 'content-type': JSON_TYPE, 'content-length': String(BODY.length), 'x-request-id': 'req_bench' }
const STREAM_HEADERS = { 'content-type': EVENT_STREAM_TYPE, 'cache-control': 'no-cache', 'x-request-id': 'req_bench' }
const MODEL_MEMBER = /"model"\s*:\s*"mock-bench"/
const STREAM_MEMBER = /"stream"\s*:\s*true/

/** True when it has answered: the request names `mock-bench`. */
export function answerBench(body: Buffer, response: ServerResponse): boolean {
  if (!body.includes(MODEL)) return false
  const text = body.toString('latin1')
  if (!MODEL_MEMBER.test(text)) return false
  if (STREAM_MEMBER.test(text)) {
    response.writeHead(200, STREAM_HEADERS)
    sendEvent(response, 0)
  } else {
    response.writeHead(200, BODY_HEADERS)
    response.end(BODY)
  }
  return true
}

/** One event per turn of the loop, so that a proxy sees them apart. */
function sendEvent(response: ServerResponse, at: number): void {
  const event = EVENTS[at]
  if (event === undefined || response.destroyed) {
    response.end()
    return
  }
  response.write(event)
  setImmediate(sendEvent, response, at + 1)
}
