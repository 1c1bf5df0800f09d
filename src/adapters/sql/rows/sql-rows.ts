import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Rows } from '../../../ports/registry.ts'
import type { Database } from '../database.ts'
import { violatesAnyUnique } from '../database-error.ts'
import { readAsText } from '../rows-as-text.ts'
import type { Touched } from './touched.ts'

/** How rows of one table are read and written. */
export interface RowKind<Row, Id extends string, Read> {
  readonly table: string
  readonly id: string
  readonly read: (row: Read) => Row
  readonly idOf: (row: Row) => Id
  /** Every column, as it is bound. */
  readonly write: (row: Row) => Readonly<Record<string, unknown>>
}

/** Where rows are read and written: in a change, reading locks and writing is told. */
export interface Place {
  readonly db: Kysely<Database>
  readonly locks: boolean
  readonly touched: Touched
}

/** The verbs that all kinds of rows have. */
export function sqlRows<Row, Id extends string, Read>(kind: RowKind<Row, Id, Read>, place: Place): Rows<Row, Id> {
  const { db, touched } = place
  const table = tableOf(kind.table)
  const id = sql.ref(kind.id)

  async function findMany(ids: readonly Id[]): Promise<readonly Row[]> {
    if (ids.length === 0) return []
    const { rows } =
      await sql<Read>`select * from ${table} where ${id} = any(${ids}::text[]) order by ${id} ${lock(place)}`.execute(
        db,
      )
    return rows.map(kind.read)
  }

  return {
    findMany,
    find: async (wanted) => (await findMany([wanted]))[0],

    async insert(row) {
      const columns = Object.entries(kind.write(row))
      touched.add(kind.table, kind.idOf(row))
      const { rows } = await sql`
        insert into ${table} (${sql.join(columns.map(([name]) => sql.ref(name)))})
        values (${sql.join(columns.map(([, value]) => sql`${value}`))})
        on conflict do nothing returning 1`.execute(db)
      return rows.length === 0 ? 'taken' : 'inserted'
    },

    async update(row) {
      const columns = Object.entries(kind.write(row))
      touched.add(kind.table, kind.idOf(row))
      try {
        await sql`
          update ${table} set ${sql.join(columns.map(([name, value]) => sql`${sql.ref(name)} = ${value}`))}
          where ${id} = ${kind.idOf(row)}`.execute(db)
      } catch (error) {
        if (violatesAnyUnique(error)) return 'taken'
        throw error
      }
      return 'updated'
    },

    async delete(ids) {
      if (ids.length === 0) return []
      for (const gone of ids) touched.add(kind.table, gone)
      const { rows } = await sql<Read>`delete from ${table} where ${id} = any(${ids}::text[]) returning *`.execute(db)
      return rows.map(kind.read)
    },
  }
}

/** Of those that are there, without reading the rest of their rows. */
export async function aliasesIn<Row, Id extends string, Read>(
  { table, id }: RowKind<Row, Id, Read>,
  ids: readonly Id[],
  { db }: Place,
): Promise<ReadonlyMap<Id, string | undefined>> {
  const rows = await readAsText<{ readonly id: Id; readonly alias: string | null }>(
    db,
    sql`select ${sql.ref(id)} as id, alias from ${tableOf(table)} where ${sql.ref(id)} = any(${ids}::text[])`,
  )
  return new Map(rows.map((row) => [row.id, row.alias ?? undefined]))
}

export function tableOf(name: string): RawBuilder<unknown> {
  return sql.table(`latchkey.${name}`)
}

export function lock({ locks }: Pick<Place, 'locks'>): RawBuilder<unknown> {
  return locks ? sql`for update` : sql``
}

export function where(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`
}
