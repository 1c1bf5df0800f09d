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
