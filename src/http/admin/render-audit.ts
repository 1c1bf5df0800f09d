import type { AuditRecord } from '../../domain/audit-record.ts'
import { timeOf } from './render-limits.ts'

/** The members that the compatible API shows, and then ours. */
export function renderAudit(record: AuditRecord): object {
  return {
    id: record.id,
    updated_at: timeOf(record.at),
    changed_by: record.onBehalfOf ?? record.actor,
    changed_by_api_key: record.actorKey ?? null,
    action: record.action,
    table_name: record.objectType,
    object_id: record.objectId,
    before_value: record.before,
    updated_values: record.after,
    sequence: record.sequence,
    outcome: record.outcome,
    reason: record.reason ?? null,
    actor: record.actor,
    actor_role: record.actorRole,
    on_behalf_of: record.onBehalfOf ?? null,
    client_address: record.clientAddress ?? null,
    request_id: record.requestId,
    route: record.route,
    previous_hash: record.previousHash,
    hash: record.hash,
  }
}
