import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:http'
import { vi } from 'vitest'
import type { GatewayOptions, RunningGateway } from '../../../support/gateway.ts'
import { MASTER_KEY, bearer, mockModel, startGateway } from '../../../support/gateway.ts'
import type { MockUpstream } from '../../../support/mock-upstream/start-mock-upstream.ts'
import { startMockUpstream } from '../../../support/mock-upstream/start-mock-upstream.ts'

export const UPSTREAM_KEY = 'sk-upstream-secret-0123456789'
export const CHAT = '/v1/chat/completions'

/** A gateway in a process of its own, the provider that it leads to, and a caller's key. */
export interface Stand {
  readonly gateway: RunningGateway
  readonly upstream: MockUpstream
  readonly key: string
  call(ask: Ask): Promise<Answer>
  /** `call` with the caller's key. */
  asCaller(ask: Ask): Promise<Answer>
  /** `call` with the master key. */
  asMaster(ask: Ask): Promise<Answer>
  close(): Promise<void>
}

export interface Ask {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  /** An object is sent as JSON; everything else byte for byte. */
  readonly body?: string | Buffer | object
  readonly chunked?: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export interface StandOptions extends Omit<GatewayOptions, 'config'> {
  readonly models?: readonly string[]
  readonly configure?: (upstream: MockUpstream) => Record<string, unknown>
}

const ANSWER_MS = 20_000
const LARGEST_HEADERS = 131_072

export async function startStand(options: StandOptions = {}): Promise<Stand> {
  const { models = ['mock-ok', 'mock-echo'], configure, ...more } = options
  const upstream = await startMockUpstream()
  const plain = { model_list: models.map((name) => mockModel(name, upstream.apiBase)) }
  const gateway = await startGateway({ config: configure?.(upstream) ?? plain, ...more })
  const call = (ask: Ask): Promise<Answer> => callGateway(gateway.port, ask)
  const withKey = (key: string) => (ask: Ask) => call({ ...ask, headers: { ...bearer(key), ...ask.headers } })
  const asMaster = withKey(options.masterKey ?? MASTER_KEY)
  const made = await asMaster({ method: 'POST', path: '/key/generate', body: { key_alias: 'the-caller' } })
  const key = stringAt(made.text, 'key')
  return {
    gateway,
    upstream,
    key,
    call,
    asCaller: withKey(key),
    asMaster,
    async close() {
      await gateway.stop()
      await upstream.close()
    },
  }
}

export function callGateway(port: number, ask: Ask): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const bytes = bytesOf(ask.body)
  const method = ask.method ?? (bytes === undefined ? 'GET' : 'POST')
  const type = bytes === undefined ? {} : { 'content-type': 'application/json' }
  const length = bytes === undefined || ask.chunked === true ? {} : { 'content-length': String(bytes.length) }
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path: ask.path,
    method,
    headers: { ...type, ...length, ...ask.headers },
    signal: AbortSignal.timeout(ANSWER_MS),
    maxHeaderSize: LARGEST_HEADERS,
  })
  let answered = false
  outgoing.on('error', (error) => {
    if (!answered) reject(new Error(`${method} ${ask.path}: ${error.message}`))
  })
  outgoing.on('response', (incoming) => {
    answered = true
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('error', reject)
    incoming.on('end', () =>
      resolve({
        status: incoming.statusCode ?? 0,
        headers: incoming.headers,
        text: Buffer.concat(chunks).toString(),
      }),
    )
  })
  if (bytes !== undefined) outgoing.write(bytes)
  outgoing.end()
  return promise
}

function bytesOf(body: Ask['body']): Buffer | undefined {
  if (body === undefined) return undefined
  if (Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

export function chatBody(model: string, more: object = {}): Record<string, unknown> {
  return { model, messages: [{ role: 'user', content: 'hello' }], ...more }
}

/** Text in a place of a JSON document; the test fails here when there is none. */
export function stringAt(text: string, ...path: readonly string[]): string {
  const found = valueAt(JSON.parse(text), path)
  if (typeof found !== 'string') throw new Error(`no text at ${path.join('.')} in ${text.slice(0, 500)}`)
  return found
}

export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined),
    value,
  )
}

export type LedgerRow = Readonly<Record<string, unknown>>

/** The ledger's rows for these calls, as soon as there are as many as calls. */
export function ledgerRows(stand: Stand, callIds: readonly string[]): Promise<readonly LedgerRow[]> {
  return vi.waitFor(
    async () => {
      const { text } = await stand.asMaster({ path: '/spend/logs' })
      const all: readonly LedgerRow[] = JSON.parse(text)
      const wanted = all.filter((row) => callIds.includes(String(valueAt(row, ['metadata', 'litellm_call_id']))))
      if (wanted.length < callIds.length) throw new Error(`${wanted.length} of ${callIds.length} rows in the ledger`)
      return wanted
    },
    { timeout: 8_000, interval: 50 },
  )
}

/** A refusal is only as good as what comes after it: the same process serves the next honest caller. */
export async function stillServes(stand: Stand): Promise<boolean> {
  const before = stand.upstream.requests.total
  const { status } = await stand.asCaller({ path: CHAT, body: chatBody('mock-ok') })
  process.kill(stand.gateway.pid, 0)
  return status === 200 && stand.upstream.requests.total === before + 1
}
