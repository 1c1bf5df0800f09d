import { epochMs } from './ids.ts'
import type { EpochMs } from './ids.ts'

/** Who made a row, and who changed it last. */
export interface Stamps {
  readonly createdAt: EpochMs
  readonly createdBy: string
  readonly updatedAt: EpochMs
  readonly updatedBy: string
}

export function stampedNew(by: string, now: EpochMs): Stamps {
  return { createdAt: now, createdBy: by, updatedAt: now, updatedBy: by }
}

/** Never the same moment twice, so that the time of a change tells every version of a row from every other. */
export function restamped<Row extends Pick<Stamps, 'updatedAt' | 'updatedBy'>>(
  row: Row,
  by: string,
  now: EpochMs,
): Row {
  return { ...row, updatedAt: epochMs(Math.max(now, row.updatedAt + 1)), updatedBy: by }
}
