import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { epochMs } from '../../domain/ids.ts'
import type { EpochMs } from '../../domain/ids.ts'
import { malformed } from '../refuse.ts'

export interface DayRange {
  readonly from: EpochMs
  /** Exclusive. */
  readonly until: EpochMs
}

export const DAY_MS = 86_400_000
const MOST_DAYS = 3_660

/** First and last day, `YYYY-MM-DD`, UTC. Both or neither. */
export function readDays(startDate: string | undefined, endDate: string | undefined): Decision<DayRange | undefined> {
  return startDate === undefined && endDate === undefined ? allow(undefined) : readNeededDays(startDate, endDate)
}

export function readNeededDays(startDate: string | undefined, endDate: string | undefined): Decision<DayRange> {
  if (startDate === undefined || endDate === undefined) return malformed('Please provide start_date and end_date')
  const from = dayStart(startDate)
  const last = dayStart(endDate)
  if (from === undefined || last === undefined) {
    return malformed('`start_date` and `end_date` must be days as YYYY-MM-DD.')
  }
  if (last < from) return malformed('`end_date` is before `start_date`.')
  if (last - from > MOST_DAYS * DAY_MS) return malformed(`A report covers at most ${MOST_DAYS} days.`)
  return allow({ from, until: epochMs(last + DAY_MS) })
}

/** So many whole days, the present one included. */
export function lastDays(count: number, now: EpochMs): DayRange {
  const until = (Math.floor(now / DAY_MS) + 1) * DAY_MS
  return { from: epochMs(until - count * DAY_MS), until: epochMs(until) }
}

/** From the first second that there was to the end of today. */
export function allDays(now: EpochMs): DayRange {
  return { ...lastDays(1, now), from: epochMs(0) }
}

const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/

/** The 30th of February is no day. */
export function dayStart(text: string): EpochMs | undefined {
  const at = DAY.test(text) ? Date.parse(`${text}T00:00:00.000Z`) : Number.NaN
  return Number.isNaN(at) || dayOf(at) !== text ? undefined : epochMs(at)
}

export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 'YYYY-MM-DD'.length)
}

const MOMENT = /^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})Z?)?$/

/** First and last second, `YYYY-MM-DD HH:MM:SS`, UTC; without a time, the day from its first to its last. */
export function readMoments(start: string | undefined, end: string | undefined): Decision<DayRange> {
  if (start === undefined || end === undefined) return malformed('Start date and end date are required')
  const first = momentOf(start)
  const last = momentOf(end)
  if (first === undefined || last === undefined) {
    return malformed('`start_date` and `end_date` must be moments as YYYY-MM-DD HH:MM:SS.')
  }
  if (last.from < first.from) return malformed('`end_date` is before `start_date`.')
  return allow({ from: first.from, until: last.until })
}

function momentOf(text: string): DayRange | undefined {
  const [, day = '', time] = MOMENT.exec(text) ?? []
  const start = dayStart(day)
  if (start === undefined) return undefined
  if (time === undefined) return { from: start, until: epochMs(start + DAY_MS) }
  const at = Date.parse(`${day}T${time}.000Z`)
  return Number.isNaN(at) ? undefined : { from: epochMs(at), until: epochMs(at + 1_000) }
}
