import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { parseEndUserId } from '../../domain/ids.ts'
import type { EndUserId } from '../../domain/ids.ts'
import { isObject, parseJson } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { HeaderReader } from './arrival.ts'
import { INFERENCE_BOUNDS } from './parse-body.ts'
import { readMembers } from './read-members.ts'
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
const NOTES_HEADER = 'x-litellm-spend-logs-metadata'
const NO_NOTES: JsonObject = {}
/** A project, a client or a region are fit to be noted. Credentials are not, nor what could be taken for our own word. */
const NOT_NOTED = /^(?:user_api_key|spend)|api_?key|access_?key|secret|password/i

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
  const plain = operation.providerOwnsMetadata ? undefined : written
  const metadata: JsonObject = { ...own, ...plain }

  const tags = readTags([body['tags']], [plain?.['tags'], own?.['tags']], headers, settings)
  if (tags.verdict === 'deny') return tags
  const notes = readNotes(metadata, headers)
  if (notes.verdict === 'deny') return notes

  const endUser = readEndUser(body, headers, settings)
  if (endUser.verdict === 'deny') return endUser
  if (settings.requireEndUser && endUser.granted === undefined) {
    return deny('end-user-missing', 'param_missing')
  }
  return allow({
    endUserId: endUser.granted,
    tags: tags.granted,
    sessionId: readSession(body, metadata, headers),
    metadata: keepCallers(metadata, notes.granted),
  })
}

/** `spend_logs_metadata`: what a caller notes on its line, in which the body adds to the header, and wins over it. */
function readNotes(metadata: JsonObject, headers: HeaderReader): Decision<JsonObject> {
  const header = headers.get(NOTES_HEADER)
  const inHeader = header === undefined || header === '' ? undefined : readObject(header)
  if (!isAbsentOrObject(inHeader)) {
    return deny('bad-request', 'param_type', `\`${NOTES_HEADER}\` must be a JSON object.`)
  }
  const inBody = metadata[NOTES] ?? undefined
  if (!isAbsentOrObject(inBody)) return deny('bad-request', 'param_type', `\`${NOTES}\` must be an object.`)
  if (inHeader === undefined && inBody === undefined) return allow(NO_NOTES)
  return allow(kept({ ...inHeader, ...inBody }, (name) => !NOT_NOTED.test(name)))
}

/** Bounded like a body: whoever reads the line must not trip over it. Null: it is no such object. */
function readObject(text: string): JsonValue {
  return readMembers(text, INFERENCE_BOUNDS).ok ? (parseJson(text) ?? null) : null
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

/** Whoever says tags in several places means them all. */
function readTags(
  plain: readonly (JsonValue | undefined)[],
  inMetadata: readonly (JsonValue | undefined)[],
  headers: HeaderReader,
  settings: AttributionSettings,
): Decision<readonly string[]> {
  const header = headers.get('x-litellm-tags')
  if (settings.rejectClientTags && inMetadata.some((list) => list !== undefined)) {
    return deny(
      'tags-forbidden',
      'param_forbidden',
      "Client-side 'metadata.tags' not allowed in request. The operator sets `reject_clientside_metadata_tags`.",
    )
  }
  const tags: string[] = header === undefined ? [] : header.split(',').map((tag) => tag.trim())
  for (const list of [...plain, ...inMetadata]) {
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
    // What a client calls its own sessions.
    headers.find((name) => name.startsWith('x-') && name.endsWith('-session-id')),
  ].find((value) => typeof value === 'string' && value !== '')
  return typeof said === 'string' ? said.slice(0, MAX_TEXT) : undefined
}

/** The caller's own words for its ledger line: bounded, and without names that could be taken for ours. */
function keepCallers(metadata: JsonObject, notes: JsonObject): JsonObject {
  const own = kept(metadata, (name) => name !== 'tags' && !isForbidden(name))
  const hasNotes = Object.keys(notes).length > 0
  if (!hasNotes && Object.keys(own).length === 0) return own
  const all = hasNotes ? { ...own, [NOTES]: notes } : own
  const fits = isWithin(all, MAX_METADATA) && JSON.stringify(all).length <= MAX_METADATA
  return fits ? all : { dropped: 'metadata was larger than 8 KiB' }
}

function kept(said: JsonObject, isKept: (name: string) => boolean): JsonObject {
  const names = Object.keys(said).filter(isKept)
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
