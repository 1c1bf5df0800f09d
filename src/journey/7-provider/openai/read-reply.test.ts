import { expect, test } from 'vitest'
import { readReply, writtenPart } from './read-reply.ts'

test.each([
  ['{"object":"error","message":"no such model","code":404}', { object: 'error', message: 'no such model', code: 404 }],
  ['{"error":{"message":"no"},"object":"chat.completion"}', { message: 'no' }],
  ['{"error":null,"object":"chat.completion"}', undefined],
  ['{"object":"error","message":"no","error":null}', { object: 'error', message: 'no', error: null }],
  ['{"object":"chat.completion","choices":[{"object":"error"}]}', undefined],
])('what %s says went wrong', (text, error) => {
  expect(readReply(text)?.error).toEqual(error)
})

test('8.1: an empty name is none', () => {
  expect(readReply('{"id":"","model":"","service_tier":""}')).toMatchObject({
    id: undefined,
    model: undefined,
    serviceTier: undefined,
  })
})

test('what was written is in the choices or in the output, and nowhere in an embedding', () => {
  expect(writtenPart('{"id":"x","choices":[{"text":"hi"}]}')).toBe('[{"text":"hi"}]')
  expect(writtenPart('{"id":"x","output":["hi"]}')).toBe('["hi"]')
  expect(writtenPart('{"object":"list","data":[{"embedding":[0.1]}]}')).toBe('')
})
