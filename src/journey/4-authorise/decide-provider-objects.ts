import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { Principal } from '../../domain/principal.ts'
import type { IdSigner } from '../../ports/id-signer.ts'
import type { ModelAsk } from '../1-intake/read-model-request.ts'
import { readResponseId, responseOwner } from './response-ids.ts'
import type { StoredResponse } from './response-ids.ts'

/**
 * Objects that live at a provider are shared by everybody who uses the provider's credential, so only ids that we gave
 * to this caller lead to them (INV-19). A foreign id, a made-up one and the provider's own are all the same: not found.
 */
export function decideProviderObjects(
  principal: Principal,
  ask: ModelAsk,
  signer: IdSigner,
): Decision<StoredResponse | undefined> {
  const found = findForeignObject(ask.body, 0)
  if (found !== undefined) return notFound(found)
  const previous = ask.operation.name === 'responses' ? (ask.body['previous_response_id'] ?? undefined) : undefined
  if (previous === undefined) return allow(undefined)
  const stored = typeof previous === 'string' ? readResponseId(previous, responseOwner(principal), signer) : undefined
  return stored === undefined ? notFound('previous_response_id') : allow(stored)
}

/** Names with ids as their values; the same names in a JSON schema have objects there and mean nothing. */
function findForeignObject(value: JsonValue, depth: number): string | undefined {
  if (Array.isArray(value)) {
    for (const item of value) {
      const found = findForeignObject(item, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (!isObject(value)) return undefined
  for (const name in value) {
    const found = isId(name, value, depth) ? name : findForeignObject(value[name] ?? null, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

function isId(name: string, holder: JsonObject, depth: number): boolean {
  const value = holder[name]
  switch (name) {
    case 'file_id':
      return typeof value === 'string'
    case 'file_ids':
    case 'vector_store_ids':
      return Array.isArray(value) && value.some((item: JsonValue) => typeof item === 'string')
    case 'conversation':
      return depth === 0 && value !== null
    // A stored prompt of the provider's; a text here is the prompt itself.
    case 'prompt':
      return depth === 0 && isObject(value) && typeof value['id'] === 'string'
    case 'id':
      return typeof value === 'string' && holder['type'] === 'item_reference'
    case 'container':
      return typeof value === 'string' && holder['type'] === 'code_interpreter'
    default:
      return false
  }
}

function notFound(name: string): ReturnType<typeof deny> {
  return deny(
    'object-not-found',
    'object_denied',
    `\`${name}\`: no such object. Only ids that this gateway gave to this key can be used.`,
  )
}
