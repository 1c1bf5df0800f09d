import { expect, test } from 'vitest'
import { hasStrayCredential } from './stray-credential.ts'

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln'

test.each([
  [`/v1/models?access_token=${jwt}`, undefined],
  ['/v1/models?a=b&api_key=sk-1', undefined],
  [`/v1/realtime?model=m1&authorization=Bearer%20${jwt}`, undefined],
  ['/v1beta/models/m:generateContent?key=sk-1', undefined],
  ['/v1/models', `theme=dark; token=${jwt}`],
  ['/v1/models', 'session="x"; key=sk-1'],
])('J-01: %s with cookie %s', (url, cookie) => {
  expect(hasStrayCredential({ url, headers: { cookie } })).toBe(true)
})

test.each([
  ['/v1/models', undefined],
  ['/v1/models?key=', undefined],
  ['/key/info?key=0f8fad5b', undefined],
  ['/v1/models?monkey=sk-1', undefined],
  ['/v1/sk-1?page=2', '_ga=GA1.2.123.456; theme=sky'],
])('nothing stands in %s with cookie %s', (url, cookie) => {
  expect(hasStrayCredential({ url, headers: { cookie } })).toBe(false)
})
