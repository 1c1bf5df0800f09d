import { expect, test } from 'vitest'
import { PictureStream } from './picture-stream.ts'

const partial = { type: 'image_generation.partial_image', b64_json: 'QUJD', partial_image_index: 0 }
const completed = { type: 'image_generation.completed', b64_json: 'QUJD' }
const usage = (output: unknown): object => ({
  usage: { input_tokens: 10, input_tokens_details: { text_tokens: 10, image_tokens: 0 }, output_tokens: output },
})
const event = (body: object): { event: undefined; data: string } => ({ event: undefined, data: JSON.stringify(body) })

test('events pass as they came, and the last one waits', () => {
  const stream = new PictureStream(1)
  const frameOf = (body: { readonly type: string }): string => `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`
  expect(stream.step(event(partial))).toEqual({ kind: 'emit', frame: frameOf(partial) })
  expect(stream.tally).toMatchObject({ complete: false, pictures: 0, usage: undefined, emittedWeight: 0 })
  const last = { ...completed, ...usage(272) }
  expect(stream.step(event(last))).toEqual({ kind: 'emit-last', frame: frameOf(last) })
  expect(stream.tally).toMatchObject({ complete: true, pictures: 1, usage: { output_tokens: 272 } })
})

test('of several pictures the last one waits, and what each used is summed', () => {
  const stream = new PictureStream(2)
  expect(stream.step(event({ ...completed, ...usage(272) })).kind).toBe('emit')
  expect(stream.tally.complete).toBe(false)
  expect(stream.step(event({ ...completed, ...usage(300) })).kind).toBe('emit-last')
  expect(stream.tally).toMatchObject({
    pictures: 2,
    usage: { input_tokens: 20, input_tokens_details: { text_tokens: 20, image_tokens: 0 }, output_tokens: 572 },
  })
})

test.each(['"5"', '[1]', 'true'])('Z-36: a count of %s in either of them is not lost in the sum', (poison) => {
  for (const counts of [
    [poison, '3'],
    ['3', poison],
  ]) {
    const stream = new PictureStream(2)
    for (const count of counts)
      stream.step({ event: undefined, data: `{"type":"${completed.type}","usage":{"output_tokens":${count}}}` })
    expect(stream.tally.usage).toEqual({ output_tokens: JSON.parse(poison) })
  }
})

test.each([
  ['by its type', { type: 'error', error: { message: 'no', code: '400' } }],
  ['by its member', { error: { message: 'no', code: '400' } }],
])('an error is told, %s', (_how, body) => {
  expect(new PictureStream(1).step(event(body))).toEqual({ kind: 'error', error: { message: 'no', code: '400' } })
})

test('what cannot be read is none', () => {
  expect(new PictureStream(1).step({ event: undefined, data: '{"type":"image' }).kind).toBe('unreadable')
  expect(new PictureStream(1).step({ event: undefined, data: '7' }).kind).toBe('unreadable')
})

test('no line of an event becomes an event of its own', () => {
  const data = '{"type":"image_generation.partial_image",\n\n"x":1}'
  const step = new PictureStream(1).step({ event: undefined, data })
  expect(step).toMatchObject({
    frame: `event: image_generation.partial_image\ndata: ${data.replaceAll('\n', ' ')}\n\n`,
  })
})
