import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { LedgerEntry } from '../../domain/ledger-entry.ts'
import { type LedgerRow, entryOf, parseLedgerDetail } from '../../domain/ledger-line.ts'
import { storableText } from '../../domain/storable-text.ts'
import type { PageOf } from '../../ports/page.ts'
import type { LineQuery } from '../../ports/spend-reports.ts'
import { countByTotals } from './daily-totals.ts'
import type { Database } from './database.ts'
import { between, isModel, lineUser, linesInScope, naming, ofKey } from './ledger-conditions.ts'
import { contains, pageOf } from './rows/page-sql.ts'
import type { Sort } from './rows/page-sql.ts'

type TokenColumn = 'prompt_tokens' | 'completion_tokens' | 'cached_input_tokens' | 'cache_write_input_tokens'

/** As the driver reads it. */
export type StoredLine = Omit<LedgerRow, TokenColumn | 'detail'> & {
  readonly prompt_tokens: bigint
  readonly completion_tokens: bigint
  readonly cached_input_tokens: bigint | null
  readonly cache_write_input_tokens: bigint | null
  readonly detail: string
}

export function entryOfStored(row: StoredLine): LedgerEntry {
  return entryOf({
    ...row,
    prompt_tokens: Number(row.prompt_tokens),
    completion_tokens: Number(row.completion_tokens),
    cached_input_tokens: Number(row.cached_input_tokens ?? 0n),
    cache_write_input_tokens: Number(row.cache_write_input_tokens ?? 0n),
    detail: parseLedgerDetail(row.detail),
  })
}

const SORTS: Readonly<Record<LineQuery['sort'], Sort>> = {
  startTime: { by: sql`l.at` },
  endTime: { by: sql`l.ended_at` },
  spend: { by: sql`l.amount_pico` },
  total_tokens: { by: sql`l.prompt_tokens + l.completion_tokens` },
}

export async function readLines(db: Kysely<Database>, query: LineQuery): Promise<PageOf<LedgerEntry>> {
  return pageOf<LedgerEntry, StoredLine>(db, {
    from: sql`latchkey.ledger_entry l`,
    alias: 'l',
    instead: sql`${lineUser} as user_id`,
    id: 'entry_id',
    conditions: [...linesInScope(query.scope), ...between(query.from, query.until), ...conditionsOf(query)],
    counted: countByTotals(query),
    sort: SORTS[query.sort],
    tie: sql`l.entry_id`,
    page: query,
    read: entryOfStored,
  })
}

function conditionsOf(query: LineQuery): RawBuilder<unknown>[] {
  const { requestId, key, model, status, leastSpend, mostSpend, errorPart } = query
  return [
    ...naming(query.only),
    ...(requestId === undefined ? [] : [sql`l.request_id = ${storableText(requestId)}`]),
    ...(key === undefined ? [] : [ofKey(key)]),
    ...(status === undefined ? [] : [sql`l.status = ${status}`]),
    ...(leastSpend === undefined ? [] : [sql`l.amount_pico >= ${leastSpend.toString()}::numeric`]),
    ...(mostSpend === undefined ? [] : [sql`l.amount_pico <= ${mostSpend.toString()}::numeric`]),
    ...(model === undefined ? [] : [isModel(model)]),
    ...is(sql`l.key_alias`, query.keyAlias),
    ...is(sql`l.deployment_id`, query.deploymentId),
    ...is(sql`l.http_status::text`, query.httpStatus),
    ...is(sql`l.session_id`, query.sessionId),
    ...(errorPart === undefined ? [] : [contains('l.error_class', storableText(errorPart))]),
  ]
}

function is(column: RawBuilder<unknown>, value: string | undefined): RawBuilder<unknown>[] {
  return value === undefined ? [] : [sql`${column} = ${storableText(value)}`]
}
