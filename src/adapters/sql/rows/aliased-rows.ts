import { sql } from 'kysely'
import type { FactKind } from '../../../ports/fact-changes.ts'
import type { Rows } from '../../../ports/registry.ts'
import { type Place, type RowKind, tableOf } from './sql-rows.ts'

const ALIAS_FACTS: Readonly<Record<string, FactKind>> = { team: 'team_alias', organization: 'organization_alias' }

/** The same verbs; each tells of the aliases that rows had before and have after it. */
export function aliasedRows<Row, Id extends string, Read>(
  rows: Rows<Row, Id>,
  kind: RowKind<Row, Id, Read>,
  { db, touched }: Place,
): Rows<Row, Id> {
  const fact = ALIAS_FACTS[kind.table]

  async function touch(ids: readonly Id[]): Promise<void> {
    const found = await sql<{ alias: string | null }>`
      select alias from ${tableOf(kind.table)} where ${sql.ref(kind.id)} = any(${ids}::text[])`.execute(db)
    for (const { alias } of found.rows) if (alias !== null && fact !== undefined) touched.tell(fact, alias)
  }

  async function withAliases<Outcome>(ids: readonly Id[], work: () => Promise<Outcome>): Promise<Outcome> {
    await touch(ids)
    const outcome = await work()
    if (outcome !== 'taken') await touch(ids)
    return outcome
  }

  return {
    ...rows,
    insert: (row) => withAliases([kind.idOf(row)], () => rows.insert(row)),
    update: (row) => withAliases([kind.idOf(row)], () => rows.update(row)),
    delete: (ids) => withAliases(ids, () => rows.delete(ids)),
  }
}
