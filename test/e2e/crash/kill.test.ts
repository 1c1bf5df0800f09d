import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mockModel, startGateway } from '../../support/gateway.ts'
import type { GatewayOptions } from '../../support/gateway.ts'
import type { BillEntry } from '../../support/mock-upstream/bill.ts'
import { spawnMockUpstream } from '../../support/mock-upstream/spawn-mock-upstream.ts'
import { createDatabase } from '../../support/stores.ts'
import { reach } from '../serving/support/rig.ts'
import type { Books, LedgerLine } from './support/books.ts'
import { readBill, readEmbeddedBooks, readServerBooks } from './support/books.ts'
import type { Witnessed } from './support/lives.ts'
import { liveThrough } from './support/lives.ts'
import { planKills } from './support/plan.ts'

/** `LATCHKEY_FULL_CRASH=1`: ten kills over ten thousand calls, on each store. `LATCHKEY_CRASH_SEED` sets the moments. */
const IS_FULL = process.env['LATCHKEY_FULL_CRASH'] === '1'
const SEED = Number(process.env['LATCHKEY_CRASH_SEED'] ?? 7)
const KILLS = IS_FULL ? 10 : 2
const CALLS = IS_FULL ? 10_000 : 800
const CLIENTS = 16
const MS = IS_FULL ? 900_000 : 120_000

const PICO_PER_INPUT_TOKEN = 1_000_000n
const PICO_PER_OUTPUT_TOKEN = 2_000_000n

test('INV-28: kill -9 loses no charge and doubles none, on the embedded store', { timeout: MS }, async () => {
  const home = mkdtempSync(join(tmpdir(), 'latchkey-crash-'))
  const dataDir = join(home, 'data')
  const story = await live({ dataDir }, home)
  hold(story, await readEmbeddedBooks(dataDir))
})

test('INV-28: kill -9 loses no charge and doubles none, on PostgreSQL', { timeout: MS }, async () => {
  const home = mkdtempSync(join(tmpdir(), 'latchkey-crash-'))
  const database = await createDatabase()
  const story = await live({ dataDir: join(home, 'data'), databaseUrl: database.url }, home)
  hold(story, await readServerBooks(database.url))
  await database.drop()
  rmSync(home, { recursive: true, force: true })
})

interface Story extends Witnessed {
  readonly bill: readonly BillEntry[]
}

async function live(store: Pick<GatewayOptions, 'dataDir' | 'databaseUrl'>, home: string): Promise<Story> {
  const billFile = join(home, 'bill')
  const mock = await spawnMockUpstream(['--bill', billFile])
  // No retries: every call is one line and one bill entry.
  const config = { model_list: [mockModel('plain', mock.apiBase)], router_settings: { num_retries: 0 } }
  const start = (): ReturnType<typeof startGateway> => startGateway({ ...store, config })
  try {
    const first = await start()
    const keys = await Promise.all(Array.from({ length: 4 }, () => reach(first).newKey()))
    const witnessed = await liveThrough({
      calls: CALLS,
      clients: CLIENTS,
      keys,
      kills: planKills(KILLS, CALLS, SEED),
      first,
      start,
    })
    await mock.stop()
    return { ...witnessed, bill: readBill(billFile) }
  } finally {
    await mock.stop()
  }
}

function hold({ whole, underWay, killsDone, bill }: Story, { lines, accounts }: Books): void {
  const linesOf = Map.groupBy(lines, ({ callId }) => callId)
  const billed = new Map(bill.map((entry) => [entry.user ?? '', entry]))
  const unwritten = bill.filter(({ user = '' }) => !linesOf.has(user)).map(({ user = '' }) => user)

  const doubled = [...linesOf].filter(([, all]) => all.length > 1).map(([callId]) => callId)
  const lost = [...whole.keys()].filter((callId) => !linesOf.has(callId))
  const unexplained = unwritten.filter((callId) => !underWay.has(callId))
  const invented = lines.filter(({ callId, pico }) => pico > 0n && !billed.has(callId)).map(({ callId }) => callId)
  expect({ doubled, lost, unexplained, invented }).toEqual({ doubled: [], lost: [], unexplained: [], invented: [] })

  // Something was at stake: most calls came through, and each kill found some under way.
  expect(killsDone).toBeGreaterThanOrEqual(KILLS)
  expect(whole.size).toBeGreaterThan(CALLS - (KILLS + 1) * CLIENTS)
  expect(underWay.size).toBeGreaterThanOrEqual(KILLS)
  expect(underWay.size).toBeLessThanOrEqual(KILLS * CLIENTS)

  for (const { callId, responseId } of whole.values()) {
    const [line] = linesOf.get(callId) ?? []
    const entry = billed.get(callId)
    if (line === undefined || entry === undefined) throw new Error(`${callId} has no line or no bill`)
    expect(line).toMatchObject({
      requestId: responseId ?? callId,
      status: 'success',
      isCutShort: false,
      promptTokens: entry.promptTokens,
      completionTokens: entry.completionTokens,
      pico: priceOf(entry),
    })
  }

  const sums = Map.groupBy(lines, ({ key }) => key ?? '')
  expect(accounts).toEqual(new Map([...sums].map(([key, all]) => [key, sumOf(all)])))

  if (IS_FULL) {
    const facts = `${CALLS} calls, ${killsDone} kills, ${whole.size} whole answers, ${lines.length} lines, ${bill.length} billed, ${underWay.size} under way at a kill, ${unwritten.length} of them billed and not written`
    process.stdout.write(`\nseed ${SEED}: ${facts}\n`)
  }
}

function priceOf(entry: BillEntry): bigint {
  return BigInt(entry.promptTokens) * PICO_PER_INPUT_TOKEN + BigInt(entry.completionTokens) * PICO_PER_OUTPUT_TOKEN
}

function sumOf(lines: readonly LedgerLine[]): bigint {
  return lines.reduce((sum, { pico }) => sum + pico, 0n)
}
