import { randomBytes, randomUUID } from 'node:crypto'
import { callIdOf, entryIdOf, holdIdOf, slotIdOf, userIdOfUuid } from '../../domain/ids.ts'
import type { CallId, EntryId, HoldId, SlotId, UserId } from '../../domain/ids.ts'
import type { Chance, Timers } from '../../ports/chance.ts'

export const chance: Chance = {
  fraction: () => Math.random(),
  /** A UUID of version 7: lines that were written together stand together in the store's index. */
  entryId(): EntryId {
    return entryIdOf(`${writtenTime(Date.now())}-7${randomUUID().slice(15)}`)
  },
  holdId: (): HoldId => holdIdOf(randomUUID()),
  slotId: (): SlotId => slotIdOf(randomUUID()),
  secretBytes: (count) => randomBytes(count),
}

let lastTime = 0
let lastWritten: `${string}-${string}` = '00000000-0000'

/** The first twelve digits of an id; many are made in one millisecond. */
function writtenTime(now: number): `${string}-${string}` {
  if (now === lastTime) return lastWritten
  const digits = now.toString(16).padStart(12, '0')
  lastTime = now
  lastWritten = `${digits.slice(0, 8)}-${digits.slice(8)}`
  return lastWritten
}

export function newCallId(): CallId {
  return callIdOf(randomUUID())
}

export function newUserId(): UserId {
  return userIdOfUuid(randomUUID())
}

export const timers: Timers = {
  after(ms, go) {
    const timer = setTimeout(go, ms)
    return () => clearTimeout(timer)
  },
}
