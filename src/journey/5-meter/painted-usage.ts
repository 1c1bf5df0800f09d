import { rateOf } from '../../domain/price.ts'
import type { PriceSheet, Rates } from '../../domain/price.ts'
import { NO_USAGE } from '../../domain/usage.ts'
import type { Usage } from '../../domain/usage.ts'
import type { PictureOrder } from './picture-order.ts'

export interface Painted {
  readonly order: PictureOrder
  /** How many pictures came; undefined: nobody knows. */
  readonly came: number | undefined
  /** Undefined: the upstream told no tokens that can be believed. */
  readonly told: Usage | undefined
  readonly sheet: PriceSheet | undefined
}

/** What was used for pictures, where that does not take an estimate. */
export function paintedUsage(painted: Painted): Usage | undefined {
  const { told, sheet } = painted
  const pictures = picturesOf(painted)
  const { byPicture, byToken, pricesPrompt } = tariffOf(sheet)
  if (told !== undefined) {
    // Upstreams that bill by the picture may say that nothing was used.
    if (told.outputTokens === 0 && pictures > 0 && byToken && !byPicture) return undefined
    return { ...told, imageOutputTokens: told.imageOutputTokens ?? told.outputTokens, pictures }
  }
  return byPicture && !pricesPrompt ? { ...NO_USAGE, pictures } : undefined
}

/** The same where it does: base64 is no text that a model wrote. */
export function estimatePainted(painted: Painted, inputTokens: number): Usage {
  const pictures = picturesOf(painted)
  const { byPicture, byToken } = tariffOf(painted.sheet)
  const outputTokens = byToken && !byPicture ? pictures * painted.order.tokensEach : 0
  return { ...NO_USAGE, inputTokens, outputTokens, imageOutputTokens: outputTokens, pictures }
}

/** Some give more than was ordered, but nobody this many. */
const MOST_PICTURES = 1_000

function picturesOf({ came, order }: Painted): number {
  return came === undefined || came > MOST_PICTURES ? order.pictures : came
}

interface Tariff {
  readonly byPicture: boolean
  readonly byToken: boolean
  readonly pricesPrompt: boolean
}

function tariffOf(sheet: PriceSheet | undefined): Tariff {
  const base: Rates = (sheet?.painting ?? sheet?.standard)?.base ?? {}
  return {
    byPicture: rateOf(base, 'outputPicture') !== undefined,
    byToken: rateOf(base, 'imageOutput') !== undefined,
    pricesPrompt: base.input !== undefined,
  }
}
