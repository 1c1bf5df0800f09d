import type { Decision } from '../../domain/decision.ts'
import { allow } from '../../domain/decision.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { HeaderReader } from './arrival.ts'
import { readAttribution } from './read-attribution.ts'
import type { AttributionSettings } from './read-attribution.ts'
import { NO_CONTROLS } from './read-controls.ts'
import type { ForwardedMember, ModelAsk } from './read-model-request.ts'
import type { Operation } from './operations.ts'
import type { ParsedBody } from './parse-body.ts'

/** What a request that is passed on is taken for by whoever counts and decides. None of it is what goes upstream. */
export function readPassedRequest(
  operation: Operation,
  model: string | undefined,
  parsed: ParsedBody | undefined,
  headers: HeaderReader,
  settings: AttributionSettings,
): Decision<ModelAsk> {
  const body = parsed?.value ?? {}
  const isModelCall = operation.reportsUsage
  const attribution = readAttribution(operation, saidOfCaller(body, isModelCall), headers, {
    ...settings,
    requireEndUser: settings.requireEndUser && isModelCall,
  })
  if (attribution.verdict === 'deny') return attribution
  const stream = body['stream'] === true
  return allow({
    operation,
    model: model ?? '',
    stream,
    wantsStreamUsage: stream,
    body,
    forwarded: parsed === undefined ? [] : membersOf(parsed, operation),
    controls: NO_CONTROLS,
    attribution: attribution.granted,
    promptText: isModelCall ? (parsed?.text ?? '') : '',
  })
}

/** In a call of an unknown API, only what is named after us is meant for us. */
function saidOfCaller(body: JsonObject, isModelCall: boolean): JsonObject {
  const names = isModelCall ? ['litellm_metadata', 'metadata', 'user', 'safety_identifier'] : ['litellm_metadata']
  return Object.fromEntries(names.flatMap((name) => (Object.hasOwn(body, name) ? [[name, body[name] ?? null]] : [])))
}

/** The members, those that say how much may be written under the names of the OpenAI wire. */
function membersOf({ text, members, value }: ParsedBody, { upstreamPath }: Operation): readonly ForwardedMember[] {
  const written = members.map(({ name, start, valueEnd }) => ({ name, text: text.slice(start, valueEnd) }))
  if (!GEMINI.test(upstreamPath)) return written
  const { generationConfig } = value
  const config = isObject(generationConfig) ? generationConfig : {}
  const said = [
    ['max_tokens', config['maxOutputTokens']],
    ['n', config['candidateCount']],
  ] as const
  const limits = said.flatMap(([name, count]) =>
    count === undefined ? [] : [{ name, text: `"${name}":${JSON.stringify(count)}` }],
  )
  return [...written.filter(({ name }) => !OTHER_LIMITS.has(name)), ...limits]
}

const GEMINI = /:(?:streamGenerateContent|generateContent)$/
/** They mean nothing there, and promise nothing. */
const OTHER_LIMITS: ReadonlySet<string> = new Set(['max_tokens', 'max_completion_tokens', 'n', 'best_of'])
