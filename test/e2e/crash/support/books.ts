import { readFileSync } from 'node:fs'
import { sql } from 'kysely'
import { openEmbedded } from '../../../support/stores.ts'
import type { BillEntry } from '../../../support/mock-upstream/bill.ts'
import pg from 'pg'

export interface LedgerLine {
  readonly requestId: string
  readonly callId: string
  readonly status: string
  readonly isCutShort: boolean
  readonly promptTokens: number
  readonly completionTokens: number
  readonly pico: bigint
  readonly key: string | null
}

export interface Books {
  readonly lines: readonly LedgerLine[]
  /** What each key has spent, by its account. */
  readonly accounts: ReadonlyMap<string, bigint>
}

interface Row {
  readonly request_id: string
  readonly call_id: string
  readonly status: string
  readonly cut_short: string | null
  readonly prompt: string
  readonly completion: string
  readonly pico: string
  readonly key_digest: string | null
}

interface Account {
  readonly key_digest: string
  readonly pico: string
}

const LINES = `select request_id, detail::jsonb->>'callId' as call_id, status, detail::jsonb->>'cutShort' as cut_short,
  prompt_tokens::text as prompt, completion_tokens::text as completion, amount_pico::text as pico, key_digest
  from latchkey.ledger_entry`
const ACCOUNTS = "select id as key_digest, total_pico::text as pico from latchkey.spend_total where kind = 'key'"

/** What the stopped gateway left in its store, read past it. */
export async function readServerBooks(url: string): Promise<Books> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const lines = await client.query<Row>(LINES)
    const accounts = await client.query<Account>(ACCOUNTS)
    return booksOf(lines.rows, accounts.rows)
  } finally {
    await client.end()
  }
}

/** As `readServerBooks`. The directory goes away with it. */
export async function readEmbeddedBooks(dataDir: string): Promise<Books> {
  const { store, close } = await openEmbedded({ dataDir })
  try {
    const lines = await sql.raw<Row>(LINES).execute(store.db)
    const accounts = await sql.raw<Account>(ACCOUNTS).execute(store.db)
    return booksOf(lines.rows, accounts.rows)
  } finally {
    await close()
  }
}

export function readBill(file: string): readonly BillEntry[] {
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const entry: BillEntry = JSON.parse(line)
      return entry
    })
}

function booksOf(rows: readonly Row[], accounts: readonly Account[]): Books {
  return {
    lines: rows.map((row) => ({
      requestId: row.request_id,
      callId: row.call_id,
      status: row.status,
      isCutShort: row.cut_short === 'true',
      promptTokens: Number(row.prompt),
      completionTokens: Number(row.completion),
      pico: BigInt(row.pico),
      key: row.key_digest,
    })),
    accounts: new Map(accounts.map(({ key_digest, pico }) => [key_digest, BigInt(pico)])),
  }
}
