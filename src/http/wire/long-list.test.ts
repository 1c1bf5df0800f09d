import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { LongList } from './long-list.ts'

async function* partsOf(...parts: readonly (readonly number[] | Error)[]): AsyncGenerator<readonly number[], void> {
  for (const part of parts) {
    if (part instanceof Error) throw part
    yield part
  }
}

const render = (n: number): object => ({ n })

test.each([
  { name: 'no parts', parts: [], json: '[]' },
  { name: 'a part without rows', parts: [[]], json: '[]' },
  { name: 'one part', parts: [[1, 2]], json: '[{"n":1},{"n":2}]' },
  { name: 'several, an empty one among them', parts: [[1], [], [2, 3]], json: '[{"n":1},{"n":2},{"n":3}]' },
])('$name is one list', async ({ parts, json }) => {
  const list = await LongList.begin(partsOf(...parts), render)
  expect(await text(list.toStream())).toBe(json)
})

test('what fails before anything went out is thrown, so that it can be answered', async () => {
  await expect(LongList.begin(partsOf(new Error('no store')), render)).rejects.toThrow('no store')
})

test('what fails later cuts the answer short, so that nobody takes a part for the whole', async () => {
  const list = await LongList.begin(partsOf([1], new Error('no store')), render)
  await expect(text(list.toStream())).rejects.toThrow('no store')
})

test('the next part is not read before the reader wants it', async () => {
  let read = 0
  const endless = async function* (): AsyncGenerator<readonly number[], void> {
    for (;;) {
      read += 1
      yield Array.from({ length: 1_000 }, () => read)
    }
  }
  const stream = (await LongList.begin(endless(), render)).toStream()
  await stream[Symbol.asyncIterator]().next()
  stream.destroy()
  expect(read).toBeLessThan(20)
})
