import { PRICED_UNITS } from '../../domain/price.ts'
import type { PricedUnit, PriceSheet, Rate, Rates, Schedule } from '../../domain/price.ts'
import type { PriceCells } from './price-cells.ts'

const BATCHES = 'batches'
const NOT_HALVED: ReadonlySet<PricedUnit> = new Set(['perRequest', 'perSecond'])

/** Resolves every fallback once, so that pricing a call is picking a row. Undefined: there is nothing to bill by. */
export function buildPriceSheet(cells: PriceCells): PriceSheet | undefined {
  const all = cells.all()
  if (all.length === 0) return undefined
  const tiers = cells.variants().filter((variant) => variant !== BATCHES)
  return {
    standard: buildSchedule(cells, undefined),
    batch: buildSchedule(cells, BATCHES),
    byServiceTier: new Map(tiers.map((tier) => [tier, buildSchedule(cells, tier)])),
    free:
      cells.get('input') !== undefined && cells.get('output') !== undefined && all.every((cell) => cell.rate === 0n),
  }
}

export function buildStandardSchedule(cells: PriceCells): Schedule {
  return buildSchedule(cells, undefined)
}

function buildSchedule(cells: PriceCells, variant: string | undefined): Schedule {
  return {
    base: buildRates(cells, undefined, variant),
    tiers: cells.thresholds().map((above) => ({ above, rates: buildRates(cells, above, variant) })),
  }
}

function buildRates(cells: PriceCells, above: number | undefined, variant: string | undefined): Rates {
  const rates: { [Unit in PricedUnit]?: Rate } = {}
  for (const unit of PRICED_UNITS) {
    const rate = rateFor(cells, unit, above, variant)
    if (rate !== undefined) rates[unit] = rate
  }
  return rates
}

/**
 * The most specific price wins; what is missing for a variant or a tier is the base price, halved for batches. Where a
 * tier and a variant are both priced but not their combination, the dearer of the two: the other would be a guess in
 * the caller's favour.
 */
function rateFor(
  cells: PriceCells,
  unit: PricedUnit,
  above: number | undefined,
  variant: string | undefined,
): Rate | undefined {
  const both = above === undefined ? undefined : cells.getReached(unit, above, variant)
  if (both !== undefined) return both

  const ofVariant = cells.get(unit, undefined, variant)
  const ofTier = above === undefined ? undefined : discounted(cells.getReached(unit, above), unit, variant)
  if (ofVariant !== undefined && ofTier !== undefined) return ofVariant > ofTier ? ofVariant : ofTier
  return ofVariant ?? ofTier ?? discounted(cells.get(unit), unit, variant)
}

function discounted(rate: Rate | undefined, unit: PricedUnit, variant: string | undefined): Rate | undefined {
  if (rate === undefined || variant !== BATCHES || NOT_HALVED.has(unit)) return rate
  return (rate + 1n) / 2n
}
