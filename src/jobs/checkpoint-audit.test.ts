import { describe, expect, test } from 'vitest'
import type { AuditCheckpoint } from '../domain/audit-checkpoint.ts'
import type { AuditHead } from '../domain/audit-record.ts'
import { epochMs } from '../domain/ids.ts'
import type { AuditLog } from '../ports/audit-log.ts'
import { AuditCheckpoints } from './checkpoint-audit.ts'

const head = (sequence: number): AuditHead => ({ sequence, hash: `hash ${sequence}` })

function stand(last?: AuditCheckpoint | 'forged') {
  const kept: number[] = []
  const waiting: { ms: number; go: () => void }[] = []
  const told: string[] = []
  let fails = false
  const checkpoints = new AuditCheckpoints({
    book: {
      keep: ({ sequence }) => {
        if (fails) throw new Error('no space')
        kept.push(sequence)
      },
      last: () => last,
    },
    clock: { now: () => epochMs(0) },
    timers: {
      after: (ms, go) => {
        const timer = { ms, go }
        waiting.push(timer)
        return () => void waiting.splice(waiting.indexOf(timer), 1)
      },
    },
    log: { info: () => {}, warn: () => {}, error: (text) => void told.push(text) },
  })
  return { checkpoints, kept, waiting, told, fail: (yes: boolean) => (fails = yes) }
}

/** A log of so many records, the hashes of which are their numbers. */
function logOf(count: number): AuditLog {
  return {
    head: async () => head(count),
    readAfter: async (after: number) => (after < count ? [{ ...head(after + 1) }] : []),
  } as unknown as AuditLog
}

describe('A-04: the checkpoints of the audit log', () => {
  test('come 60 seconds after the first record, or with the thousandth, and once', () => {
    const { checkpoints, kept, waiting } = stand()
    for (const sequence of [1, 3, 2]) checkpoints.recorded(head(sequence))
    expect(waiting.map(({ ms }) => ms)).toEqual([60_000])
    waiting[0]?.go()
    expect(kept).toEqual([3])
    for (const sequence of [4, 1_002, 1_003, 1_004]) checkpoints.recorded(head(sequence))
    expect(kept).toEqual([3, 1_003])
    expect(waiting).toHaveLength(1)
    checkpoints.close()
    checkpoints.close()
    expect(kept).toEqual([3, 1_003, 1_004])
    expect(waiting).toEqual([])
  })

  test('one that could not be written is told, and tried again', () => {
    const { checkpoints, kept, told, fail } = stand()
    fail(true)
    checkpoints.recorded(head(1_000))
    expect(told).toHaveLength(1)
    fail(false)
    checkpoints.close()
    expect(kept).toEqual([1_000])
  })

  test('at the start, what was recorded before a crash gets one', async () => {
    const { checkpoints, kept, told } = stand({ ...head(5), at: epochMs(0) })
    await checkpoints.begin(logOf(8))
    expect({ kept, told }).toEqual({ kept: [8], told: [] })
  })

  test.each([
    { what: 'reaches further than the log', last: { ...head(9), at: epochMs(0) } },
    { what: 'has seen another record', last: { sequence: 5, hash: 'another', at: epochMs(0) } },
    { what: 'is not ours', last: 'forged' as const },
  ])('at the start, a last checkpoint that $what is told', async ({ last }) => {
    const { checkpoints, told } = stand(last)
    await checkpoints.begin(logOf(8))
    expect(told).toEqual(['the audit log does not fit its last checkpoint; run `latchkey audit verify`'])
  })
})
