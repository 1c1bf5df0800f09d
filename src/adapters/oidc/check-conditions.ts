import type { Claims, ClaimPath } from '../../domain/claims.ts'
import type { Denied } from '../../domain/decision.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { ClaimCondition } from '../../domain/token-settings.ts'
import { refuseClaim } from './refuse-token.ts'

/** J-24: a claim that is not there, or empty, meets no condition, and nothing is fetched to find it. */
export function checkConditions(claims: Claims, conditions: readonly ClaimCondition[]): Denied | undefined {
  for (const condition of conditions) {
    const value = claimAt(claims, condition.claim)
    if (value === undefined || isEmpty(value)) return refuseClaim('jwt_claim_missing', condition.claim)
    if (!meets(value, condition)) return refuseClaim('jwt_claim_denied', condition.claim)
  }
  return undefined
}

/** INV-04: nobody gets more by saying nothing in another form. */
function isEmpty(value: JsonValue): boolean {
  if (value === null || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

export function claimAt(claims: Claims, path: ClaimPath): JsonValue | undefined {
  let value: JsonValue | undefined = claims
  for (const name of path) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return value
}

function meets(value: JsonValue, condition: ClaimCondition): boolean {
  switch (condition.is) {
    case 'present':
      return true
    case 'equals':
      return value === condition.value
    case 'one-of':
      return condition.values.some((each) => each === value)
    case 'contains':
      return listOf(value, condition.claim).includes(condition.value)
  }
}

/** One text is a list of one, but for scopes, which OAuth writes into one text. */
function listOf(value: JsonValue, path: ClaimPath): readonly JsonValue[] {
  if (Array.isArray(value)) return value
  const isScopes = path.length === 1 && (path[0] === 'scope' || path[0] === 'scp')
  return isScopes && typeof value === 'string' ? value.split(' ') : [value]
}
