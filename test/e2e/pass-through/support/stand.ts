import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { vi } from 'vitest'
import type { GatewayOptions, RunningGateway, StartOutcome } from '../../../support/gateway.ts'
import { MASTER_KEY, bearer, mockModel, startGateway, tryGateway } from '../../../support/gateway.ts'
import type { MockUpstream } from '../../../support/mock-upstream/start-mock-upstream.ts'
import { startMockUpstream } from '../../../support/mock-upstream/start-mock-upstream.ts'
import { callGateway, stringAt, valueAt } from '../../hostile/support/stand.ts'
import type { Answer, Ask } from '../../hostile/support/stand.ts'

export const SECRET = 'operator-secret-0123456789abcdef'

export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

type Answering = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void

/** Somebody's API: it writes down what it gets and answers as it is told. */
export interface Elsewhere {
  readonly url: string
  readonly seen: readonly Seen[]
  /** Connections that the caller has closed before their answer was whole. */
  abandoned(): number
  answer(how: Answering): void
  close(): Promise<void>
}

export async function startElsewhere(): Promise<Elsewhere> {
  const seen: Seen[] = []
  let abandoned = 0
  const usual: Answering = (_, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
  let answering = usual
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('close', () => {
      if (!response.writableFinished) abandoned += 1
    })
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
      answering(request, response, body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    abandoned: () => abandoned,
    answer(how) {
      answering = how
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A gateway that passes calls on, somebody's API behind it, and the mock of a provider. */
export interface PassStand {
  readonly gateway: RunningGateway
  readonly elsewhere: Elsewhere
  readonly upstream: MockUpstream
  call(ask: Ask): Promise<Answer>
  asMaster(ask: Ask): Promise<Answer>
  /** A new key. */
  key(fields?: Record<string, unknown>): Promise<string>
  as(key: string): (ask: Ask) => Promise<Answer>
  close(): Promise<void>
}

export interface PassStandOptions extends Omit<GatewayOptions, 'config' | 'env'> {
  readonly endpoints: (to: { readonly elsewhere: string; readonly upstream: string }) => readonly object[]
  readonly env?: (to: { readonly elsewhere: string; readonly upstream: string }) => Readonly<Record<string, string>>
  readonly config?: Record<string, unknown>
  readonly general?: Record<string, unknown>
}

export async function openPassStand(options: PassStandOptions): Promise<PassStand> {
  const elsewhere = await startElsewhere()
  const upstream = await startMockUpstream()
  const to = { elsewhere: elsewhere.url, upstream: upstream.url }
  const { endpoints, env, config = {}, general = {}, ...more } = options
  const gateway = await startGateway({
    ...more,
    env: env?.(to) ?? {},
    config: {
      model_list: [mockModel('mock-ok', upstream.apiBase)],
      ...config,
      general_settings: { ...general, pass_through_endpoints: endpoints(to) },
    },
  })
  const call = (ask: Ask): Promise<Answer> => callGateway(gateway.port, ask)
  const as = (key: string) => (ask: Ask) => call({ ...ask, headers: { ...bearer(key), ...ask.headers } })
  const asMaster = as(MASTER_KEY)
  return {
    gateway,
    elsewhere,
    upstream,
    call,
    as,
    asMaster,
    async key(fields = {}) {
      return stringAt((await asMaster({ path: '/key/generate', body: fields })).text, 'key')
    },
    async close() {
      await gateway.stop()
      await Promise.all([elsewhere.close(), upstream.close()])
    },
  }
}

/** What a start with these endpoints says. */
export function tryEndpoints(endpoints: unknown, general: Record<string, unknown> = {}): Promise<StartOutcome> {
  return tryGateway(withEndpoints(endpoints, general))
}

export function withEndpoints(endpoints: unknown, general: Record<string, unknown>): GatewayOptions {
  return { config: { general_settings: { ...general, pass_through_endpoints: endpoints } } }
}

/** Everything of a request in one text, for what must not be in it. */
export function textOf({ url, headers, body }: Seen): string {
  return `${decodeURIComponent(url)}\n${JSON.stringify(headers)}\n${body.toString()}`
}

export type Line = Readonly<Record<string, unknown>>

/** The ledger's lines of these calls, as soon as there are as many. */
export function linesOf(stand: Pick<PassStand, 'asMaster'>, callIds: readonly string[]): Promise<readonly Line[]> {
  return vi.waitFor(
    async () => {
      const all = JSON.parse((await stand.asMaster({ path: '/spend/logs' })).text) as readonly Line[]
      const wanted = callIds.flatMap((id) =>
        all.filter((line) => valueAt(line, ['metadata', 'litellm_call_id']) === id),
      )
      if (wanted.length < callIds.length) throw new Error(`${wanted.length} of ${callIds.length} lines`)
      return wanted
    },
    { timeout: 10_000, interval: 50 },
  )
}
