import type { Kysely } from 'kysely'
import type { Database } from '../../src/adapters/sql/database.ts'
import { sqlAuditLog } from '../../src/adapters/sql/sql-audit-log.ts'
import type { AuditRecord } from '../../src/domain/audit-record.ts'

const MOST = 100_000

/** The audit log as the database has it, oldest first. */
export async function readAudit(db: Kysely<Database>): Promise<readonly AuditRecord[]> {
  const { rows } = await sqlAuditLog(db).list({ page: 1, size: MOST, order: 'asc' })
  return rows.toSorted((one, other) => one.sequence - other.sequence)
}
