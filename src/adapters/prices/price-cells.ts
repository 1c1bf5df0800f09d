import type { PriceKey } from '../../domain/price-key.ts'
import type { PricedUnit, Rate } from '../../domain/price.ts'

/** One price with what it is for: the form in which the table's prices and a deployment's own meet. */
export interface PriceCell extends PriceKey {
  readonly rate: Rate
}

/** Prices by unit, tier and variant. */
export class PriceCells {
  readonly #cells = new Map<string, PriceCell>()

  constructor(...layers: readonly (readonly PriceCell[])[]) {
    for (const cell of layers.flat()) this.#cells.set(nameOf(cell.unit, cell.aboveTokens, cell.variant), cell)
  }

  get(unit: PricedUnit, aboveTokens?: number, variant?: string): Rate | undefined {
    return this.#cells.get(nameOf(unit, aboveTokens, variant))?.rate
  }

  /** The price of the highest tier that this unit has, up to and including the given one. */
  getReached(unit: PricedUnit, aboveTokens: number, variant?: string): Rate | undefined {
    const reached = this.thresholds().filter((tokens) => tokens <= aboveTokens)
    const tier = reached.findLast((tokens) => this.get(unit, tokens, variant) !== undefined)
    return tier === undefined ? undefined : this.get(unit, tier, variant)
  }

  all(): readonly PriceCell[] {
    return [...this.#cells.values()]
  }

  /** Ascending. */
  thresholds(): readonly number[] {
    const distinct = new Set(this.all().map((cell) => cell.aboveTokens))
    return [...distinct].filter((tokens) => tokens !== undefined).toSorted((a, b) => a - b)
  }

  variants(): readonly string[] {
    return [...new Set(this.all().map((cell) => cell.variant))].filter((variant) => variant !== undefined)
  }
}

function nameOf(unit: PricedUnit, aboveTokens: number | undefined, variant: string | undefined): string {
  return `${unit} ${aboveTokens ?? ''} ${variant ?? ''}`
}
