import { expect, it } from 'vitest'
import { parseCallId, parseEntryId } from '../../domain/ids.ts'
import { chance, newCallId } from './chance.ts'

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

it('makes entry ids that are well-formed, unique and in the order of time', () => {
  const before = Date.now()
  const ids = Array.from({ length: 2_000 }, () => chance.entryId())
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) {
    expect(parseEntryId(id)).toBe(id)
    expect(id).toMatch(UUID_V7)
    const at = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
    expect(at).toBeGreaterThanOrEqual(before)
    expect(at).toBeLessThanOrEqual(Date.now())
  }
})

it('makes call ids that would pass as a caller’s', () => {
  const id = newCallId()
  expect(parseCallId(id)).toBe(id)
})
