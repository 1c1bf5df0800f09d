import type OpenAI from 'openai'
import { MASTER_KEY, mockModel, startGateway } from '../../../support/gateway.ts'
import { startMockUpstream } from '../../../support/mock-upstream/start-mock-upstream.ts'
import { createDatabase } from '../../../support/stores.ts'
import { reach } from '../../serving/support/rig.ts'
import type { Rig } from '../../serving/support/rig.ts'

/** A gateway with painters behind it, each with a price of another kind. */
export interface Studio extends Rig {
  readonly masterKey: string
  newUserKey(): Promise<string>
  spendOf(key: string): Promise<number>
  /** What the provider was asked last. */
  lastAsk(): object
}

const NO_TOKEN_PRICES = { input_cost_per_token: undefined, output_cost_per_token: undefined }

export async function openStudio(store: 'embedded' | 'postgres'): Promise<Studio> {
  const mock = await startMockUpstream()
  const database = store === 'postgres' ? await createDatabase() : undefined
  const { apiBase, url } = mock
  const byToken = { input_cost_per_token: 1e-6, output_cost_per_token: 4e-5 }
  const gateway = await startGateway({
    ...(database === undefined ? {} : { databaseUrl: database.url }),
    config: {
      model_list: [
        ...['tokens', 'team/artist', 'broken', 'late'].map((name) => mockModel(name, apiBase, byToken)),
        ...['mock-400', 'mock-400-filter', 'mock-404', 'mock-422', 'mock-429', 'mock-500'].map((name) =>
          mockModel(name, apiBase, byToken),
        ),
        mockModel('at-azure', url, { ...byToken, model: 'azure/their-painter', api_version: '2025-04-01-preview' }),
        mockModel('pictures', apiBase, {
          ...NO_TOKEN_PRICES,
          output_cost_per_image: 0.04,
          info: { mode: 'image_generation' },
        }),
        mockModel('unpriced', apiBase, { ...NO_TOKEN_PRICES, model: 'openai/nobody-knows' }),
        { model_name: 'demo', litellm_params: { model: 'demo/echo' } },
      ],
      router_settings: { num_retries: 0, fallbacks: [{ broken: ['tokens'] }] },
    },
  })
  mock.script('broken', { cut: { afterChunks: -1, how: 'reset' } })
  const reached = reach(gateway)
  return {
    ...reached,
    gateway,
    mock,
    masterKey: MASTER_KEY,
    async newUserKey() {
      const { key }: { readonly key: string } = JSON.parse((await reached.post('/user/new', {})).text)
      return key
    },
    async spendOf(key) {
      const { text } = await reached.get(`/key/info?key=${key}`)
      const { info }: { readonly info: { readonly spend: number } } = JSON.parse(text)
      return info.spend
    },
    lastAsk: () => JSON.parse(mock.requests.last?.body.toString() ?? ''),
    async close() {
      await gateway.stop()
      await mock.close()
      await database?.drop()
    },
  }
}

export function paint(model: string): OpenAI.ImageGenerateParamsNonStreaming & { readonly model: string } {
  return { model, prompt: 'A padlock' }
}
