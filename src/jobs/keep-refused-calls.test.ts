import { expect, test } from 'vitest'
import { digestOf, makeEntry, NOON } from '../../test/support/entries.ts'
import { epochMs, parseTeamId, parseUserId } from '../domain/ids.ts'
import type { LedgerEntry, Payer } from '../domain/ledger-entry.ts'
import { RefusedCallKeeper } from './keep-refused-calls.ts'

function stand(keep: (line: LedgerEntry) => Promise<void> = async () => {}) {
  const kept: LedgerEntry[] = []
  const told: string[] = []
  const time = { now: NOON }
  const keeper = new RefusedCallKeeper({
    ledger: {
      keep: (line) => {
        kept.push(line)
        return keep(line)
      },
    },
    clock: { now: () => time.now },
    log: { info: () => {}, warn: () => {}, error: (message) => told.push(message) },
  })
  return { keeper, kept, told, time }
}

const ofKey = (key: number): Payer => ({ kind: 'key', digest: digestOf(key), alias: undefined })

test('of one caller, twenty in a minute are kept', () => {
  const { keeper, kept, time } = stand()
  for (let n = 0; n < 50; n += 1) keeper.keep(makeEntry(n, { payer: ofKey(1) }))
  expect(kept).toHaveLength(20)
  keeper.keep(makeEntry(51, { payer: ofKey(2) }))
  expect(kept).toHaveLength(21)
  time.now = epochMs(NOON + 60_000)
  keeper.keep(makeEntry(52, { payer: ofKey(1) }))
  expect(kept.at(-1)?.callId).toBe('call-52')
})

test('of all together two hundred', () => {
  const { keeper, kept } = stand()
  for (let n = 0; n < 400; n += 1) keeper.keep(makeEntry(n, { payer: ofKey(n) }))
  expect(kept).toHaveLength(200)
})

test('people and teams that come with tokens are told apart', () => {
  const { keeper, kept } = stand()
  const token = { kind: 'token' } as const
  for (let n = 0; n < 30; n += 1) {
    keeper.keep(makeEntry(n, { payer: token, userId: parseUserId('ann') }))
    keeper.keep(makeEntry(100 + n, { payer: token, userId: parseUserId('bob') }))
    keeper.keep(makeEntry(200 + n, { payer: token, teamId: parseTeamId('search') }))
  }
  expect(kept).toHaveLength(60)
})

test('a ledger that takes none is told to the operator, and to nobody else', async () => {
  const { keeper, told } = stand(async () => {
    throw new Error('full')
  })
  keeper.keep(makeEntry(1))
  await Promise.resolve()
  await new Promise(setImmediate)
  expect(told).toEqual(['a refused call could not be put into the ledger'])
})
