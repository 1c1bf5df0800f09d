import { expect, test } from 'vitest'
import { countPictures } from './count-pictures.ts'
import { readReply } from './read-reply.ts'

function count(text: string): number | undefined {
  const read = readReply(text)
  if (read === undefined) throw new Error('no reply')
  return countPictures(read)
}

const BASE64 = 'QUJD/+'.repeat(20_000)

test.each([
  ['none', '{"created":1,"data":[]}', 0],
  ['addresses', '{"created":1,"data":[{"url":"https://a/,b"},{"url":"]"}]}', 2],
  ['one long one', `{"data":[{"b64_json":"${BASE64}"}]}`, 1],
  [
    'long ones with other members, in any spelling',
    `{"usage":{"input_tokens":1},"data" : [ {"b64_json":"${BASE64}","revised_prompt":"[a, \\"b\\"]"} , {"b64_json":"${BASE64.replaceAll('/', '\\/')}"}, {"b64_json":"","x":[1,2,3]} ],"x":[1,2,3,4,5]}`,
    3,
  ],
  ['no list', '{"created":1}', undefined],
  ['another thing of that name', '{"data":{"a":1,"b":2}}', undefined],
  ['a long text of that name', `{"data":"${BASE64}"}`, undefined],
  ['a long object of that name', `{"data":{"a":"${BASE64}","b":2}}`, undefined],
])('%s', (_what, text, pictures) => {
  expect(count(text)).toBe(pictures)
})
