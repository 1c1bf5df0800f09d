import { mockModel } from '../../../support/gateway.ts'
import { MODELS, openDesk } from './desk.ts'
import type { Desk, StoreKind } from './desk.ts'

/** A desk whose models fail, cost much and fall back, and which lets callers ask for that. */
export function openConformingDesk(store: StoreKind): Promise<Desk> {
  return openDesk({
    store,
    storesModels: true,
    config: ({ apiBase }) => ({
      model_list: [
        ...MODELS.map((name) => mockModel(name, apiBase, { info: { id: `${name}-deployment` } })),
        mockModel('pricey', apiBase, { input_cost_per_token: 1e-9, output_cost_per_token: 1e-3 }),
        mockModel('with-fallback', apiBase),
        mockModel('broken', apiBase, { model: 'openai/mock-500' }),
        ...['mock-401', 'mock-404', 'mock-429'].map((name) => mockModel(name, apiBase)),
      ],
      router_settings: { num_retries: 0, fallbacks: [{ 'with-fallback': ['gpt-4o'] }, { broken: ['gpt-4o'] }] },
      compat: { client_mock_response: true },
    }),
  })
}
