import { expect, test } from 'vitest'
import { credentialTexts } from './credential-texts.ts'

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

test.each([
  { value: 'Bearer abc', texts: ['abc'] },
  { value: 'abc', texts: ['abc'] },
  { value: basic('me:pass:word'), texts: [basic('me:pass:word').slice(6), 'pass:word'] },
  { value: basic('key:'), texts: [basic('key:').slice(6), 'key'] },
  { value: basic(':'), texts: [basic(':').slice(6)] },
  { value: 'Basic ***', texts: ['***'] },
  { value: 'Bearer ', texts: [] },
])('$value holds $texts', ({ value, texts }) => {
  expect(credentialTexts(value)).toEqual(texts)
})
