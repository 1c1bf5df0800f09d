import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { parseEndUserId } from '../../domain/ids.ts'
import type { EndUserId } from '../../domain/ids.ts'
import { isObject, parseJson } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { HeaderReader } from './arrival.ts'
import { isForbidden } from './reserved-names.ts'
import type { Operation } from './operations.ts'

/** What a caller says about a call for the books. Attribution only: it opens no door and moves no cost to another. */
export interface Attribution {
  readonly endUserId: EndUserId | undefined
  readonly tags: readonly string[]
  readonly sessionId: string | undefined
  readonly metadata: JsonObject
}

export interface AttributionSettings {
  /** `user_header_name` and the customer rows of `user_header_mappings`. */
  readonly endUserHeaders: readonly string[]
  readonly rejectClientTags: boolean
  readonly stripClientTags: boolean
  readonly requireEndUser: boolean
}

const MAX_TAGS = 50
const MAX_TEXT = 256
const MAX_METADATA = 8_192
const NOTES = 'spend_logs_metadata'

export function readAttribution(
  operation: Operation,
  body: JsonObject,
  headers: HeaderReader,
  settings: AttributionSettings,
): Decision<Attribution> {
  const own = body['litellm_metadata'] ?? undefined
  const written = body['metadata'] ?? undefined
  if (!isAbsentOrObject(own)) return deny('bad-request', 'param_type', '`litellm_metadata` must be an object.')
  if (!isAbsentOrObject(written)) return deny('bad-request', 'param_type', '`metadata` must be an object.')
  const metadata: JsonObject = { ...(operation.providerOwnsMetadata ? {} : written), ...own }

  const tags = readTags(body, metadata, headers, settings)
  if (tags.verdict === 'deny') return tags

  const notes = readNotes(metadata, headers)
  if (notes.verdict === 'deny') return notes

  const endUser = readEndUser(body, headers, settings)
  if (endUser.verdict === 'deny') return endUser
  if (settings.requireEndUser && endUser.granted === undefined) {
    return deny(
      'param-missing',
      'param_missing',
      'BadRequest please pass param=user. The operator requires `user` in every call.',
    )
  }
  return allow({
    endUserId: endUser.granted,
    tags: tags.granted,
    sessionId: readSession(body, metadata, headers),
    metadata: keepCallers(metadata, notes.granted),
  })
}

function readEndUser(
  body: JsonObject,
  headers: HeaderReader,
  settings: AttributionSettings,
): Decision<EndUserId | undefined> {
  const metadata = body['metadata']
  const own = body['litellm_metadata']
  const said = [
    headers.get('x-litellm-customer-id'),
    headers.get('x-litellm-end-user-id'),
    ...settings.endUserHeaders.map((name) => headers.get(name)),
    body['user'],
    member(own, 'user'),
    member(metadata, 'user_id'),
    body['safety_identifier'],
  ].find((value) => value !== undefined && value !== null && value !== '')
  if (said === undefined || said === null) return allow(undefined)
  const id = typeof said === 'string' ? parseEndUserId(said) : undefined
  if (id === undefined) {
    return deny(
      'bad-request',
      'param_type',
      'The end user id (`user`) must be a text of 1 to 255 characters, without control characters.',
    )
  }
  return allow(id)
}

function readTags(
  body: JsonObject,
  metadata: JsonObject,
  headers: HeaderReader,
  settings: AttributionSettings,
): Decision<readonly string[]> {
  const header = headers.get('x-litellm-tags')
  const inMetadata = metadata['tags']
  if (settings.rejectClientTags && inMetadata !== undefined) {
    return deny(
      'param-forbidden',
      'param_forbidden',
      "Client-side 'metadata.tags' not allowed in request. The operator sets `reject_clientside_metadata_tags`.",
    )
  }
  const tags: string[] = header === undefined ? [] : header.split(',').map((tag) => tag.trim())
  for (const list of [body['tags'], inMetadata]) {
    if (list === undefined || list === null) continue
    if (!Array.isArray(list) || list.some((tag) => typeof tag !== 'string')) {
      return deny('bad-request', 'param_type', '`tags` must be a list of texts.')
    }
    tags.push(...list.filter((tag) => typeof tag === 'string'))
  }
  if (tags.length > MAX_TAGS || tags.some((tag) => tag.length > MAX_TEXT)) {
    return deny('bad-request', 'param_type', `\`tags\`: at most ${MAX_TAGS}, of at most ${MAX_TEXT} characters each.`)
  }
  return allow(settings.stripClientTags ? [] : [...new Set(tags.filter((tag) => tag !== ''))])
}

function readSession(body: JsonObject, metadata: JsonObject, headers: HeaderReader): string | undefined {
  const said = [
    body['litellm_session_id'],
    body['litellm_trace_id'],
    metadata['session_id'],
    headers.get('x-litellm-session-id'),
    headers.get('x-litellm-trace-id'),
  ].find((value) => typeof value === 'string' && value !== '')
  return typeof said === 'string' ? said.slice(0, MAX_TEXT) : undefined
}

/** What a caller notes on its line apart from what it says about the call. The body counts before the header. */
function readNotes(metadata: JsonObject, headers: HeaderReader): Decision<JsonObject | undefined> {
  const header = headers.get('x-litellm-spend-logs-metadata')
  const sent = header === undefined || header === '' ? undefined : (parseJson(header) ?? null)
  const written = metadata[NOTES] ?? undefined
  if (!isAbsentOrObject(sent)) {
    return deny('bad-request', 'param_type', 'The header `x-litellm-spend-logs-metadata` must be a JSON object.')
  }
  if (!isAbsentOrObject(written)) return deny('bad-request', 'param_type', `\`metadata.${NOTES}\` must be an object.`)
  return allow(sent === undefined ? written : { ...sent, ...written })
}

/** The caller's own words for its ledger line: bounded, and without names that could be taken for ours. */
function keepCallers(metadata: JsonObject, notes: JsonObject | undefined): JsonObject {
  const own = withoutOurs(metadata)
  const noted = notes === undefined ? {} : withoutOurs(notes)
  const isNoted = Object.keys(noted).length > 0
  if (!isNoted && Object.keys(own).length === 0) return {}
  const kept = isNoted ? { ...own, [NOTES]: noted } : own
  const fits = isWithin(kept, MAX_METADATA) && JSON.stringify(kept).length <= MAX_METADATA
  return fits ? kept : { dropped: 'metadata was larger than 8 KiB' }
}

function withoutOurs(said: JsonObject): JsonObject {
  const names = Object.keys(said).filter((name) => name !== 'tags' && !isForbidden(name))
  return Object.fromEntries(names.map((name) => [name, said[name] ?? null]))
}

/** Whether a value may be this short when it is written: what is far too long is not written to find that out. */
function isWithin(value: JsonValue, most: number): boolean {
  let left = most
  const take = (inner: JsonValue): void => {
    left -= typeof inner === 'string' ? inner.length : 1
    if (left < 0 || typeof inner !== 'object' || inner === null) return
    for (const [name, member] of Object.entries(inner)) {
      left -= name.length
      if (left < 0) return
      take(member)
    }
  }
  take(value)
  return left >= 0
}

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isObject(value) ? value[name] : undefined
}

function isAbsentOrObject(value: JsonValue | undefined): value is JsonObject | undefined {
  return value === undefined || isObject(value)
}
