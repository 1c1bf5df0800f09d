import type { calcPrice, ModelInfo, ModelPrice, Provider } from '@pydantic/genai-prices'
import type { EpochMs } from '../../domain/ids.ts'
import type { ModelQuery } from '../../ports/model-facts.ts'
import { plainerNames } from './model-names.ts'
import { isProviderName, isSelfHosted, tableNamesOf } from './provider-names.ts'

/** The one thing that we ask of the price table's package. */
export interface PriceTable {
  readonly calcPrice: typeof calcPrice
}

export interface TableEntry {
  readonly providerId: string
  readonly model: ModelInfo
  /** The same object for as long as the prices are the same. */
  readonly pricesAt: (at: EpochMs) => ModelPrice
}

/** A provider in LiteLLM's words, or any. */
type Spelling = readonly [provider: string | undefined, model: string]

/** The names by which a model may be known, in the order of asking. */
export function* spellingsOf(query: Pick<ModelQuery, 'provider' | 'baseModel'>, name: string): Generator<Spelling> {
  if (query.baseModel !== undefined) yield* spell(query.provider, query.baseModel, true)
  yield* spell(query.provider, name, !isSelfHosted(query.provider))
}

function* spell(provider: string, model: string, anywhere: boolean): Generator<Spelling> {
  for (const name of plainerNames(model)) {
    yield [provider, name]
    const { modelPrefix } = tableNamesOf(provider)
    if (modelPrefix !== undefined && !name.includes('/')) yield [provider, modelPrefix + name]
    if (!anywhere) continue
    const slash = name.indexOf('/')
    const prefix = name.slice(0, Math.max(slash, 0))
    if (isProviderName(prefix)) yield [prefix, name.slice(slash + 1)]
    yield [undefined, name]
  }
}

/** Asks the table under every spelling; its own matching knows the vendors' many aliases. */
export function findTableEntry(table: PriceTable, query: ModelQuery, name: string): TableEntry | undefined {
  for (const [provider, model] of spellingsOf(query, name)) {
    const entry = lookUp(table, provider, model)
    if (entry !== undefined) return entry
  }
  return undefined
}

function lookUp(table: PriceTable, provider: string | undefined, model: string): TableEntry | undefined {
  const providerId = provider === undefined ? undefined : tableNamesOf(provider).prices
  if (provider !== undefined && providerId === undefined) return undefined
  const found = table.calcPrice({}, model, { ...(providerId !== undefined && { providerId }), timestamp: ANY_TIME })
  if (found === null) return undefined
  const { provider: owner, model: info, model_price: prices } = found
  return {
    providerId: owner.id,
    model: info,
    pricesAt: Array.isArray(info.prices) ? seasonalPrices(table, owner, info) : () => prices,
  }
}

/**
 * The table decides by itself which of several prices holds, given only the one model to choose from. Its seasons begin
 * at whole seconds, so a busy second asks once.
 */
function seasonalPrices(table: PriceTable, owner: Provider, info: ModelInfo): (at: EpochMs) => ModelPrice {
  const provider: Provider = { ...owner, models: [{ ...info, match: { contains: '' } }] }
  let second = Number.NaN
  let prices = NO_PRICES
  return (at) => {
    const asked = Math.floor(at / MS_PER_SECOND)
    if (asked === second) return prices
    const timestamp = new Date(asked * MS_PER_SECOND)
    prices = table.calcPrice({}, info.id, { provider, timestamp })?.model_price ?? NO_PRICES
    second = asked
    return prices
  }
}

const MS_PER_SECOND = 1000
const NO_PRICES: ModelPrice = {}
/** A lookup wants a moment even where only the entry is asked for. */
const ANY_TIME = new Date(0)
