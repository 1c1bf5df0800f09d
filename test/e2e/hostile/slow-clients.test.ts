import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHAT, chatBody, startStand } from './support/stand.ts'
import { head } from './support/raw-socket.ts'
import type { Stand } from './support/stand.ts'

let stand: Stand

beforeAll(async () => {
  stand = await startStand()
})

afterAll(() => stand.close())

/** Sends `start`, then a byte of `rest` every second; resolves with the seconds until the gateway hung up. */
function trickle(
  start: string,
  rest: string,
  hangsUp = true,
): Promise<{ readonly seconds: number; readonly said: string }> {
  const { promise, resolve } = Promise.withResolvers<{ readonly seconds: number; readonly said: string }>()
  const began = performance.now()
  let said = ''
  let at = 0
  const place = { port: stand.gateway.port, host: '127.0.0.1', allowHalfOpen: !hangsUp }
  const socket = connect(place, () => socket.write(start))
  const drip = setInterval(() => {
    if (socket.writable) socket.write(rest.charAt(at++ % rest.length))
  }, 1_000)
  socket.on('data', (bytes) => (said += bytes.toString('latin1')))
  // A socket that was cut while it was being written to ends with an error, which is an end too.
  socket.on('error', () => {})
  socket.on('close', () => {
    clearInterval(drip)
    resolve({ seconds: (performance.now() - began) / 1_000, said })
  })
  return promise
}

test('AC-123, N-32: heads and bodies that come in drops are cut off, and nobody else notices', async () => {
  const line = `POST ${CHAT} HTTP/1.1`
  const lines = ['Host: g', `Authorization: Bearer ${stand.key}`, 'Content-Type: application/json']
  const whole = head(line, ...lines, 'Content-Length: 100000')
  const chunked = head(line, ...lines, 'Transfer-Encoding: chunked')
  const slow = [
    ...Array.from({ length: 130 }, () => trickle(`${line}\r\nHost: g\r\nX-Drip: `, 'a')),
    // Whoever never hangs up is hung up on, and whoever never says a word as well.
    ...Array.from({ length: 10 }, () => trickle(`${line}\r\nHost: g\r\nX-Drip: `, 'a', false)),
    ...Array.from({ length: 10 }, () => trickle('', '')),
    ...Array.from({ length: 40 }, () => trickle(`${whole}{"model":"`, 'a')),
    ...Array.from({ length: 10 }, () => trickle(chunked, '1\r\na\r\n')),
  ]
  let isOver = false
  const ends = Promise.all(slow).finally(() => (isOver = true))

  const statuses = new Set<number>()
  let served = 0
  while (!isOver) {
    statuses.add((await stand.asCaller({ path: CHAT, body: chatBody('mock-ok') })).status)
    served += 1
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  expect([...statuses]).toEqual([200])
  expect(served).toBeGreaterThan(20)

  const seconds = (await ends).map((end) => end.seconds)
  // Twice what is configured: 10 s for a head and for a body's window, and a second to look.
  expect(Math.max(...seconds.slice(0, 150))).toBeLessThan(20)
  expect(Math.max(...seconds.slice(150))).toBeLessThan(22)
  for (const { said } of (await ends).slice(150)) expect(said).toContain('HTTP/1.1 408')
})

test('a slow line that keeps the pace is served', async () => {
  const body = JSON.stringify(chatBody('mock-ok', { messages: [{ role: 'user', content: 'x'.repeat(30_000) }] }))
  const lines = ['Host: g', `Authorization: Bearer ${stand.key}`, 'Content-Type: application/json', 'Connection: close']
  const start = head(`POST ${CHAT} HTTP/1.1`, ...lines, `Content-Length: ${body.length}`)
  const { promise, resolve } = Promise.withResolvers<string>()
  let said = ''
  const socket = connect(stand.gateway.port, '127.0.0.1', () => socket.write(start))
  let at = 0
  const drip = setInterval(() => {
    socket.write(body.slice(at, (at += 2_500)))
    if (at >= body.length) clearInterval(drip)
  }, 1_000)
  socket.on('data', (bytes) => (said += bytes.toString('latin1')))
  socket.on('close', () => resolve(said))
  expect(await promise).toContain('HTTP/1.1 200')
})
