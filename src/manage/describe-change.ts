import type { AuditDraft } from '../domain/audit-record.ts'
import { isObject } from '../domain/json.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'

/** What stands for a value that nobody is to read. */
const HIDDEN = 'changed'
const SECRET_NAMES = /password|secret|sealed|digest|hash|token|api_key|apiKey/i

/** The members that differ, before and after; for the audit log, so without secrets. */
export function describeChange(
  before: object,
  after: object,
): { readonly before: JsonObject; readonly after: JsonObject } {
  const was = plain(before)
  const is = plain(after)
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
    (name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]) && name !== 'updatedAt' && name !== 'updatedBy',
  )
  return { before: pick(was, names), after: pick(is, names) }
}

/** Nothing but who changed it and when. */
export function isSame(before: object, after: object): boolean {
  const change = describeChange(before, after)
  return Object.keys(change.before).length + Object.keys(change.after).length === 0
}

export function describeRow(row: object): JsonObject {
  const all = plain(row)
  return pick(all, Object.keys(all))
}

export function gone(objectType: AuditDraft['objectType'], objectId: string, row: object): AuditDraft {
  return { action: 'deleted', objectType, objectId, before: describeRow(row), after: {} }
}

function pick(row: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = row[name]
      return value === undefined ? [] : [[name, SECRET_NAMES.test(name) && value !== null ? HIDDEN : value]]
    }),
  )
}

/** As JSON has it: amounts as digits, nothing for what is undefined. */
function plain(row: object): JsonObject {
  const value: JsonValue = JSON.parse(
    JSON.stringify(row, (_name, member: unknown) => (typeof member === 'bigint' ? member.toString() : member)),
  )
  return isObject(value) ? value : {}
}
