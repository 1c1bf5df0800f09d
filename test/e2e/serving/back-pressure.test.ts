import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { MASTER_KEY, bearer, mockModel, startGateway } from '../../support/gateway.ts'
import type { RunningGateway } from '../../support/gateway.ts'
import { createDatabase } from '../../support/stores.ts'
import { CHAT, chat } from './support/rig.ts'

const MIB = 1_048_576

/** A provider that never stops talking, as fast as it is listened to. */
const provider = createServer(babble)
let sent = 0
let hungUp = false
let gateway: RunningGateway
let database: Awaited<ReturnType<typeof createDatabase>>

beforeAll(async () => {
  const port = await new Promise<number>((resolve) => {
    provider.listen(0, '127.0.0.1', () => {
      const address = provider.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  database = await createDatabase()
  gateway = await startGateway({
    databaseUrl: database.url,
    config: { model_list: [mockModel('endless', `http://127.0.0.1:${port}/v1`)] },
  })
})

afterAll(async () => {
  await gateway.stop()
  provider.closeAllConnections()
  provider.close()
  await database.drop()
})

function babble(asked: IncomingMessage, answer: ServerResponse): void {
  asked.resume()
  answer.on('close', () => (hungUp = true))
  answer.writeHead(200, { 'content-type': 'text/event-stream' })
  const delta = { content: 'x'.repeat(16_000) }
  const event = `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'endless', choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`
  const talk = (): void => {
    while (!answer.destroyed) {
      sent += event.length
      if (!answer.write(event)) {
        answer.once('drain', talk)
        return
      }
    }
  }
  talk()
}

function openStream(): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = request(gateway.url + CHAT, { method: 'POST', headers: bearer(MASTER_KEY) }, resolve)
    call.on('error', reject)
    call.end(JSON.stringify(chat('endless', { stream: true })))
  })
}

function residentBytes(): number {
  const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))?.[1]
  return Number(kib) * 1024
}

/** Resolves when nothing more was taken from the provider between two looks. */
function standsStill(): Promise<void> {
  let last = -1
  return vi.waitFor(
    () => {
      const before = last
      last = sent
      if (sent === 0 || sent !== before) throw new Error(`the provider still sends: ${sent} bytes`)
    },
    { timeout: 10_000, interval: 400 },
  )
}

test('a client that does not read stops the provider, and costs the gateway no memory to speak of', async () => {
  const idle = residentBytes()
  const answer = await openStream()
  await standsStill()
  // What stands in the way is the kernel's four socket buffers, not a queue of ours.
  const held = sent
  expect(held).toBeLessThan(40 * MIB)
  expect(residentBytes() - idle).toBeLessThan(32 * MIB)

  let read = 0
  answer.on('data', (bytes: Buffer) => (read += bytes.length))
  await vi.waitFor(() => expect(read).toBeGreaterThan(held), { timeout: 10_000, interval: 20 })

  answer.pause()
  await standsStill()
  expect(residentBytes() - idle).toBeLessThan(96 * MIB)

  answer.destroy()
  await vi.waitFor(() => expect(hungUp).toBe(true), { timeout: 1_000, interval: 10 })
})
