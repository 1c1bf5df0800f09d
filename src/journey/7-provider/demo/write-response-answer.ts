import { words } from './canned-text.ts'
import type { CannedAnswer, CannedText } from './canned-text.ts'

/** The same words in the shape of the Responses API. */
export function writeResponseAnswer(said: CannedText, stream: boolean): CannedAnswer {
  const done = responseOf(said, 'completed', [itemOf(said, said.text)])
  if (!stream) return { status: 200, contentType: 'application/json', pieces: [JSON.stringify(done)] }

  const place = { item_id: `msg_${said.id}`, output_index: 0, content_index: 0 }
  const part = { type: 'output_text', text: said.text, annotations: [] }
  const events: readonly (readonly [string, object])[] = [
    ['response.created', { response: responseOf(said, 'in_progress', []) }],
    ['response.in_progress', { response: responseOf(said, 'in_progress', []) }],
    [
      'response.output_item.added',
      { output_index: 0, item: { ...itemOf(said, ''), status: 'in_progress', content: [] } },
    ],
    ['response.content_part.added', { ...place, part: { ...part, text: '' } }],
    ...words(said.text).map((delta): readonly [string, object] => ['response.output_text.delta', { ...place, delta }]),
    ['response.output_text.done', { ...place, text: said.text }],
    ['response.content_part.done', { ...place, part }],
    ['response.output_item.done', { output_index: 0, item: itemOf(said, said.text) }],
    ['response.completed', { response: done }],
  ]
  return {
    status: 200,
    contentType: 'text/event-stream',
    pieces: events.map(
      ([type, body], index) => `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: index, ...body })}\n\n`,
    ),
  }
}

function responseOf(said: CannedText, status: 'in_progress' | 'completed', output: readonly object[]): object {
  const { inputTokens, outputTokens } = said
  const usage = {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + outputTokens,
  }
  return {
    id: `resp_${said.id}`,
    object: 'response',
    created_at: said.created,
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    model: said.model,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    tools: [],
    tool_choice: 'auto',
    metadata: {},
    usage: status === 'completed' ? usage : null,
  }
}

function itemOf(said: CannedText, text: string): object {
  const content = [{ type: 'output_text', text, annotations: [] }]
  return { id: `msg_${said.id}`, type: 'message', role: 'assistant', status: 'completed', content }
}
