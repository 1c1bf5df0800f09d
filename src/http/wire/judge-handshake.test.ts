import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { handshakeStatus, judgeHandshake, judgeOrigin } from './judge-handshake.ts'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

function request(headers: Record<string, string>, method = 'GET'): IncomingMessage {
  return { method, headers } as unknown as IncomingMessage
}

test.each([
  [{ 'sec-websocket-key': KEY, 'sec-websocket-version': '13' }, 'GET', undefined],
  [{ 'sec-websocket-key': KEY, 'sec-websocket-version': '8' }, 'GET', 'other-version'],
  [{ 'sec-websocket-key': KEY }, 'GET', 'other-version'],
  [{ 'sec-websocket-key': 'short', 'sec-websocket-version': '13' }, 'GET', 'malformed'],
  [{ 'sec-websocket-version': '13' }, 'GET', 'malformed'],
  [{ 'sec-websocket-key': KEY, 'sec-websocket-version': '13' }, 'POST', 'malformed'],
])('RFC 6455 §4.2.1 %j by %s is %s', (headers, method, flaw) => {
  expect(judgeHandshake(request(headers, method))).toBe(flaw)
})

const LISTED = ['https://app.example.com']

test.each([
  [{ host: 'gw.example.com' }],
  [{ host: 'gw.example.com', origin: 'https://gw.example.com' }],
  [{ host: '127.0.0.1:4000', origin: 'http://127.0.0.1:4000' }],
  [{ host: 'gw.example.com', origin: 'https://app.example.com' }],
])('S-23 %j may connect', (headers) => expect(judgeOrigin(request(headers), LISTED)).toBeUndefined())

test.each([
  [{ host: 'gw.example.com', origin: 'https://evil.example' }],
  [{ host: 'gw.example.com', origin: 'https://gw.example.com.evil.example' }],
  [{ host: 'gw.example.com', origin: 'https://gw.example.com:444' }],
  [{ host: 'gw.example.com', origin: 'https://app.example.com.evil.example' }],
  [{ host: 'gw.example.com', origin: 'null' }],
  [{ origin: 'null' }],
])('S-23 %j may not', (headers) =>
  expect(judgeOrigin(request(headers), LISTED)).toMatchObject({ problem: 'origin-denied', because: 'origin_denied' }),
)

test('AT-020 what is refused is 403 on the handshake, what is a fault is one', () => {
  expect(handshakeStatus('key-unknown')).toBe(403)
  expect(handshakeStatus('budget-exceeded')).toBe(403)
  expect(handshakeStatus('store-unavailable')).toBe(503)
})
