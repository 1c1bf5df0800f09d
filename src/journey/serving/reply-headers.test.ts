import { expect, test } from 'vitest'
import { addPassedHeaders, addUpstreamHeaders } from './reply-headers.ts'

const THEIRS = { 'x-ratelimit-remaining-requests': '9999', 'x-ratelimit-remaining-tokens': '500', 'x-request-id': 'r' }
const OURS = ['x-ratelimit-remaining-requests', '6']

test('gateway-api 1.7: what the key has left is said once, and the provider’s rest beside it', () => {
  const headers = [...OURS]
  addUpstreamHeaders(headers, THEIRS, [])
  expect(headers).toEqual([
    ...OURS,
    'llm_provider-x-ratelimit-remaining-requests',
    '9999',
    'llm_provider-x-ratelimit-remaining-tokens',
    '500',
    'x-ratelimit-remaining-tokens',
    '500',
    'llm_provider-x-request-id',
    'r',
  ])
})

test('the same of an answer that is passed on', () => {
  const headers = [...OURS]
  addPassedHeaders(headers, THEIRS, [])
  expect(headers.slice(0, 6)).toEqual([...OURS, 'x-ratelimit-remaining-tokens', '500', 'x-request-id', 'r'])
})
