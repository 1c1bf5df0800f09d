import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { findFrameFlaw } from './check-frame.ts'

interface Wire {
  readonly url?: string
  readonly method?: string
  readonly httpVersion?: string
  readonly raw?: readonly (readonly [string, string])[]
}

function request({
  url = '/v1/models',
  method = 'GET',
  httpVersion = '1.1',
  raw = [['Host', 'localhost:4000']],
}: Wire): IncomingMessage {
  const headers: Record<string, string> = {}
  for (const [name, value] of raw) headers[name.toLowerCase()] ??= value
  return { url, method, httpVersion, headers, rawHeaders: raw.flat() } as unknown as IncomingMessage
}

test('a plain request has no flaw', () => {
  expect(findFrameFlaw(request({ url: '/v1/models/openai%2Fgpt-4o?a=b&c=%20' }))).toBeUndefined()
})

test.each([
  '//key/generate',
  '/health/../key/generate',
  '/%2e%2e/key/generate',
  '/a/%2E/b',
  '/key\\generate',
  '/key/generate%00',
  '/key/generate#/health',
  'http://x/key/generate',
  '*',
  '/key/gen rate',
  '/key/ü',
  '/a/%ff',
  '/a/%c0%af',
  '/a/%252f',
  '/a/%5cb',
  '/a/..',
  '/./a',
  `/${'a'.repeat(8_200)}`,
])('AC-112 N-01 N-02 the target %j is refused before routing', (url) => {
  expect(findFrameFlaw(request({ url }))?.problem).toBe('target-malformed')
})

test.each([['localhost:4000/#@x'], ['x/../health'], [''], ['a b'], ['[::1'], ['evil@host']])(
  'AC-111 N-06 the host %j is refused',
  (host) => {
    expect(findFrameFlaw(request({ raw: [['Host', host]] }))?.problem).toBe('target-malformed')
  },
)

test('N-06 a request without a host is refused', () => {
  expect(findFrameFlaw(request({ raw: [] }))?.problem).toBe('target-malformed')
})

test.each([
  [
    [
      ['Host', 'a'],
      ['Transfer-Encoding', 'chunked'],
      ['Content-Length', '3'],
    ],
  ],
  [
    [
      ['Host', 'a'],
      ['Transfer-Encoding', 'gzip, chunked'],
    ],
  ],
  [
    [
      ['Host', 'a'],
      ['Content-Type', 'application/json'],
      ['content-type', 'text/plain'],
    ],
  ],
  [
    [
      ['Host', 'a'],
      ['Host', 'b'],
    ],
  ],
  [
    [
      ['Host', 'a'],
      ['x-litellm-call-id', '1'],
      ['X-LiteLLM-Call-Id', '2'],
    ],
  ],
] as const)('N-09 N-10 ambiguous framing is refused: %j', (raw) => {
  expect(findFrameFlaw(request({ method: 'POST', raw }))?.problem).toBe('target-malformed')
})

test('N-10 chunked bodies are for HTTP/1.1, and a GET takes no body', () => {
  const chunked = [
    ['Host', 'a'],
    ['Transfer-Encoding', 'chunked'],
  ] as const
  expect(findFrameFlaw(request({ method: 'POST', httpVersion: '1.0', raw: chunked }))).toBeDefined()
  expect(
    findFrameFlaw(
      request({
        raw: [
          ['Host', 'a'],
          ['Content-Length', '2'],
        ],
      }),
    ),
  ).toBeDefined()
})

test('N-10 a DELETE takes a body only where its route has one', () => {
  const raw = [
    ['Host', 'a'],
    ['Content-Length', '2'],
  ] as const
  expect(findFrameFlaw(request({ method: 'DELETE', url: '/v1/responses/resp_1', raw }))).toBeDefined()
  expect(findFrameFlaw(request({ method: 'DELETE', url: '/organization/delete', raw }))).toBeUndefined()
  expect(findFrameFlaw(request({ method: 'DELETE', url: '/organization/member_delete/?a=1', raw }))).toBeUndefined()
})

test('AC-049 a credential that is sent twice is refused as a credential', () => {
  const raw = [
    ['Host', 'a'],
    ['Authorization', 'Bearer a'],
    ['authorization', 'Bearer a'],
  ] as const
  expect(findFrameFlaw(request({ raw }))?.problem).toBe('credential-repeated')
})
