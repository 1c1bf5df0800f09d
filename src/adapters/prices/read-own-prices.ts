import { isList } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { parsePriceKey } from '../../domain/price-key.ts'
import { PRICED_UNITS, parseRate, rateOf } from '../../domain/price.ts'
import type { PricedUnit, Rate } from '../../domain/price.ts'
import type { PriceCell } from './price-cells.ts'

export interface OwnPrices {
  readonly cells: readonly PriceCell[]
  /** These prices are a price list of their own: no price of the table may be mixed in. */
  readonly complete: boolean
  /** The same of calls that paint, whose pictures these prices price, and not by the token. */
  readonly completeForPictures: boolean
}

export interface OwnPriceRules {
  /** At this provider a tier begins at its threshold, elsewhere after it. */
  readonly tiersBeginAtThreshold: boolean
}

/** What a deployment's configuration says about its prices. Its keys were checked when it was loaded. */
export function readOwnPrices(overrides: ReadonlyMap<string, JsonValue>, rules: OwnPriceRules): OwnPrices {
  const single = readCells(overrides, rules)
  const ranges = readRanges(overrides.get('tiered_pricing'))
  const cells = [...ranges, ...single]
  return { cells, complete: ranges.length > 0 || isComplete(single), completeForPictures: paysByPicture(cells) }
}

function readCells(prices: Iterable<readonly [string, JsonValue]>, rules: OwnPriceRules): readonly PriceCell[] {
  const cells: PriceCell[] = []
  for (const [name, value] of prices) {
    const key = parsePriceKey(name)
    const rate = typeof value === 'number' || typeof value === 'string' ? parseRate(value) : undefined
    if (key === undefined || rate === undefined) continue
    const shift = key.aboveTokens !== undefined && rules.tiersBeginAtThreshold ? 1 : 0
    const aboveTokens = key.aboveTokens === undefined ? undefined : key.aboveTokens - shift
    cells.push({ ...key, aboveTokens, rate })
  }
  return cells
}

/** A model declared free is free in every respect, and a model that is rented by the second is not billed by token. */
function isComplete(cells: readonly PriceCell[]): boolean {
  const plain = new Map(cells.filter(isPlain).map((cell) => [cell.unit, cell.rate]))
  const free = plain.get('input') === 0n && plain.get('output') === 0n
  return free || (plain.has('perSecond') && !plain.has('input') && !plain.has('output'))
}

function paysByPicture(cells: readonly PriceCell[]): boolean {
  const units = new Set(cells.map(({ unit }) => unit))
  const hasPicture = units.has('outputPicture') || units.has('inputPicture')
  return hasPicture && !units.has('output') && !units.has('imageOutput')
}

function isPlain(cell: PriceCell): boolean {
  return cell.aboveTokens === undefined && cell.variant === undefined
}

/** `tiered_pricing`: rows with a `range` of prompt sizes. The first row is the base, and every row stands alone. */
function readRanges(value: JsonValue | undefined): readonly PriceCell[] {
  if (!isList(value)) return []
  const rows = value.filter(isObject).flatMap((row) => {
    const from = isList(row['range']) ? row['range'][0] : undefined
    if (typeof from !== 'number') return []
    const cells = readCells(Object.entries(row), { tiersBeginAtThreshold: false }).filter(isPlain)
    return [{ from, rates: Object.fromEntries(cells.map((cell) => [cell.unit, cell.rate])) }]
  })
  rows.sort((a, b) => a.from - b.from)

  const priced = PRICED_UNITS.filter((unit) => rows.some((row) => row.rates[unit] !== undefined))
  return rows.flatMap(({ from, rates }, index) =>
    priced.flatMap((unit) => rangeCell(unit, index === 0 ? undefined : from, rateOf(rates, unit))),
  )
}

function rangeCell(unit: PricedUnit, aboveTokens: number | undefined, rate: Rate | undefined): readonly PriceCell[] {
  return rate === undefined ? [] : [{ unit, aboveTokens, variant: undefined, rate }]
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value)
}
