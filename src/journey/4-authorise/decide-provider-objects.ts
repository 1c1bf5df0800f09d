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
  if (MENTIONS_OBJECTS.test(ask.promptText) || ESCAPES_LETTERS.test(ask.promptText)) {
    const found = findForeignObject(ask.body, 0)
    if (found !== undefined) return notFound(found)
  }
  const previous = ask.operation.name === 'responses' ? (ask.body['previous_response_id'] ?? undefined) : undefined
  if (previous === undefined) return allow(undefined)
  const stored = typeof previous === 'string' ? readResponseId(previous, responseOwner(principal), signer) : undefined
  return stored === undefined ? notFound('previous_response_id') : allow(stored)
}

const MENTIONS_OBJECTS = /"(?:file_ids?|vector_store_ids|conversation|container|prompt|item_reference)"/
/** A name can be spelled with escapes: `"file\u005fid"`. Nobody has to escape these characters. */
const ESCAPES_LETTERS = /\\u00[4-7]/

/** Names with ids as their values; the same names in a JSON schema have objects there and mean nothing. */
function findForeignObject(value: JsonValue, depth: number): string | undefined {
  if (Array.isArray(value)) return firstOf(value, (item: JsonValue) => findForeignObject(item, depth + 1))
  if (!isObject(value)) return undefined
  return firstOf(Object.keys(value), (name) =>
    isId(name, value, depth) ? name : findForeignObject(value[name] ?? null, depth + 1),
  )
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

function firstOf<Item>(items: readonly Item[], look: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const found = look(item)
    if (found !== undefined) return found
  }
  return undefined
}

function notFound(name: string): ReturnType<typeof deny> {
  return deny(
    'object-not-found',
    'object_denied',
    `\`${name}\`: no such object. Only ids that this gateway gave to this key can be used.`,
  )
}
