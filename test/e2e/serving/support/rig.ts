import OpenAI from 'openai'
import { vi } from 'vitest'
import type { GatewayOptions, RunningGateway } from '../../../support/gateway.ts'
import { MASTER_KEY, bearer, startGateway } from '../../../support/gateway.ts'
import type { MockUpstream } from '../../../support/mock-upstream/start-mock-upstream.ts'
import { startMockUpstream } from '../../../support/mock-upstream/start-mock-upstream.ts'
import { createDatabase } from '../../../support/stores.ts'

/** A gateway as a user starts it, and the provider behind it. */
export interface Rig {
  readonly gateway: RunningGateway
  readonly mock: MockUpstream
  /** The value of a new virtual key. */
  newKey(fields?: object): Promise<string>
  /** The official client; it never retries by itself, so that what it sees is what we answered. */
  client(key: string): OpenAI
  post(path: string, body: object, options?: AskOptions): Promise<Answer>
  get(path: string, options?: AskOptions): Promise<Answer>
  /** The ledger's lines of one answer, read once. */
  linesOf(requestId: string): Promise<readonly SpendLine[]>
  close(): Promise<void>
}

export interface AskOptions {
  /** The default is the master key. */
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export interface SpendLine {
  readonly request_id: string
  readonly call_type: string
  readonly api_key: string
  readonly spend: number
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly model: string
  readonly model_id: string
  readonly model_group: string
  readonly status: string
  readonly metadata: {
    readonly litellm_call_id: string
    readonly attempted_retries: number
    readonly pricing: string
    readonly usage_from: string
    readonly cut_short: boolean
    readonly model_map_information: { readonly model_map_value: object | null }
    readonly error_information: { readonly error_code: string; readonly error_class: string } | null
  }
}

export interface RigOptions extends Omit<GatewayOptions, 'config'> {
  readonly configure: (mock: MockUpstream) => Record<string, unknown>
}

/** On PostgreSQL, where a start takes a fraction of a second. What depends on the store is tested on both. */
export async function startRig({ configure, ...options }: RigOptions): Promise<Rig> {
  const mock = await startMockUpstream()
  const database = await createDatabase()
  const gateway = await startGateway({ databaseUrl: database.url, ...options, config: configure(mock) })
  return {
    ...reach(gateway),
    gateway,
    mock,
    async close() {
      await gateway.stop()
      await mock.close()
      await database.drop()
    },
  }
}

/** What a caller can do with a gateway, however it was started. */
export function reach({
  url,
}: Pick<RunningGateway, 'url'>): Pick<Rig, 'newKey' | 'client' | 'post' | 'get' | 'linesOf'> {
  const ask = async (
    path: string,
    init: RequestInit,
    { key = MASTER_KEY, headers }: AskOptions = {},
  ): Promise<Answer> => {
    const response = await fetch(url + path, { ...init, headers: { ...bearer(key), ...headers } })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  const post: Rig['post'] = (path, body, options) => ask(path, { method: 'POST', body: JSON.stringify(body) }, options)
  const get: Rig['get'] = (path, options) => ask(path, {}, options)
  return {
    post,
    get,
    client: (key) => new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 }),
    async newKey(fields = {}) {
      const { status, text } = await post('/key/generate', fields)
      if (status !== 200) throw new Error(`/key/generate answered ${status}: ${text}`)
      const issued: { readonly key: string } = JSON.parse(text)
      return issued.key
    },
    async linesOf(requestId) {
      const { text } = await get(`/spend/logs?request_id=${encodeURIComponent(requestId)}`)
      const lines: readonly SpendLine[] = JSON.parse(text)
      return lines
    },
  }
}

/** For what no client can see happen: a line that is written after its client left. */
export function lineOf(rig: Pick<Rig, 'linesOf'>, requestId: string): Promise<SpendLine> {
  return vi.waitFor(
    async () => {
      const [line, ...more] = await rig.linesOf(requestId)
      if (line === undefined || more.length > 0)
        throw new Error(`${line === undefined ? 'no' : 'several'} lines of ${requestId}`)
      return line
    },
    { timeout: 5_000, interval: 20 },
  )
}

/** The typed error that a call of the official client ends with. */
export async function errorOf(call: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const failure = await call.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (failure instanceof OpenAI.APIError) return failure
  throw new Error('the call did not end with an API error', { cause: failure })
}

export const CHAT = '/v1/chat/completions'

export function chat(model: string, more: object = {}): Record<string, unknown> & { readonly model: string } {
  return { model, messages: [{ role: 'user', content: 'Hello there' }], ...more }
}
