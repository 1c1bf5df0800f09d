import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { Line } from '../../ports/line.ts'
import { LineAcceptor } from './line-acceptor.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** Only ends a test that hangs. */
const PATIENT = { timeout: 20_000, interval: 10 }

/** A client and our end of it. */
async function join(
  options: ConstructorParameters<typeof WebSocket>[2] = {},
  rules: ConstructorParameters<typeof LineAcceptor>[0] = {},
): Promise<{ client: WebSocket; line: Line }> {
  const acceptor = new LineAcceptor(rules)
  const own = createServer()
  server = own
  const accepted = new Promise<Line | undefined>((resolve) =>
    own.once('upgrade', (request, socket, head) => resolve(acceptor.accept(request, socket, head, ['x-own', '1']))),
  )
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve))
  const address = own.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const client = new WebSocket(`ws://127.0.0.1:${port}/`, options)
  onTestFinished(() => client.terminate())
  const [line] = await Promise.all([accepted, new Promise((resolve) => client.once('open', resolve))])
  if (line === undefined) throw new Error('no line')
  return { client, line }
}

const QUIET = { message: (): void => {}, drained: (): void => {}, closed: (): void => {} }

test('N-38: a line that is full says so, and says when it is not', async () => {
  const { client, line } = await join()
  let drained = 0
  line.listen({ ...QUIET, drained: () => (drained += 1) })
  client.pause()
  const piece = 'x'.repeat(1_000_000)
  const flows = Array.from({ length: 20 }, () => line.send(piece))
  expect(flows.at(-1)).toBe(false)
  expect(drained).toBe(0)
  client.resume()
  await vi.waitFor(() => expect(drained).toBe(1), PATIENT)
  expect(line.send('y')).toBe(true)
})

test('a reason that is too long is shortened to what a frame holds, by whole characters', async () => {
  const { client, line } = await join()
  const closed = new Promise<Buffer>((resolve) => client.once('close', (_code, reason) => resolve(reason)))
  line.close(1008, 'ü'.repeat(200))
  const reason = (await closed).toString('utf8')
  expect(reason).toBe('ü'.repeat(60))
})

test('a client that was paused can still say goodbye', async () => {
  const { client, line } = await join()
  line.listen(QUIET)
  line.pause()
  const closed = new Promise<number>((resolve) => client.once('close', resolve))
  line.close(1001, '')
  expect(await closed).toBe(1001)
})

test('N-39: whoever answers no ping is gone', async () => {
  const { line } = await join({ autoPong: false }, { pingMs: 20 })
  const code = await new Promise<number>((resolve) => line.listen({ ...QUIET, closed: resolve }))
  expect(code).toBe(1006)
})

test('N-39: whoever answers stays, and so does whoever we do not listen to', async () => {
  const { client, line } = await join({}, { pingMs: 100 })
  let pings = 0
  let isOver = false
  client.on('ping', () => (pings += 1))
  line.listen({ ...QUIET, closed: () => (isOver = true) })
  await vi.waitFor(() => expect(pings).toBeGreaterThan(2), PATIENT)
  line.pause()
  const before = pings
  await vi.waitFor(() => expect(pings).toBeGreaterThan(before + 2), PATIENT)
  expect(isOver).toBe(false)
})

test('whoever does not say goodbye is not waited for', async () => {
  const { client, line } = await join({}, { partingMs: 50 })
  line.listen(QUIET)
  client.pause()
  line.close(1000, '')
  const connections = (): Promise<number> =>
    new Promise((resolve) => server?.getConnections((_, count) => resolve(count)))
  await vi.waitFor(async () => expect(await connections()).toBe(0), PATIENT)
})
