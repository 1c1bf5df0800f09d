import { epochMs } from '../../domain/ids.ts'
import type { Clock } from '../../ports/clock.ts'

export const clock: Clock = { now: () => epochMs(Date.now()) }
