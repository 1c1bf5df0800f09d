import { createHash } from 'node:crypto'
import { type Kysely, sql, type Transaction } from 'kysely'
import { type AuditHead, type AuditRecord, canonicalText, type SealedRecord } from '../../domain/audit-record.ts'
import { type EpochMs } from '../../domain/ids.ts'
import { auditText, auditValues } from '../../domain/audit-text.ts'
import { timestampText } from './column-types.ts'
import type { Database } from './database.ts'

export type AuditInput = Omit<AuditRecord, 'sequence' | 'id' | 'at' | 'previousHash' | 'hash'>
export type NewAuditId = () => string

/** Any number that nobody else takes; spells `audit`. */
const AUDIT_LOCK = 0x6175646974

interface Written extends SealedRecord {
  readonly at: EpochMs
}

/**
 * Records join the chain one after the other, whoever writes them; the lock is held until the change is committed. The
 * chain goes on from its remembered end, so that records cut off leave a gap that no later record closes.
 */
export async function appendAudit(
  transaction: Transaction<Database>,
  newAuditId: NewAuditId,
  inputs: readonly AuditInput[],
): Promise<AuditHead | undefined> {
  if (inputs.length === 0) return undefined
  await sql`select pg_advisory_xact_lock(${sql.lit(AUDIT_LOCK)})`.execute(transaction)
  const { rows } = await sql<{ at: EpochMs; sequence: bigint; hash: string }>`
    select date_trunc('milliseconds', clock_timestamp()) as at, sequence, hash from latchkey.audit_head`.execute(
    transaction,
  )
  const [last] = rows
  if (last === undefined) throw new Error('the end of the audit log was not found')
  let { hash } = last
  let sequence = Number(last.sequence)
  for (const input of inputs) {
    sequence += 1
    const previousHash = hash
    const unchained = { ...storable(input), sequence, id: newAuditId(), at: last.at }
    hash = chained(previousHash, canonicalText(unchained))
    await insert(transaction, { ...unchained, previousHash, hash })
  }
  await sql`update latchkey.audit_head set sequence = ${sequence}, hash = ${hash}`.execute(transaction)
  return { sequence, hash }
}

export function chained(previousHash: string, text: string): string {
  return createHash('sha256').update(previousHash).update(text).digest('hex')
}

/** What goes into the hash is what the database will give back, and harms nobody who reads it. */
function storable({ before, after, ...input }: AuditInput) {
  return {
    ...input,
    actor: auditText(input.actor),
    onBehalfOf: input.onBehalfOf === undefined ? undefined : auditText(input.onBehalfOf),
    objectId: auditText(input.objectId),
    beforeText: JSON.stringify(auditValues(before)),
    afterText: JSON.stringify(auditValues(after)),
  }
}

async function insert(db: Kysely<Database>, record: Written): Promise<void> {
  await sql`insert into latchkey.audit_record (
      sequence, audit_id, at, actor, actor_role, actor_key, on_behalf_of, client_address, request_id, route, action,
      outcome, reason, object_type, object_id, before_value, updated_values, previous_hash, hash)
    values (
      ${record.sequence}, ${record.id}, ${timestampText(record.at)}, ${record.actor}, ${record.actorRole},
      ${record.actorKey ?? null}, ${record.onBehalfOf ?? null}, ${record.clientAddress ?? null}, ${record.requestId},
      ${record.route}, ${record.action}, ${record.outcome}, ${record.reason ?? null}, ${record.objectType},
      ${record.objectId}, ${record.beforeText}, ${record.afterText}, ${record.previousHash}, ${record.hash})`.execute(
    db,
  )
}
