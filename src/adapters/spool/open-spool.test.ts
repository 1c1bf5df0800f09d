import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeEntry } from '../../../test/support/entries.ts'
import { parseLedgerLine, writeLedgerLine } from '../../domain/ledger-line.ts'
import type { LedgerStore } from '../../ports/ledger.ts'
import type { LogFacts } from '../../ports/operator-log.ts'
import { holdFile } from '../system/hold-file.ts'
import { frameLine } from './frame.ts'
import { openSpool, type Spool, type SpoolOptions } from './open-spool.ts'
import { writeAt } from './segment.ts'

/** Takes what it is given, each entry once, as every shared ledger does. */
class KeepsInMemory implements LedgerStore {
  readonly #lines = new Map<string, string>()

  async keep(lines: readonly string[]): Promise<'kept'> {
    for (const line of lines) {
      const { entry_id: id } = parseLedgerLine(line)
      if (!this.#lines.has(id)) this.#lines.set(id, line)
    }
    return 'kept'
  }

  get ids(): readonly string[] {
    return [...this.#lines.keys()].toSorted()
  }

  get lines(): readonly string[] {
    return [...this.#lines.values()]
  }
}

let dir: string
let told: { message: string; facts: LogFacts | undefined }[]
let ledger: KeepsInMemory
let spools: Spool[]

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'latchkey-spool-'))
  told = []
  ledger = new KeepsInMemory()
  spools = []
})
afterEach(async () => {
  await Promise.all(spools.map((spool) => spool.close()))
  rmSync(dir, { recursive: true, force: true })
})

function open(options: Partial<SpoolOptions> = {}): Spool {
  const tell = (message: string, facts?: LogFacts): number => told.push({ message, facts })
  const spool = openSpool({ dir, store: ledger, holdFile, log: { info: tell, warn: tell, error: tell }, ...options })
  spools.push(spool)
  return spool
}

function ids(...numbers: readonly number[]): readonly string[] {
  return numbers.map((number) => makeEntry(number).entryId).toSorted()
}

/** A directory of a process that is gone, with one file of this content. */
/** As it stands in a file. */
function framed(number: number): string {
  return frameLine(writeLedgerLine(makeEntry(number))).toString()
}

function leave(name: string, content: string): void {
  const process = mkdtempSync(join(dir, 'process-'))
  writeFileSync(join(process, name), content)
}

test('everything appended is in the store once the flush has ended, and no file is left after the close', async () => {
  const spool = open()
  for (let number = 0; number < 2_500; number += 1) spool.append(makeEntry(number))
  expect(spool.pendingCount).toBe(2_500)
  await spool.flushNow()
  expect(spool.pendingCount).toBe(0)
  expect(ledger.ids).toHaveLength(2_500)
  await spool.close()
  expect(readdirSync(dir)).toEqual([])
})

test('an entry is in a file before its append returns', () => {
  const spool = open()
  spool.append(makeEntry(1))
  const [process = ''] = readdirSync(dir)
  expect(readFileSync(join(dir, process, '00000001.log'), 'utf8')).toBe(framed(1))
})

test('what a store does not take waits, in order, and is taken once it does', async () => {
  let isAway = true
  const store: LedgerStore = { keep: (lines) => (isAway ? Promise.reject(new Error('away')) : ledger.keep(lines)) }
  const spool = open({ store })
  for (let number = 0; number < 3_000; number += 1) spool.append(makeEntry(number))
  await expect(spool.flushNow()).rejects.toThrow('away')
  expect(spool.pendingCount).toBe(3_000)
  isAway = false
  await spool.flushNow()
  expect(ledger.ids).toHaveLength(3_000)
})

test('lines that were kept, with the answer lost, are kept once', async () => {
  let isBreaking = true
  const store: LedgerStore = {
    keep: async (lines) => {
      const outcome = await ledger.keep(lines)
      if (isBreaking) throw new Error('the connection broke after the commit')
      return outcome
    },
  }
  const spool = open({ store })
  spool.append(makeEntry(1))
  await expect(spool.flushNow()).rejects.toThrow('after the commit')
  isBreaking = false
  await spool.flushNow()
  expect(ledger.lines).toEqual([writeLedgerLine(makeEntry(1))])
})

test('what is left at the close is carried by the next process', async () => {
  const first = open({ store: { keep: () => Promise.reject(new Error('away')) } })
  first.append(makeEntry(1))
  await first.close()
  expect(told.map(({ message }) => message)).toContain('ledger lines stay in the spool until the next start')
  const second = open()
  second.append(makeEntry(2))
  await second.flushNow()
  expect(ledger.ids).toEqual(ids(1, 2))
  await second.close()
  expect(readdirSync(dir)).toEqual([])
})

test('a line that the store refuses is kept aside, and stops no other', async () => {
  const bad = makeEntry(3).entryId
  const store: LedgerStore = {
    keep: async (lines) => (lines.some((line) => line.includes(bad)) ? 'refused' : ledger.keep(lines)),
  }
  const spool = open({ store })
  for (let number = 0; number < 7; number += 1) spool.append(makeEntry(number))
  await spool.flushNow()
  expect(ledger.ids).toEqual(ids(0, 1, 2, 4, 5, 6))
  expect(readFileSync(join(dir, 'refused.jsonl'), 'utf8')).toBe(`${writeLedgerLine(makeEntry(3))}\n`)
})

test('a torn last line of a dead process is left out, and the lines before it are carried', async () => {
  leave('00000001.log', framed(1) + framed(2) + framed(3).slice(0, -2))
  const spool = open()
  await spool.flushNow()
  expect(ledger.ids).toEqual(ids(1, 2))
  expect(told.map(({ message }) => message).join()).toContain('ended in the middle of a ledger line')
})

test('damage in the middle of a file costs its own line, and the file is kept for people', async () => {
  leave('00000001.log', `${framed(1)}00000000 {"not":"ours"}\n${framed(2)}`)
  const spool = open()
  await spool.flushNow()
  await spool.flushNow()
  expect(ledger.ids).toEqual(ids(1, 2))
  await spool.close()
  const [process = ''] = readdirSync(dir)
  expect(readdirSync(join(dir, process))).toContain('00000001.log.damaged')
})

test('a line longer than any buffer is carried', async () => {
  const spool = open()
  const long = makeEntry(1, { callerMetadata: { text: 'é'.repeat(2_000_000) } })
  spool.append(long)
  spool.append(makeEntry(2))
  await spool.flushNow()
  expect(ledger.lines).toEqual([long, makeEntry(2)].map(writeLedgerLine))
})

test('on a full disk an append throws, and with room again the next one is kept whole', async () => {
  let room = Infinity
  const spool = open({
    write: (fd, bytes, position) => writeAt(fd, bytes.subarray(0, room), position),
  })
  spool.append(makeEntry(1))
  room = 100
  expect(() => spool.append(makeEntry(2))).toThrow('the disk took only a part of the line')
  room = Infinity
  spool.append(makeEntry(3))
  await spool.flushNow()
  expect(ledger.ids).toEqual(ids(1, 3))
})

test('a file that can no longer be written is left, and the next append makes a new one', async () => {
  let isBroken = false
  const spool = open({
    write: (fd, bytes, position) => {
      if (isBroken) throw Object.assign(new Error('i/o error'), { code: 'EIO' })
      return writeAt(fd, bytes, position)
    },
  })
  spool.append(makeEntry(1))
  isBroken = true
  expect(() => spool.append(makeEntry(2))).toThrow('i/o error')
  isBroken = false
  spool.append(makeEntry(3))
  await spool.flushNow()
  expect(ledger.ids).toEqual(ids(1, 3))
})

test('the lines of a process that still runs are left to it', async () => {
  const other = open({ store: { keep: () => Promise.reject(new Error('away')) } })
  other.append(makeEntry(1))
  await open().flushNow()
  expect(ledger.ids).toEqual([])
})

test('an append after the close throws', async () => {
  const spool = open()
  await spool.close()
  expect(() => spool.append(makeEntry(1))).toThrow('closed')
})

test('files that are none of ours stop nothing', async () => {
  appendFileSync(join(dir, 'notes.txt'), 'hello')
  const spool = open()
  spool.append(makeEntry(1))
  await spool.flushNow()
  expect(ledger.ids).toEqual(ids(1))
})
