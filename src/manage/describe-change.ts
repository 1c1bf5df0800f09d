import type { AuditDraft } from '../domain/audit-record.ts'
import { isObject } from '../domain/json.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import { namesSecret } from '../domain/secret-names.ts'

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

/** What opens or closes something is told as that, whichever verb does it. */
export function changeAction(before: Closable, after: Closable): 'updated' | 'blocked' | 'unblocked' {
  if (before.blocked === after.blocked) return 'updated'
  return after.blocked ? 'blocked' : 'unblocked'
}

interface Closable {
  readonly blocked: boolean
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
      if (value === undefined) return []
      return [[name, SECRET_NAMES.test(name) && value !== null ? HIDDEN : withoutSecrets(value)]]
    }),
  )
}

/** What callers wrote themselves, as in `metadata`: a member that is a credential by its name is shown to nobody. */
function withoutSecrets(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      namesSecret(name) && inner !== null ? HIDDEN : withoutSecrets(inner),
    ]),
  )
}

/** As JSON has it: amounts as digits, nothing for what is undefined. */
function plain(row: object): JsonObject {
  const value: JsonValue = JSON.parse(
    JSON.stringify(row, (_name, member: unknown) => (typeof member === 'bigint' ? member.toString() : member)),
  )
  return isObject(value) ? value : {}
}
