import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { LONGEST_MODEL_NAME } from '../../domain/model-names.ts'
import type { Arrival } from './arrival.ts'
import { readAttribution } from './read-attribution.ts'
import type { Attribution, AttributionSettings } from './read-attribution.ts'
import { readControls, TEST_HOOKS } from './read-controls.ts'
import { SPECIAL_FALLBACKS } from './read-fallbacks.ts'
import type { CallControls, ControlLimits } from './read-controls.ts'
import type { Operation, OperationName } from './operations.ts'
import type { ParsedBody, ParsedObject } from './parse-body.ts'
import { DROPPED, INTERNAL, isForbidden } from './reserved-names.ts'

/** A well-formed request for a model: what is asked, what goes upstream, and what was meant for us. */
export interface ModelAsk {
  readonly operation: Operation
  readonly model: string
  readonly stream: boolean
  /** The client wants the usage chunk of a stream for itself. */
  readonly wantsStreamUsage: boolean
  readonly body: JsonObject
  /** Members that go upstream as they came, each as `"name":value`, without `model` and `stream_options`. */
  readonly forwarded: readonly ForwardedMember[]
  readonly controls: CallControls
  readonly attribution: Attribution
  /** Everything that could be prompt, for an estimate where the upstream counts nothing. */
  readonly promptText: string
}

export interface ForwardedMember {
  readonly name: string
  readonly text: string
}

export interface IntakeSettings {
  readonly controls: ControlLimits
  readonly attribution: AttributionSettings
  readonly forcedModels: Readonly<Partial<Record<OperationName, string>>>
  readonly alwaysIncludeStreamUsage: boolean
  /** `compat.client_mock_response`: test hooks of clients are obeyed, as older releases do. */
  readonly clientMockResponse: boolean
}

export function readModelRequest(
  operation: Operation,
  arrival: Pick<Arrival, 'headers' | 'pathModel'>,
  parsed: ParsedBody,
  settings: IntakeSettings,
): Decision<ModelAsk> {
  const body = wholeOf(parsed)

  const model = readModel(operation, arrival, body, settings)
  if (model.verdict === 'deny') return model

  const flaw = subjectFlaw(operation, body) ?? streamFlaw(operation, body)
  if (flaw !== undefined) return deny('bad-request', 'param_type', flaw)

  const forwarded = chooseForwarded(operation, parsed, parsed.extra, settings)
  if (forwarded.verdict === 'deny') return forwarded

  const miscounted = pictureFlaw(operation, body)
  if (miscounted !== undefined) return deny('bad-request', 'param_type', miscounted)

  const controls = readControls(body, model.granted, arrival.headers, settings.controls)
  if (controls.verdict === 'deny') return controls
  const attribution = readAttribution(operation, body, arrival.headers, settings.attribution)
  if (attribution.verdict === 'deny') return attribution

  const stream = body['stream'] === true
  return allow({
    operation,
    model: model.granted,
    stream,
    wantsStreamUsage: stream && (settings.alwaysIncludeStreamUsage || asksForUsage(body)),
    body,
    forwarded: forwarded.granted,
    controls: controls.granted,
    attribution: attribution.granted,
    promptText: parsed.text,
  })
}

/** What stands in `extra_body` goes upstream as a member of the top, so everybody who decides sees it there. */
function wholeOf({ value, extra }: ParsedBody): JsonObject {
  return extra === undefined ? value : { ...value, ...extra.value }
}

/** In any script; without what breaks a line, turns it round or is no letter at all (AC-117). */
const MODEL_NAME = /^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]+$/u

function readModel(
  operation: Operation,
  arrival: Pick<Arrival, 'pathModel'>,
  body: JsonObject,
  settings: IntakeSettings,
): Decision<string> {
  const written = settings.forcedModels[operation.name] ?? arrival.pathModel ?? body['model']
  if (typeof written === 'string' && written.length <= LONGEST_MODEL_NAME && MODEL_NAME.test(written))
    return allow(written)
  return deny(
    'param-missing',
    written === undefined || written === null || written === '' ? 'param_missing' : 'param_type',
    `${operation.shownPath}: \`model\` must be the name of a model. Call \`/v1/models\` to view available models for your key.`,
  )
}

function subjectFlaw(operation: Operation, body: JsonObject): string | undefined {
  if (operation.subject === undefined) return undefined
  const { name, types } = operation.subject
  const value = body[name]
  // A stored prompt or a conversation to go on with can stand for `input`.
  if (
    value === undefined &&
    operation.name === 'responses' &&
    (body['prompt'] ?? body['previous_response_id']) !== undefined
  )
    return undefined
  if (value === undefined || value === null) return `${operation.shownPath}: \`${name}\` is missing.`
  const fits = types.some((type) => (type === 'array' ? Array.isArray(value) : typeof value === type))
  if (!fits)
    return `${operation.shownPath}: \`${name}\` must be ${types.map((type) => (type === 'array' ? 'a list' : 'a text')).join(' or ')}.`
  if (Array.isArray(value) && value.length === 0) return `${operation.shownPath}: \`${name}\` is empty.`
  return undefined
}

function streamFlaw(operation: Operation, body: JsonObject): string | undefined {
  const { stream, stream_options: options } = body
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') return '`stream` must be true or false.'
  if (stream === true && operation.streams === 'never')
    return `${operation.shownPath}: there are no streams here; leave \`stream\` out.`
  if (options !== undefined && options !== null && !isObject(options)) return '`stream_options` must be an object.'
  return undefined
}

/** Nobody paints so many at once, and each is charged when the answer does not come. */
const MOST_PICTURES = 128

/** Each picture costs money: what an upstream would read as many must not be read here as one. */
function pictureFlaw(operation: Operation, { n: count }: JsonObject): string | undefined {
  if (operation.name !== 'image' || count === undefined || count === null) return undefined
  const isCount = typeof count === 'number' && Number.isInteger(count) && count > 0 && count <= MOST_PICTURES
  return isCount ? undefined : `${operation.shownPath}: \`n\` must be a whole number from 1 to ${MOST_PICTURES}.`
}

function asksForUsage(body: JsonObject): boolean {
  const options = body['stream_options']
  return isObject(options) && options['include_usage'] === true
}

/** Members of `extra_body` stand at the top of what goes upstream, and obey the same rules. */
function chooseForwarded(
  operation: Operation,
  body: ParsedObject,
  inner: ParsedObject | undefined,
  settings: IntakeSettings,
): Decision<readonly ForwardedMember[]> {
  const chosen: ForwardedMember[] = []
  const extra = body.value['extra_body']
  if (extra !== undefined && extra !== null && inner === undefined)
    return deny('bad-request', 'param_type', '`extra_body` must be an object, and can stand at the top only.')

  for (const member of body.members) {
    const { name } = member
    if (name === 'model' || name === 'stream_options') continue
    if (name === 'extra_body' && inner !== undefined) {
      const merged = chooseForwarded(operation, inner, undefined, settings)
      if (merged.verdict === 'deny') return merged
      const twice = merged.granted.find((item) => Object.hasOwn(body.value, item.name))
      if (twice !== undefined || Object.hasOwn(inner.value, 'model')) {
        return deny(
          'param-forbidden',
          'param_forbidden',
          `\`extra_body\` must not repeat the parameter \`${twice?.name ?? 'model'}\`.`,
        )
      }
      chosen.push(...merged.granted)
      continue
    }
    const isObeyed = SPECIAL_FALLBACKS.has(name) || (settings.clientMockResponse && TEST_HOOKS.has(name))
    if (isForbidden(name) && !isObeyed) return forbidden(name)
    if (DROPPED.has(name) || isObeyed) continue
    if (name === 'metadata') {
      const smuggled = smuggledName(body.value['metadata'])
      if (smuggled !== undefined && operation.providerOwnsMetadata) return forbidden(`metadata.${smuggled}`)
      if (!operation.providerOwnsMetadata) continue
    }
    chosen.push({ name, text: body.text.slice(member.start, member.valueEnd) })
  }
  return allow(chosen)
}

function smuggledName(metadata: JsonValue | undefined): string | undefined {
  return isObject(metadata) ? Object.keys(metadata).find((name) => isForbidden(name) || INTERNAL.has(name)) : undefined
}

function forbidden(name: string): ReturnType<typeof deny> {
  const shown = name.slice(0, 64)
  return deny(
    'param-forbidden',
    'param_forbidden',
    `The parameter \`${shown}\` is not allowed in a request: the operator decides it. Remove it.`,
  )
}
