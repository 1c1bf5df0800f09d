import type { JsonValue } from '../domain/json.ts'
import { parseRate } from '../domain/price.ts'
import type { Findings } from './finding.ts'
import { isAbsent, kindOf, toJson } from './located.ts'
import type { Located, LocatedEntry } from './located.ts'
import { isBilled, isPriceKey, looksLikePrice, PRICE_KEYS } from './known-price-keys.ts'
import { nearestName } from './nearest-name.ts'
import { showKey } from './show-name.ts'

/** The prices among the members of a map, single ones as the decimal text that was written. */
export function readPrices(
  entries: ReadonlyMap<string, LocatedEntry>,
  key: string,
  findings: Findings,
): ReadonlyMap<string, JsonValue> {
  const prices = new Map<string, JsonValue>()
  for (const [name, entry] of entries) {
    if (!isPriceKey(name) || isAbsent(entry.value)) continue
    const price = readPrice(entry.value, `${key}.${name}`, findings)
    if (price !== undefined) prices.set(name, price)
    if (price !== undefined && !isBilled(name)) {
      findings.warn(entry.place, `${key}.${name}`, 'No call is billed by this unit in this version.')
    }
  }
  return prices
}

/** Reports a member that is named like a price and is none. */
export function refuseUnknownPrice(name: string, entry: LocatedEntry, key: string, findings: Findings): boolean {
  if (isPriceKey(name) || !looksLikePrice(name)) return false
  const nearest = nearestName(name, PRICE_KEYS)
  const suggestion = nearest === undefined ? undefined : `Did you mean ${nearest}?`
  findings.error(entry.place, `${key}.${showKey(name)}`, 'There is no such price.', suggestion)
  return true
}

const PRICE = /^\+?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/

function readPrice(node: Located, key: string, findings: Findings): JsonValue | undefined {
  if (node.kind === 'map' || node.kind === 'list') return exactJson(node)
  const text = node.text.trim()
  const price = PRICE.test(text) ? text.replace(/^\+/, '') : undefined
  if (price !== undefined && parseRate(price) !== undefined) return price
  const found = typeof node.value === 'number' ? 'another number' : kindOf(node)
  findings.error(node.place, key, `Expected a price in dollars, such as 0.0000025 or 2.5e-6, found ${found}.`)
  return undefined
}

/** As written, but prices inside keep their digits as text. */
function exactJson(node: Located): JsonValue {
  if (node.kind === 'list') return node.items.map(exactJson)
  if (node.kind === 'scalar') return toJson(node)
  return Object.fromEntries(
    [...node.entries].map(([name, { value }]) => {
      const isPrice = value.kind === 'scalar' && isPriceKey(name) && PRICE.test(value.text)
      return [name, isPrice ? value.text : exactJson(value)]
    }),
  )
}
