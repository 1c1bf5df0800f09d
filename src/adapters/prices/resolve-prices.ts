import type { ModelPrice } from '@pydantic/genai-prices'
import type { PriceSheet } from '../../domain/price.ts'
import type { FoundPrices, ModelQuery } from '../../ports/model-facts.ts'
import { buildPriceSheet, buildStandardSchedule } from './build-price-sheet.ts'
import type { TableEntry } from './find-table-entry.ts'
import { PriceCells } from './price-cells.ts'
import type { PriceCell } from './price-cells.ts'
import { readOwnPrices } from './read-own-prices.ts'
import { readTablePrices } from './read-table-prices.ts'

export interface ResolvedPrices {
  readonly found: FoundPrices
  /** What the sheet was built from, for display. */
  readonly cells: readonly PriceCell[]
}

/** Lays a deployment's own prices over those of the table, key by key. */
export function resolvePrices(query: ModelQuery, entry: TableEntry | undefined, prices: ModelPrice): ResolvedPrices {
  const own = readOwnPrices(query.overrides, { tiersBeginAtThreshold: query.provider === 'xai' })
  const listed = entry === undefined || own.complete ? [] : readTablePrices(prices, entry.model.id)
  const cells = new PriceCells(listed, own.cells)
  return {
    found: {
      sheet: own.completeForPictures ? withPainting(buildPriceSheet(cells), own.cells) : buildPriceSheet(cells),
      matched: entry === undefined || listed.length === 0 ? undefined : `${entry.providerId}/${entry.model.id}`,
    },
    cells: cells.all(),
  }
}

function withPainting(sheet: PriceSheet | undefined, own: readonly PriceCell[]): PriceSheet | undefined {
  return sheet === undefined ? undefined : { ...sheet, painting: buildStandardSchedule(new PriceCells(own)) }
}
