import type { AuditDraft } from '../domain/audit-record.ts'
import type { JsonObject } from '../domain/json.ts'

/** INV-45: one record for an object that a call names. What came or went with it is told in that record's values. */
export function withCascade(record: AuditDraft, others: readonly AuditDraft[]): AuditDraft {
  return {
    ...record,
    before: { ...record.before, ...along(others, 'before') },
    after: { ...record.after, ...along(others, 'after') },
  }
}

function along(others: readonly AuditDraft[], side: 'before' | 'after'): JsonObject {
  const told = others
    .filter((other) => Object.keys(other[side]).length > 0)
    .map(({ objectType, objectId, [side]: values }) => ({ objectType, objectId, values }))
  return told.length === 0 ? {} : { along: told }
}
