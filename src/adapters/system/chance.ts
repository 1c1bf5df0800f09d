import { randomBytes, randomUUID } from 'node:crypto'
import { callIdOf, entryIdOf, holdIdOf, userIdOfUuid } from '../../domain/ids.ts'
import type { CallId, EntryId, HoldId, UserId } from '../../domain/ids.ts'
import type { Chance, Timers } from '../../ports/chance.ts'

export const chance: Chance = {
  fraction: () => Math.random(),
  /** A UUID of version 7: lines that were written together stand together in the store's index. */
  entryId(): EntryId {
    const at = Date.now().toString(16).padStart(12, '0')
    return entryIdOf(`${at.slice(0, 8)}-${at.slice(8)}-7${randomUUID().slice(15)}`)
  },
  holdId: (): HoldId => holdIdOf(randomUUID()),
  secretBytes: (count) => randomBytes(count),
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
