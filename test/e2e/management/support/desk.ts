import { createHash, randomBytes } from 'node:crypto'
import type { RunningGateway } from '../../../support/gateway.ts'
import { MASTER_KEY, bearer, mockModel, startGateway } from '../../../support/gateway.ts'
import type { MockUpstream } from '../../../support/mock-upstream/start-mock-upstream.ts'
import { startMockUpstream } from '../../../support/mock-upstream/start-mock-upstream.ts'
import { createDatabase } from '../../../support/stores.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // eslint-disable-next-line typescript/no-explicit-any
  readonly json: any
}

export interface Ask {
  readonly body?: object
  /** The default is the master key; an empty one sends none. */
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A gateway as its administrator meets it: over HTTP, with the master key. */
export interface Desk {
  readonly gateway: RunningGateway
  readonly mock: MockUpstream
  ask(method: string, path: string, ask?: Ask): Promise<Answer>
  get(path: string, key?: string): Promise<Answer>
  post(path: string, body: object, key?: string): Promise<Answer>
  /** The answer of a call that has to succeed. */
  read(path: string, key?: string): Promise<Answer['json']>
  done(path: string, body?: object, key?: string): Promise<Answer['json']>
  chat(model: string, key: string, more?: object): Promise<Answer>
  newKey(fields?: object): Promise<string>
  newUser(fields?: object): Promise<{ readonly id: string; readonly key: string }>
  newTeam(fields?: object): Promise<string>
  close(): Promise<void>
}

export type StoreKind = 'embedded' | 'postgres'
export const STORES: readonly StoreKind[] = ['embedded', 'postgres']

export interface DeskOptions {
  readonly store?: StoreKind
  /** Models and credentials that are made over the API lead to the mock, which is on loopback. */
  readonly storesModels?: boolean
  /** Sections of the configuration, merged over the default ones. */
  readonly config?: (mock: MockUpstream) => Record<string, unknown>
}

/** The models that every desk has. A chat with one costs 23e-6: seven tokens in, eight out. */
export const MODELS = ['gpt-4o', 'gpt-4o-mini', 'claude-sonnet'] as const
export const CHAT_COST = 23e-6

/** Where a subject is tested that is tested on one store only. */
const USUAL_STORE: StoreKind = 'embedded'

export async function openDesk({ store = USUAL_STORE, storesModels = false, config }: DeskOptions = {}): Promise<Desk> {
  const mock = await startMockUpstream()
  const database = store === 'postgres' ? await createDatabase() : undefined
  const gateway = await startGateway({
    ...(database === undefined ? {} : { databaseUrl: database.url }),
    env: { LITELLM_SALT_KEY: 'salt-of-these-tests-7Qp2xV9mRw4TzK8c' },
    config: {
      model_list: MODELS.map((name) => mockModel(name, mock.apiBase, { info: { id: `${name}-deployment` } })),
      ...(storesModels
        ? { general_settings: { store_model_in_db: true, provider_egress_allow: ['127.0.0.1:*', 'localhost:*'] } }
        : {}),
      ...config?.(mock),
    },
  })
  return {
    ...sit(gateway.url),
    gateway,
    mock,
    async close() {
      await gateway.stop()
      await mock.close()
      await database?.drop()
    },
  }
}

function sit(url: string): Omit<Desk, 'gateway' | 'mock' | 'close'> {
  const ask: Desk['ask'] = async (method, path, { body, key = MASTER_KEY, headers = {} } = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(key === '' ? {} : bearer(key)),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: parsed(text) }
  }
  const get: Desk['get'] = (path, key) => ask('GET', path, of(key))
  const post: Desk['post'] = (path, body, key) => ask('POST', path, { body, ...of(key) })
  const done: Desk['done'] = async (path, body = {}, key) => succeeded(`POST ${path}`, await post(path, body, key))
  return {
    ask,
    get,
    post,
    done,
    read: async (path, key) => succeeded(`GET ${path}`, await get(path, key)),
    chat: (model, key, more = {}) =>
      post('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'Hello there' }], ...more }, key),
    newKey: async (fields) => (await done('/key/generate', fields)).key,
    newUser: async (fields = {}) => {
      const { user_id, key } = await done('/user/new', {
        user_id: unique('user'),
        user_role: 'internal_user',
        ...fields,
      })
      return { id: user_id, key }
    },
    newTeam: async (fields = {}) => (await done('/team/new', { team_id: unique('team'), ...fields })).team_id,
  }
}

function of(key: string | undefined): Pick<Ask, 'key'> {
  return key === undefined ? {} : { key }
}

/** A call that the test only prepares with fails loudly, with what was answered. */
export function succeeded(what: string, answer: Answer): Answer['json'] {
  if (answer.status !== 200) throw new Error(`${what} answered ${answer.status}: ${answer.text}`)
  return answer.json
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function unique(what: string): string {
  return `${what}-${randomBytes(6).toString('hex')}`
}

/** E-mail addresses are legal ids, and have characters in them that URLs give a meaning. */
export function uniqueEmail(name: string): string {
  return `${name}+${randomBytes(4).toString('hex')}@example.com`
}

export function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** A value that a caller may choose for a key: `sk-` and more than 32 characters that are not weak. */
export function chosenKey(): string {
  return `sk-${randomBytes(30).toString('base64url')}`
}

export function query(path: string, params: Readonly<Record<string, string | number | boolean>>): string {
  const pairs = Object.entries(params).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
  return `${path}?${pairs.join('&')}`
}
