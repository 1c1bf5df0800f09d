import type { AuditDraft } from '../../domain/audit-record.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { isSecretParam } from './mask-params.ts'

/** Stands for what is sealed where it is kept. */
const HIDDEN = 'changed'

/**
 * A record with what differs among sealed parameters as well, by name: numbers and switches as they are, and nothing of a
 * text but that it is another one. Undefined: there are none, or nobody can read them.
 */
export function withParams(
  record: AuditDraft,
  member: 'params' | 'values',
  before: JsonObject | undefined,
  after: JsonObject | undefined,
): AuditDraft {
  const [was, is] = [before ?? {}, after ?? {}]
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
    (name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]),
  )
  return {
    ...record,
    before: { ...record.before, ...told(member, was, names) },
    after: { ...record.after, ...told(member, is, names) },
  }
}

function told(member: string, params: JsonObject, names: readonly string[]): JsonObject {
  const shown = names.flatMap((name) => {
    const value = params[name]
    return value === undefined ? [] : [[name, shownValue(name, value)] as const]
  })
  return shown.length === 0 ? {} : { [member]: Object.fromEntries(shown) }
}

function shownValue(name: string, value: JsonValue): JsonValue {
  const isPlain = value === null || typeof value === 'number' || typeof value === 'boolean'
  return isPlain && !isSecretParam(name) ? value : HIDDEN
}
