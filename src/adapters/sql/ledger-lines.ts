import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { LedgerEntry } from '../../domain/ledger-entry.ts'
import { type LedgerRow, entryOf, parseLedgerDetail } from '../../domain/ledger-line.ts'
import { storableText } from '../../domain/storable-text.ts'
import type { PageOf } from '../../ports/page.ts'
import type { LineQuery } from '../../ports/spend-reports.ts'
import type { Database } from './database.ts'
import { between, lineUser, linesInScope, naming, ofKey } from './ledger-conditions.ts'
import { pageOf } from './rows/page-sql.ts'
import type { Sort } from './rows/page-sql.ts'

/** As the driver reads it. */
export type StoredLine = Omit<LedgerRow, 'prompt_tokens' | 'completion_tokens' | 'detail'> & {
  readonly prompt_tokens: bigint
  readonly completion_tokens: bigint
  readonly detail: string
}

export function entryOfStored(row: StoredLine): LedgerEntry {
  return entryOf({
    ...row,
    prompt_tokens: Number(row.prompt_tokens),
    completion_tokens: Number(row.completion_tokens),
    detail: parseLedgerDetail(row.detail),
  })
}

const SORTS: Readonly<Record<LineQuery['sort'], Sort>> = {
  startTime: { by: sql`l.at` },
  endTime: { by: sql`(l.detail::json ->> 'endedAt')::bigint`, isNullable: true },
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
    ...(model === undefined ? [] : [sql`(l.model_group = ${storableText(model)} or ${says('upstreamModel', model)})`]),
    ...said('keyAlias', query.keyAlias),
    ...said('deploymentId', query.deploymentId),
    ...said('httpStatus', query.httpStatus),
    ...said('sessionId', query.sessionId),
    ...(errorPart === undefined
      ? []
      : [sql`strpos(lower(l.detail::json ->> 'errorClass'), lower(${storableText(errorPart)})) > 0`]),
  ]
}

type DetailMember = 'keyAlias' | 'deploymentId' | 'httpStatus' | 'sessionId' | 'upstreamModel'

function said(member: DetailMember, value: string | undefined): RawBuilder<unknown>[] {
  return value === undefined ? [] : [says(member, value)]
}

/** Looking for a text is a tenth of the work of reading JSON, which remains for the lines where it stands somewhere. */
function says(member: DetailMember, value: string): RawBuilder<unknown> {
  const is = sql`l.detail::json ->> ${sql.lit(member)} = ${storableText(value)}`
  // Spelt in more than one way.
  if (/[\0\ufffd]/.test(storableText(value))) return is
  const written = member === 'httpStatus' ? value : JSON.stringify(value)
  return sql`(strpos(l.detail, ${`"${member}":${written}`}) > 0 and ${is})`
}
