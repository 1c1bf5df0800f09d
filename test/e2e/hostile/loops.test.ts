import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { mockModel } from '../../support/gateway.ts'
import { CHAT, chatBody, startStand } from './support/stand.ts'
import type { Stand } from './support/stand.ts'

/** An innocent proxy between the gateway and itself; `stand` says where it leads, once the gateway runs. */
async function startProxy() {
  const lead: { stand?: Stand } = {}
  const seen: (number | undefined)[] = []
  const server = createServer((incoming, outgoing) => {
    const { stand } = lead
    if (stand === undefined) return void outgoing.writeHead(502).end()
    const headers = { ...incoming.headers, authorization: `Bearer ${stand.key}` }
    const { method, url: path } = incoming
    const onward = request({ host: '127.0.0.1', port: stand.gateway.port, method, path, headers }, (answer) => {
      seen.push(answer.statusCode)
      outgoing.writeHead(answer.statusCode ?? 502, { 'content-type': 'application/json' })
      answer.pipe(outgoing)
    })
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { apiBase: `http://127.0.0.1:${port}/v1`, seen, lead }
}

test('N-29: a call that comes back to the gateway ends there, with 508', async () => {
  const proxy = await startProxy()
  const stand = await startStand({ configure: () => ({ model_list: [mockModel('round', proxy.apiBase)] }) })
  onTestFinished(() => stand.close())
  proxy.lead.stand = stand

  const { status, text } = await stand.asCaller({ path: CHAT, body: chatBody('round', { num_retries: 0 }) })
  expect(proxy.seen).toEqual([508])
  expect(status).toBeGreaterThanOrEqual(500)
  expect(text).not.toContain('127.0.0.1')
})

test('the way of a call that other gateways passed goes on with it', async () => {
  const stand = await startStand()
  onTestFinished(() => stand.close())
  const other = '0b5f6b0e-1c1f-4c55-9a55-4d1c3b0c7a11'
  const { status } = await stand.asCaller({
    path: CHAT,
    headers: { 'x-latchkey-hops': other },
    body: chatBody('mock-ok'),
  })
  expect(status).toBe(200)
  const raw = stand.upstream.requests.last?.rawHeaders ?? []
  expect(raw[raw.indexOf('x-latchkey-hops') + 1]).toMatch(new RegExp(`^${other}, [0-9a-f-]{36}$`))
})
