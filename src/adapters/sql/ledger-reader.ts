import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely'
import type { KeyDigest } from '../../domain/ids.ts'
import { NO_MONEY, type PicoUsd, addUsd, picoUsd } from '../../domain/money.ts'
import { storableText } from '../../domain/storable-text.ts'
import type { DailySpend, LedgerFilter, LedgerReader } from '../../ports/ledger.ts'
import { timestampText } from './column-types.ts'
import { sqlDailyActivity } from './daily-activity.ts'
import type { Database } from './database.ts'
import { lineUser, linesInScope, naming, ofUsers, payerName } from './ledger-conditions.ts'
import { entryOfStored, readLines } from './ledger-lines.ts'

/** `flushNow` carries what this process has written so far to the store, so that a reader sees its own charges. */
export function sqlLedgerReader(db: Kysely<Database>, flushNow: () => Promise<void>): LedgerReader {
  const days = sqlDailyActivity(db)
  return {
    async entries(filter) {
      await flushNow()
      const rows = await db
        .selectFrom('ledger_entry as l')
        .selectAll()
        .select(lineUser.as('user_id'))
        .where((of) => matches(of, filter))
        .orderBy('at', 'desc')
        .orderBy('entry_id', 'desc')
        .limit(filter.limit)
        .execute()
      return rows.map(entryOfStored)
    },

    async has(entryId) {
      await flushNow()
      const row = await db
        .selectFrom('ledger_entry')
        .select('entry_id')
        .where('entry_id', '=', entryId)
        .executeTakeFirst()
      return row !== undefined
    },

    async spendOfKeys(keys) {
      if (keys.length === 0) return new Map()
      await flushNow()
      const { rows } = await sql<{ digest: KeyDigest; total: string }>`
        select lineage.digest, greatest(sum(spend.total_pico - spend.forgiven_pico), 0) as total
        from (
          select digest, digest as payer from unnest(${keys}::text[]) as asked (digest)
          union
          select successor, digest from latchkey.retired_key_digest where successor = any(${keys}::text[])
        ) lineage
        join latchkey.spend_total spend on spend.kind = 'key' and spend.id = lineage.payer
        group by lineage.digest`.execute(db)
      return new Map(rows.map((row) => [row.digest, picoUsd(BigInt(row.total))]))
    },

    async spendOf(kind, ids) {
      if (ids.length === 0) return new Map()
      await flushNow()
      const { rows } = await sql<{ id: string; total_pico: string }>`
        select id, greatest(total_pico - forgiven_pico, 0) as total_pico from latchkey.spend_total where kind = ${kind} and id = any(${ids}::text[])`.execute(
        db,
      )
      return new Map(rows.map((row) => [row.id, picoUsd(BigInt(row.total_pico))]))
    },

    async listSpend(kind) {
      await flushNow()
      const { rows } = await sql<{ id: string; total_pico: string }>`
        select id, total_pico from latchkey.spend_total where kind = ${kind} order by id collate "C"`.execute(db)
      return new Map(rows.map((row) => [row.id, picoUsd(BigInt(row.total_pico))]))
    },

    async daily(filter) {
      await flushNow()
      const rows = await db
        .selectFrom('ledger_entry as l')
        .select([
          sql<string>`to_char(at at time zone 'UTC', 'YYYY-MM-DD')`.as('day'),
          payerName.as('payer'),
          lineUser.as('user_id'),
          'model_group',
          sql<string>`sum(amount_pico)`.as('total'),
        ])
        .where((of) => matches(of, filter))
        .groupBy(['day', 'payer', 'user_id', 'model_group'])
        .orderBy('day', 'desc')
        .execute()
      return [...Map.groupBy(rows, (row) => row.day)].map(([day, parts]) => sumDay(day, parts))
    },

    async dailyActivity(query, page) {
      await flushNow()
      return days.dailyActivity(query, page)
    },

    async sumActivity(query, sums) {
      await flushNow()
      return days.sumActivity(query, sums)
    },

    async topActivity(query, most) {
      await flushNow()
      return days.topActivity(query, most)
    },

    async lines(query) {
      await flushNow()
      return readLines(db, query)
    },
  }
}

function matches(
  of: ExpressionBuilder<Database & { l: Database['ledger_entry'] }, 'l'>,
  filter: Omit<LedgerFilter, 'limit'>,
): Expression<SqlBool> {
  const { requestId, key, userId, teamId, from, until, scope = { sees: 'all' } } = filter
  const only = teamId === undefined ? {} : { team: [teamId] }
  const conditions: Expression<SqlBool>[] = [...linesInScope(scope), ...naming(only)].map(
    (condition) => sql<SqlBool>`${condition}`,
  )
  if (requestId !== undefined) conditions.push(of('request_id', '=', storableText(requestId)))
  if (key !== undefined) {
    const earlier = of.selectFrom('retired_key_digest').select('digest').where('successor', '=', key)
    conditions.push(of.or([of('key_digest', '=', key), of('key_digest', 'in', earlier)]))
  }
  if (userId !== undefined) conditions.push(sql<SqlBool>`${ofUsers([userId])}`)
  if (from !== undefined) conditions.push(sql<SqlBool>`at >= ${timestampText(from)}::timestamptz`)
  if (until !== undefined) conditions.push(sql<SqlBool>`at < ${timestampText(until)}::timestamptz`)
  return of.and(conditions)
}

interface PartOfDay {
  readonly payer: string | null
  readonly user_id: string | null
  readonly model_group: string
  readonly total: string
}

function sumDay(day: string, parts: readonly PartOfDay[]): DailySpend {
  const byKey = new Map<string, PicoUsd>()
  const byUser = new Map<string, PicoUsd>()
  const byModel = new Map<string, PicoUsd>()
  let total = NO_MONEY
  for (const part of parts) {
    const amount = picoUsd(BigInt(part.total))
    total = addUsd(total, amount)
    if (part.payer !== null) addTo(byKey, part.payer, amount)
    if (part.user_id !== null) addTo(byUser, part.user_id, amount)
    addTo(byModel, part.model_group, amount)
  }
  return { day, total, byKey, byUser, byModel }
}

function addTo(sums: Map<string, PicoUsd>, name: string, amount: PicoUsd): void {
  sums.set(name, addUsd(sums.get(name) ?? NO_MONEY, amount))
}
