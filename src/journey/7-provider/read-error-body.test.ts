import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { readErrorBody } from './read-error-body.ts'

test('a plain sentence is what the upstream says', () => {
  expect(readErrorBody(' too many\r\ntools ')).toEqual({ message: 'too many\r\ntools' })
})

test.each([
  { name: 'a page', body: '<html>nginx</html>' },
  { name: 'JSON that broke off', body: '{"error":{"message":"m"' },
  { name: 'what is packed', body: gzipSync('{"error":{"message":"too long"}}').toString() },
  { name: 'another coding', body: Buffer.from('{"error":"x"}', 'utf16le').toString() },
  { name: 'nothing', body: ' ' },
])('$name says nothing to a caller', ({ body }) => {
  expect(readErrorBody(body)).toBeUndefined()
})
