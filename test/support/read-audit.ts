import { type Kysely, sql } from 'kysely'
import type { Database } from '../../src/adapters/sql/database.ts'
import type { AuditAction, AuditObject, AuditRecord } from '../../src/domain/audit-record.ts'
import type { EpochMs } from '../../src/domain/ids.ts'

interface AuditColumns {
  readonly sequence: bigint
  readonly audit_id: string
  readonly at: EpochMs
  readonly actor: string
  readonly actor_role: string
  readonly actor_key: string | null
  readonly on_behalf_of: string | null
  readonly client_address: string | null
  readonly request_id: string
  readonly route: string
  readonly action: AuditAction
  readonly outcome: 'done' | 'refused'
  readonly reason: string | null
  readonly object_type: AuditObject
  readonly object_id: string
  readonly before_value: string
  readonly updated_values: string
  readonly previous_hash: string
  readonly hash: string
}

/** The audit log as the database has it, oldest first. */
export async function readAudit(db: Kysely<Database>): Promise<readonly AuditRecord[]> {
  const { rows } = await sql<AuditColumns>`select * from latchkey.audit_record order by sequence`.execute(db)
  return rows.map((row) => ({
    sequence: Number(row.sequence),
    id: row.audit_id,
    at: row.at,
    actor: row.actor,
    actorRole: row.actor_role,
    actorKey: row.actor_key ?? undefined,
    onBehalfOf: row.on_behalf_of ?? undefined,
    clientAddress: row.client_address ?? undefined,
    requestId: row.request_id,
    route: row.route,
    action: row.action,
    outcome: row.outcome,
    reason: row.reason ?? undefined,
    objectType: row.object_type,
    objectId: row.object_id,
    before: JSON.parse(row.before_value),
    after: JSON.parse(row.updated_values),
    previousHash: row.previous_hash,
    hash: row.hash,
  }))
}
