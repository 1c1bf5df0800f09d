import { expect, test } from 'vitest'
import type { HeaderReader } from '../1-intake/arrival.ts'
import { findCredential } from './find-credential.ts'
import { findSocketCredential, presenting } from './find-socket-credential.ts'

function headers(values: Record<string, string>): HeaderReader {
  return { get: (name) => values[name] || undefined, repeated: () => false, find: () => undefined }
}

const protocol = (text: string): Record<string, string> => ({ 'sec-websocket-protocol': text })
const IN_PROTOCOL = 'openai-insecure-api-key.sk-a'

test.each([
  [{ authorization: 'Bearer sk-a' }],
  [{ 'api-key': 'sk-a' }],
  [protocol(IN_PROTOCOL)],
  [protocol(`realtime, ${IN_PROTOCOL}, openai-beta.realtime-v1`)],
  [{ authorization: 'Bearer sk-a', 'api-key': 'sk-a', ...protocol(IN_PROTOCOL) }],
  [{ authorization: 'Bearer sk-a', 'x-litellm-api-key': 'Bearer sk-a' }],
])('identity 3.5 %j presents sk-a', (values) => {
  const found = findSocketCredential(headers(values), undefined)
  expect(found).toEqual({ verdict: 'allow', granted: 'sk-a' })
  expect(findCredential(presenting('sk-a', headers(values)), undefined)).toEqual(found)
})

test.each([
  [{ authorization: 'sk-a' }, 'socket-scheme'],
  [{ authorization: 'bearer sk-a' }, 'socket-scheme'],
  [{ authorization: 'Basic c2stYQ==' }, 'socket-scheme'],
  [{ authorization: 'sk-a', 'api-key': 'sk-a' }, 'socket-scheme'],
  [{}, 'socket-credential-missing'],
  [protocol('realtime'), 'socket-credential-missing'],
  [{ 'x-api-key': 'sk-a' }, 'socket-credential-missing'],
  [{ 'x-litellm-api-key': 'sk-a' }, 'socket-credential-missing'],
  [{ authorization: 'Bearer sk-a', 'api-key': 'sk-b' }, 'credential-ambiguous'],
  [{ authorization: 'Bearer sk-a', 'x-goog-api-key': 'sk-b' }, 'credential-ambiguous'],
  [{ 'api-key': 'sk-b', ...protocol(IN_PROTOCOL) }, 'credential-ambiguous'],
  [protocol(`${IN_PROTOCOL}, openai-insecure-api-key.sk-b`), 'credential-ambiguous'],
])('AT-020 %j is %s', (values, problem) => {
  expect(findSocketCredential(headers(values), undefined)).toMatchObject({ verdict: 'deny', problem })
})

test('a credential header that comes twice is refused', () => {
  const twice = { ...headers({ 'api-key': 'sk-a' }), repeated: (name: string) => name === 'api-key' }
  expect(findSocketCredential(twice, undefined)).toMatchObject({ problem: 'credential-repeated' })
})

test('where the operator named a header, no other place carries a credential', () => {
  const values = { 'x-custom': 'Bearer sk-a', ...protocol('openai-insecure-api-key.sk-b') }
  expect(findSocketCredential(headers(values), 'x-custom')).toMatchObject({ granted: 'sk-a' })
  expect(findSocketCredential(headers(protocol(IN_PROTOCOL)), 'x-custom')).toMatchObject({ verdict: 'deny' })
})

test('no other place of the request is left to carry a credential', () => {
  const shown = presenting('sk-a', headers({ 'x-litellm-api-key': 'sk-a', 'x-team-id': 't' }))
  expect(shown.get('x-litellm-api-key')).toBeUndefined()
  expect(shown.get('x-team-id')).toBe('t')
})
