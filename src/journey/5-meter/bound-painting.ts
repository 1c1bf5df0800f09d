import { isByToken, rateOf } from '../../domain/price.ts'
import type { PriceSheet, Rate, Rates } from '../../domain/price.ts'
import { INPUT_UNITS, OUTPUT_UNITS, dearest, onceOf, reachable } from './bound-cost.ts'
import type { CostBound } from './bound-cost.ts'
import type { PictureOrder } from './picture-order.ts'

/** The most that an order of pictures can cost; nothing can be taken off it. Undefined: part of it has no price. */
export function boundPainting(
  sheet: PriceSheet,
  inputTokens: number,
  order: PictureOrder,
  mostMs: number,
): CostBound | undefined {
  const schedules = sheet.painting === undefined ? [sheet.standard, ...sheet.byServiceTier.values()] : [sheet.painting]
  let fixed: Rate = 0n
  for (const schedule of schedules) {
    for (const rates of reachable(schedule, inputTokens)) {
      const painted = paintingCost(rates, order)
      if (painted === undefined) return undefined
      const all = onceOf(rates, mostMs) + dearest(rates, INPUT_UNITS) * BigInt(inputTokens) + painted
      if (all > fixed) fixed = all
    }
  }
  return { fixed, perOutputToken: 0n }
}

/** By the token or by the picture: which of them is known afterwards only. */
function paintingCost(rates: Rates, { pictures, tokensEach }: PictureOrder): Rate | undefined {
  const perPicture = rateOf(rates, 'outputPicture')
  const byPicture = perPicture === undefined ? undefined : perPicture * BigInt(pictures)
  if (!isByToken(rates)) return byPicture ?? (hasPriceForAll(rates) ? 0n : undefined)
  const isTokenPriced = rateOf(rates, 'imageOutput') !== undefined && rates.input !== undefined
  if (!isTokenPriced) return byPicture
  const byToken = dearest(rates, OUTPUT_UNITS) * BigInt(tokensEach * pictures)
  return byPicture === undefined || byToken > byPicture ? byToken : byPicture
}

function hasPriceForAll(rates: Rates): boolean {
  return rates.perRequest !== undefined || rates.perSecond !== undefined
}
