import { parseDuration } from './duration.ts'
import { epochMs } from './ids.ts'
import type { EpochMs } from './ids.ts'
import type { BudgetWindow } from './limits.ts'

/** The period in which spending counts together; `end` belongs to the next one. */
export interface WindowSpan {
  readonly start: EpochMs
  readonly end: EpochMs
}

/** A calendar month, or steps of equal length that begin somewhere. */
type Period = 'month' | { readonly ms: number; readonly from: EpochMs }

const DAY = 86_400_000
const EPOCH = epochMs(0)
/** The first one of the epoch, 5 January 1970. */
const A_MONDAY = epochMs(4 * DAY)

const SHORT = /^([0-9]+)(mo|[smhdw])/
/** Words that clients send for the usual windows. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['hourly', '1h'],
  ['daily', '1d'],
  ['weekly', '7d'],
  ['monthly', '30d'],
])

/** `30min` in the shortest writing, `30m`, and words as they are; undefined: budgets have no window of this length. */
export function parseBudgetDuration(text: string): string | undefined {
  if (WORDS.has(text)) return text
  const duration = parseDuration(text)
  if (duration === undefined || (duration.unit === 'month' && duration.count !== 1)) return undefined
  return SHORT.exec(text)?.[0]
}

/** The window that a moment lies in, in UTC. Windows follow each other without gaps, before the anchor as well. */
export function windowAt(window: BudgetWindow, now: EpochMs): WindowSpan {
  const period = periodOf(window)
  if (period === 'month') return { start: firstOfMonth(now, 0), end: firstOfMonth(now, 1) }
  const start = now - remainder(now - period.from, period.ms)
  return { start: epochMs(start), end: epochMs(start + period.ms) }
}

/** The same where there may be none: what is spent is then never forgotten. */
export function spanAt(window: BudgetWindow | undefined, now: EpochMs): WindowSpan | undefined {
  return window === undefined ? undefined : windowAt(window, now)
}

/** A day, a week and thirty days mean the calendar's; hours and less count on the clock; the rest from the anchor. */
function periodOf({ duration: written, anchor }: BudgetWindow): Period {
  const duration = WORDS.get(written) ?? written
  const [, , unit] = SHORT.exec(duration) ?? []
  const parsed = parseBudgetDuration(duration) === undefined ? undefined : parseDuration(duration)
  if (parsed === undefined) throw new RangeError(`budgets have no window of ${duration}`)
  if (parsed.unit === 'month') return 'month'
  const ms = parsed.count
  if (unit !== 'd' && unit !== 'w') return { ms, from: EPOCH }
  switch (ms) {
    case DAY:
      return { ms, from: EPOCH }
    case 7 * DAY:
      return { ms, from: A_MONDAY }
    case 30 * DAY:
      return 'month'
    default:
      return { ms, from: epochMs(anchor - remainder(anchor, DAY)) }
  }
}

/**
 * What a change of the window does to the same amount of money. `longer` gives less of it per time; `other` is shorter,
 * or cuts time at other places, so that one of the new windows begins early.
 */
export function compareWindows(before: BudgetWindow, after: BudgetWindow): 'same' | 'longer' | 'other' {
  const [one, other] = [periodOf(before), periodOf(after)]
  if (shortest(other) > longest(one)) return 'longer'
  if (one === 'month' || other === 'month') return one === other ? 'same' : 'other'
  return one.ms === other.ms && remainder(one.from - other.from, one.ms) === 0 ? 'same' : 'other'
}

function shortest(period: Period): number {
  return period === 'month' ? 28 * DAY : period.ms
}

function longest(period: Period): number {
  return period === 'month' ? 31 * DAY : period.ms
}

function firstOfMonth(now: EpochMs, later: number): EpochMs {
  const date = new Date(now)
  return epochMs(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later, 1))
}

/** Never negative, so that times before the epoch and before an anchor fall into a window too. */
function remainder(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor
}
