import { epochMs } from './ids.ts'
import type { EpochMs } from './ids.ts'

/** A span of time from now on. Months are no fixed number of days, so they are kept as months. */
export type Duration =
  | { readonly unit: 'ms'; readonly count: number }
  | { readonly unit: 'month'; readonly count: number }

const DURATION = /^([1-9][0-9]{0,6})([a-z]{1,7})$/
const SECOND = 1_000
const DAY = 86_400 * SECOND
/** Ten years, with as many leap days as they can have. */
const LONGEST_MS = 3_653 * DAY
const LONGEST_MONTHS = 120

const UNITS: ReadonlyMap<string, number | 'month'> = new Map([
  ...named(SECOND, ['s', 'sec', 'secs', 'second', 'seconds']),
  ...named(60 * SECOND, ['m', 'min', 'mins', 'minute', 'minutes']),
  ...named(3_600 * SECOND, ['h', 'hr', 'hrs', 'hour', 'hours']),
  ...named(DAY, ['d', 'day', 'days']),
  ...named(7 * DAY, ['w', 'week', 'weeks']),
  ...named('month', ['mo', 'month', 'months']),
])

/**
 * `30s`, `15min`, `24h`, `90d`, `2w`, `1mo`: a positive whole number and a unit, at most ten years. Everything else is
 * undefined, and must never be taken for "no limit".
 */
export function parseDuration(text: string): Duration | undefined {
  const [, digits, name] = DURATION.exec(text) ?? []
  const unit = UNITS.get(name ?? '')
  if (unit === undefined) return undefined
  const count = Number(digits)
  if (unit === 'month') return count <= LONGEST_MONTHS ? { unit, count } : undefined
  return count * unit <= LONGEST_MS ? { unit: 'ms', count: count * unit } : undefined
}

/** A month later is the same day of the next month, or its last day where it is shorter. UTC. */
export function addDuration(start: EpochMs, duration: Duration): EpochMs {
  if (duration.unit === 'ms') return epochMs(start + duration.count)
  const from = new Date(start)
  const month = from.getUTCMonth() + duration.count
  const lastDay = new Date(Date.UTC(from.getUTCFullYear(), month + 1, 0)).getUTCDate()
  const to = new Date(start)
  to.setUTCFullYear(from.getUTCFullYear(), month, Math.min(from.getUTCDate(), lastDay))
  return epochMs(to.getTime())
}

function named(size: number | 'month', names: readonly string[]): (readonly [string, number | 'month'])[] {
  return names.map((name) => [name, size] as const)
}
