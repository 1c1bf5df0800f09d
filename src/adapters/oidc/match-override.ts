import type { Claims } from '../../domain/claims.ts'
import { matchesGlob } from '../../domain/glob.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { RoutingOverride } from '../../domain/token-settings.ts'

const LONGEST_VALUE = 2_048

/** Whether claims that nobody has proven ask for introspection. They choose the way, and nothing else. */
export function matchesOverride(claims: Claims, overrides: readonly RoutingOverride[]): boolean {
  return overrides.some(
    ({ iss, clientId, scope, aud }) =>
      matches(iss, textsOf(claims['iss'])) &&
      matches(clientId, textsOf(claims['client_id'])) &&
      matches(scope, textsOf(claims['scope']).flatMap(splitScope), true) &&
      matches(aud, textsOf(claims['aud'])),
  )
}

/** An absent selector matches all; one pair of pattern and value is enough. */
function matches(patterns: readonly string[] | undefined, values: readonly string[], isSplit = false): boolean {
  if (patterns === undefined) return true
  return patterns.some((pattern) => values.some((value) => matchesOne(pattern, value, isSplit)))
}

function matchesOne(pattern: string, value: string, isSplit: boolean): boolean {
  if (!/[*?]/.test(pattern)) return pattern === value
  if (value.length > LONGEST_VALUE || (!isSplit && /\s/.test(value))) return false
  return matchesGlob(pattern, value)
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value.flatMap((each: JsonValue) => (typeof each === 'object' ? [] : [String(each)]))
  return typeof value === 'object' ? [] : [String(value)]
}

function splitScope(text: string): readonly string[] {
  return text.includes(' ') ? text.split(' ').filter((each) => each !== '') : [text]
}
