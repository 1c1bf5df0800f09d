import { expect, test } from 'vitest'
import { EventReader } from '../read-events.ts'
import { ChatStream } from './chat-stream.ts'

test('an event that an upstream wrote on several lines is one line of the client’s', () => {
  const written = 'data: {"id":"c",\r\ndata:\r\ndata: "model":"u","choices":[\r\ndata: {"index":0}]}\r\n\r\n'
  const [event] = new EventReader(1_000).push(new TextEncoder().encode(written)) ?? []
  if (event === undefined) throw new Error('no event')
  const step = new ChatStream('shown', false).step(event)
  expect(step).toEqual({ kind: 'emit', frame: 'data: {"id":"c","model":"shown","choices":[ {"index":0}]}\n\n' })
})

test.each([
  { finish: '"stop"', complete: true },
  { finish: 'null', complete: false },
])('a stream whose last choice finished with $finish has said all: $complete', ({ finish, complete }) => {
  const stream = new ChatStream('shown', false)
  stream.step({ event: undefined, data: `{"choices":[{"index":0,"delta":{},"finish_reason":${finish}}]}` })
  expect(stream.tally.complete).toBe(complete)
})

const asChunk = (delta: object): string => JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null }] })
const weightOf = (delta: object): number => {
  const stream = new ChatStream('shown', false)
  stream.step({ event: undefined, data: asChunk(delta) })
  return stream.tally.emittedWeight
}

test.each([
  { reasoning_content: 'as many words' },
  { reasoning: 'as many words' },
  { reasoning: 'as many words', reasoning_content: 'as many words' },
  { reasoning: 'as many words', reasoning_content: null },
  { refusal: 'as many words' },
])('whatever the model writes counts where nobody counts it for us: %j', (delta) => {
  expect(weightOf(delta)).toBe(weightOf({ content: 'as many words' }))
})

test('a function call counts like a tool call', () => {
  const call = { name: 'look_up', arguments: '{"city":"Bern"}' }
  expect(weightOf({ function_call: call })).toBeGreaterThan(weightOf({ content: call.arguments }))
})

test.each([
  ['an event of that kind', 'error', { message: 'at sk-upstream-key' }],
  ['an object that says so', undefined, { object: 'error', message: 'at sk-upstream-key', code: 400 }],
  ['a member', undefined, { error: { message: 'at sk-upstream-key' }, choices: [] }],
])('an error as %s is no chunk', (_how, event, data) => {
  const step = new ChatStream('shown', false).step({ event, data: JSON.stringify(data) })
  expect(step).toEqual({ kind: 'error', error: 'error' in data ? data.error : data })
})

test('8.1: a chunk that names nothing yet, as Azure sends it first, gives the answer no name', () => {
  const stream = new ChatStream('shown', false)
  const first = { id: '', model: '', object: '', created: 0, choices: [], prompt_filter_results: [] }
  const second = { id: 'chatcmpl-1', model: 'gpt-4o-2024-08-06', choices: [{ index: 0, delta: { content: 'a' } }] }
  for (const chunk of [first, second]) stream.step({ event: undefined, data: JSON.stringify(chunk) })
  expect(stream.tally).toMatchObject({ id: 'chatcmpl-1', reportedModel: 'gpt-4o-2024-08-06' })
})

const USED = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
const one = (index: number, finish_reason: string | null): object => ({ index, delta: {}, finish_reason })

test.each<[what: string, chunks: readonly object[], complete: boolean]>([
  ['the usage of all', [{ choices: [one(0, null)] }, { choices: [], usage: USED }], true],
  ['the usage so far', [{ choices: [one(0, null)], usage: USED }], false],
  ['one of two choices', [{ choices: [one(0, null), one(1, null)] }, { choices: [one(0, 'stop')] }], false],
  ['both', [{ choices: [one(0, 'stop')] }, { choices: [one(1, 'stop')] }], true],
  ['a choice, and another begins', [{ choices: [one(0, 'stop')] }, { choices: [one(1, null)] }], false],
  ['a choice, and words about it', [{ choices: [one(0, 'stop')] }, { choices: [one(0, null)], usage: USED }], true],
  ['a choice, and a note on all', [{ choices: [one(0, 'stop')] }, { choices: [], prompt_filter_results: [] }], true],
  ['a choice, and nothing more', [{ choices: [one(0, 'stop')] }, { choices: [] }], true],
  ['the usage of all by itself', [{ choices: [one(0, null)] }, { usage: USED }], true],
  ['usage before all', [{ choices: [], usage: USED }, { choices: [one(0, null)] }], false],
  ['the filter of the prompt', [{ choices: [], prompt_filter_results: [] }], false],
  ['nothing', [], false],
])('a stream that ends with %s', (_what, chunks, complete) => {
  const stream = new ChatStream('shown', false)
  for (const chunk of chunks) stream.step({ event: undefined, data: JSON.stringify(chunk) })
  expect(stream.tally.complete).toBe(complete)
})
