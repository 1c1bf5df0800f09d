import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { Principal } from '../../domain/principal.ts'
import { NO_REQUEST } from '../1-intake/named-models.ts'
import { OFFERS, allowLists, decideTools } from './decide-tools.ts'

/** The same question for a request that is passed on: about every offer in it, those of a batch too. */
export function decidePassedTools(
  principal: Principal,
  body: JsonValue | undefined,
  isHidden: boolean,
): Decision<undefined> {
  if (allowLists(principal).length === 0) return allow(undefined)
  if (isHidden) {
    return deny(
      'tool-denied',
      'tool_denied',
      'This caller may offer some tools only, and the body cannot be read: send a JSON object.',
    )
  }
  return decideTools(principal, body === undefined ? [] : placesIn(body))
}

function placesIn(value: JsonValue): readonly JsonObject[] {
  if (Array.isArray(value)) return value.flatMap(placesIn)
  if (!isObject(value)) return []
  const inner = Object.entries(value).flatMap(([name, member]) =>
    OFFERS.has(name) || NO_REQUEST.has(name) ? [] : placesIn(member),
  )
  return [value, ...inner]
}
