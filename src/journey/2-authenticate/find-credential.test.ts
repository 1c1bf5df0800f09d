import { expect, test } from 'vitest'
import type { HeaderReader } from '../1-intake/arrival.ts'
import { findCredential, presentedTexts } from './find-credential.ts'

function headers(values: Record<string, string>, repeated: readonly string[] = []): HeaderReader {
  return {
    get: (name) => values[name] || undefined,
    repeated: (name) => repeated.includes(name),
    find: () => undefined,
  }
}

test.each([
  [{ authorization: 'Bearer sk-a' }, 'sk-a'],
  [{ authorization: 'bearer sk-a' }, 'sk-a'],
  [{ authorization: 'BEARER sk-a' }, 'sk-a'],
  [{ authorization: 'Basic sk-a' }, 'sk-a'],
  [{ authorization: 'basic sk-a.b.c' }, 'sk-a.b.c'],
  [{ authorization: 'Bearer Bearer sk-a' }, 'Bearer sk-a'],
  [{ authorization: 'AWS4-HMAC-SHA256 Credential=Bearer sk-a/2026/x, SignedHeaders=y' }, 'sk-a'],
  [{ authorization: 'AWS4-HMAC-SHA256 Credential=sk-a/2026/x, SignedHeaders=y' }, 'sk-a'],
  [{ 'x-litellm-api-key': 'sk-a' }, 'sk-a'],
  [{ 'x-litellm-api-key': 'Bearer sk-a' }, 'sk-a'],
  [{ 'x-litellm-api-key': 'sk-a', authorization: 'Bearer somebody-elses' }, 'sk-a'],
  [{ 'api-key': 'sk-a' }, 'sk-a'],
  [{ 'x-api-key': 'sk-a' }, 'sk-a'],
  [{ 'x-goog-api-key': 'sk-a' }, 'sk-a'],
  [{ 'ocp-apim-subscription-key': 'sk-a' }, 'sk-a'],
  [{ authorization: 'Bearer sk-a', 'x-api-key': 'sk-a' }, 'sk-a'],
])('identity 3.1 %j presents %s', (values, credential) => {
  expect(findCredential(headers(values), undefined)).toEqual({ verdict: 'allow', granted: credential })
})

test.each([
  [{}, 'credential-missing', 'cred_missing'],
  [{ authorization: 'sk-a' }, 'credential-malformed', 'cred_scheme'],
  [{ authorization: 'Bearer ' }, 'credential-malformed', 'cred_scheme'],
  [{ authorization: 'Token sk-a' }, 'credential-malformed', 'cred_scheme'],
  [{ authorization: 'Bearer sk-a', 'x-api-key': 'sk-b' }, 'credential-ambiguous', 'cred_multiple'],
  [{ authorization: 'sk-a', 'x-api-key': 'sk-b' }, 'credential-ambiguous', 'cred_multiple'],
])('AC-049 INV-02 %j is %s', (values, problem, because) => {
  expect(findCredential(headers(values), undefined)).toMatchObject({ verdict: 'deny', problem, because })
})

test.each([
  'Basic c2stYQ==',
  'Basic opaque-token',
  'basic aaa.bbb.ccc',
  'AWS4-HMAC-SHA256 Credential=Bearer aaa.bbb.ccc/2026/x, SignedHeaders=y',
  'AWS4-HMAC-SHA256 Credential=somebodys-id/2026/x, SignedHeaders=y',
])('J-02 no other scheme than Bearer carries anything but a key: %s', (authorization) => {
  expect(findCredential(headers({ authorization }), undefined)).toMatchObject({ because: 'cred_scheme' })
  // A header of ours is read as it is, and a blank is in no token.
  expect(findCredential(headers({ 'x-litellm-api-key': authorization }), undefined)).toMatchObject({
    granted: authorization,
  })
})

test('INV-34 what other schemes carried is known all the same, so that it leaves with no request', () => {
  const read = headers({ authorization: 'Basic c29tZWJvZHk6c2VjcmV0' })
  expect(presentedTexts(read, undefined, { header: undefined, isBasicUser: true })).toEqual([
    'c29tZWJvZHk6c2VjcmV0',
    'somebody',
  ])
})

test('AC-049 a credential header that is there twice is refused', () => {
  const read = headers({ 'x-api-key': 'sk-a' }, ['x-api-key'])
  expect(findCredential(read, undefined)).toMatchObject({ because: 'cred_duplicate_header' })
})

test('identity 3.2 the operator’s own header replaces every other place', () => {
  expect(findCredential(headers({ 'x-own': 'Bearer sk-a', authorization: 'Bearer sk-b' }), 'x-own')).toMatchObject({
    granted: 'sk-a',
  })
  expect(findCredential(headers({ authorization: 'Bearer sk-b' }), 'x-own')).toMatchObject({
    problem: 'credential-malformed',
  })
  expect(findCredential(headers({ 'x-own': 'sk-a' }), 'x-own')).toMatchObject({ problem: 'credential-malformed' })
})
