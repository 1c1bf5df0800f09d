import type { Claims } from '../../domain/claims.ts'
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

/** `*` for any text, `?` for one character. Goes back to the last star only, so that no pattern gets slow. */
export function matchesGlob(pattern: string, value: string): boolean {
  let at = 0
  let star = -1
  let resume = 0
  let next = 0
  while (at < value.length) {
    if (pattern[next] === '*') {
      star = next
      next += 1
      resume = at
    } else if (next < pattern.length && (pattern[next] === '?' || pattern[next] === value[at])) {
      next += 1
      at += 1
    } else if (star !== -1) {
      next = star + 1
      resume += 1
      at = resume
    } else {
      return false
    }
  }
  while (pattern[next] === '*') next += 1
  return next === pattern.length
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value.flatMap((each: JsonValue) => (typeof each === 'object' ? [] : [String(each)]))
  return typeof value === 'object' ? [] : [String(value)]
}

function splitScope(text: string): readonly string[] {
  return text.includes(' ') ? text.split(' ').filter((each) => each !== '') : [text]
}
