import { randomBytes, randomUUID } from 'node:crypto'
import { parseCallId, parseEntryId } from '../../domain/ids.ts'
import type { CallId, EntryId } from '../../domain/ids.ts'
import type { Chance, Timers } from '../../ports/chance.ts'

export const chance: Chance = {
  fraction: () => Math.random(),
  entryId(): EntryId {
    const id = parseEntryId(randomUUID())
    if (id === undefined) throw new Error('no UUID')
    return id
  },
  secretBytes: (count) => randomBytes(count),
}

export function newCallId(): CallId {
  const id = parseCallId(randomUUID())
  if (id === undefined) throw new Error('no UUID')
  return id
}

export const timers: Timers = {
  after(ms, go) {
    const timer = setTimeout(go, ms)
    return () => clearTimeout(timer)
  },
}
