import type { EpochMs } from '../domain/ids.ts'

export interface Clock {
  now(): EpochMs
}
