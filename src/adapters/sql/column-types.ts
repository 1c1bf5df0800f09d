import type { ColumnType } from 'kysely'
import { type EpochMs, epochMs } from '../../domain/ids.ts'

const INT8 = 20
const NUMERIC = 1700
const TIMESTAMPTZ = 1184

/** How both drivers read the types that JavaScript has no exact default for. */
export const COLUMN_PARSERS: Readonly<Record<number, (text: string) => bigint | string | EpochMs>> = {
  [INT8]: BigInt,
  [NUMERIC]: (text) => text,
  [TIMESTAMPTZ]: parseTimestamp,
}

const TIMESTAMP = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d+)?)([+-]\d{2})(?::(\d{2}))?$/

/** ISO date style in any session time zone. */
export function parseTimestamp(text: string): EpochMs {
  const [, day, time, hours, minutes] = TIMESTAMP.exec(text) ?? []
  const at = Date.parse(`${day}T${time}${hours}:${minutes ?? '00'}`)
  if (Number.isNaN(at)) throw new RangeError('a timestamp outside the years 0 to 9999, or not in ISO style')
  return epochMs(at)
}

const FIRST = Date.parse('0001-01-01T00:00:00.000Z')
const LAST = Date.parse('9999-12-31T23:59:59.999Z')

/** Moments before and after years of four digits, which nobody means, are the first and the last one that SQL text has. */
export function timestampText(at: EpochMs): string {
  return new Date(Math.min(Math.max(at, FIRST), LAST)).toISOString()
}

/** Of UTC. */
export function dayText(at: EpochMs): string {
  return timestampText(at).slice(0, 'YYYY-MM-DD'.length)
}

/** Read as epoch milliseconds by both drivers (`column-types.ts`), written as ISO text. */
export type Timestamp = ColumnType<EpochMs, string, string>
export type NullableTimestamp = ColumnType<EpochMs | null, string | null, string | null>
/** Read as a value, written as JSON text. */
export type Json<Value> = ColumnType<Value, string, string>
