import OpenAI from 'openai'
import { mockModel, startGateway } from '../../../support/gateway.ts'
import { startMockUpstream } from '../../../support/mock-upstream/start-mock-upstream.ts'
import { createDatabase } from '../../../support/stores.ts'
import type { StoreKind } from '../../management/support/desk.ts'

/** The master key that the black-box tests of the compatible gateway send. */
const WELL_KNOWN_KEY = 'sk-1234'

/** A gateway as those tests find it, seen through the official client. */
export interface Clients {
  /** The administrator's. */
  readonly admin: OpenAI
  /** It never retries by itself, so that what it sees is what we answered. */
  as(key: string): OpenAI
  newKey(fields?: object): Promise<string>
  newTeam(fields?: object): Promise<string>
  /** A call of the management API, through the administrator's client. */
  done<Reply>(path: string, body: object): Promise<Reply>
  read<Reply>(path: string): Promise<Reply>
  /** Where models that are made over the API lead to. */
  readonly apiBase: string
  close(): Promise<void>
}

export async function openClients(store: StoreKind): Promise<Clients> {
  const mock = await startMockUpstream()
  const database = store === 'postgres' ? await createDatabase() : undefined
  const { apiBase } = mock
  const gateway = await startGateway({
    ...(database === undefined ? {} : { databaseUrl: database.url }),
    masterKey: WELL_KNOWN_KEY,
    env: { LITELLM_SALT_KEY: 'salt-of-these-tests-7Qp2xV9mRw4TzK8c' },
    config: {
      model_list: [
        ...['gpt-4o', 'gpt-4o-mini'].map((name) => mockModel(name, apiBase, { info: { id: `${name}-deployment` } })),
        mockModel('pricey', apiBase, { input_cost_per_token: 1e-9, output_cost_per_token: 1e-3 }),
        mockModel('with-fallback', apiBase),
        ...['mock-401', 'mock-404', 'mock-429'].map((name) => mockModel(name, apiBase)),
      ],
      router_settings: { num_retries: 0, fallbacks: [{ 'with-fallback': ['gpt-4o'] }] },
      general_settings: { store_model_in_db: true, provider_egress_allow: ['127.0.0.1:*'] },
      compat: { client_mock_response: true },
    },
  })
  const as = (apiKey: string): OpenAI => new OpenAI({ baseURL: gateway.url, apiKey, maxRetries: 0 })
  const admin = as(WELL_KNOWN_KEY)
  const done = <Reply>(path: string, body: object): Promise<Reply> => admin.post<Reply>(path, { body })
  return {
    admin,
    as,
    done,
    read: <Reply>(path: string): Promise<Reply> => admin.get<Reply>(path),
    newKey: async (fields = {}) => (await done<{ readonly key: string }>('/key/generate', fields)).key,
    newTeam: async (fields = {}) => (await done<{ readonly team_id: string }>('/team/new', fields)).team_id,
    apiBase,
    async close() {
      await gateway.stop()
      await mock.close()
      await database?.drop()
    },
  }
}
