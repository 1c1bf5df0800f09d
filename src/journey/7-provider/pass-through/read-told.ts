import { isObject } from '../../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../../domain/json.ts'
import { weighText } from '../../5-meter/estimate-tokens.ts'

/** What an answer, or one event of it, says for the books. Its usage is in the words of the OpenAI wire. */
export interface Told {
  readonly id: string | undefined
  readonly model: string | undefined
  readonly serviceTier: string | undefined
  readonly usage: JsonObject | undefined
  readonly weight: number
  /** A client may take it for the end of the stream. */
  readonly isLast: boolean
}

const LAST = new Set(['message_stop', 'response.completed', 'response.incomplete', 'response.failed'])

/** Reads what OpenAI chat, embeddings and responses, Anthropic messages and Gemini answer, whole or event by event. */
export function readTold(value: JsonValue): Told {
  if (!isObject(value)) return NOTHING
  const { type } = value
  const inner = isObject(value['response']) ? value['response'] : isObject(value['message']) ? value['message'] : value
  return {
    id: textOf(inner['id']) ?? textOf(inner['responseId']),
    model: textOf(inner['model']) ?? textOf(inner['modelVersion']),
    serviceTier: textOf(inner['service_tier']),
    usage: usageOf(value, inner),
    weight: weightOf(value),
    isLast: typeof type === 'string' && LAST.has(type),
  }
}

const NOTHING: Told = {
  id: undefined,
  model: undefined,
  serviceTier: undefined,
  usage: undefined,
  weight: 0,
  isLast: false,
}

function usageOf(value: JsonObject, inner: JsonObject): JsonObject | undefined {
  const { usageMetadata } = inner
  if (isObject(usageMetadata)) return fromGemini(usageMetadata)
  const usage = isObject(inner['usage']) ? inner['usage'] : value['usage']
  if (!isObject(usage)) return undefined
  return isAnthropic(value) ? fromAnthropic(usage) : usage
}

function isAnthropic({ type }: JsonObject): boolean {
  return type === 'message' || type === 'message_start' || type === 'message_delta'
}

/** Its input is what was neither read from the cache nor written into it; elsewhere these are part of the input. */
function fromAnthropic(usage: JsonObject): JsonObject {
  const counts = [usage['input_tokens'], usage['cache_read_input_tokens'], usage['cache_creation_input_tokens']]
  if (counts.every((count) => count === undefined)) return usage
  return { ...usage, input_tokens: sum(counts) }
}

/** Its thoughts are beside its answer, and billed like it. */
function fromGemini(usage: JsonObject): JsonObject {
  const { promptTokenCount, candidatesTokenCount, thoughtsTokenCount, cachedContentTokenCount } = usage
  const input = promptTokenCount ?? 0
  const output = sum([candidatesTokenCount, thoughtsTokenCount])
  return {
    input_tokens: sum([input, usage['toolUsePromptTokenCount']]),
    output_tokens: output,
    input_tokens_details: { cached_tokens: cachedContentTokenCount ?? 0 },
    output_tokens_details: { reasoning_tokens: thoughtsTokenCount ?? 0 },
  }
}

/** Of what is not a number, NaN: the reader of usage then believes none of it. */
function sum(counts: readonly (JsonValue | undefined)[]): number {
  return counts.reduce(
    (total: number, count) => total + (count === undefined || count === null ? 0 : numberOf(count)),
    0,
  )
}

function numberOf(count: JsonValue): number {
  return typeof count === 'number' ? count : Number.NaN
}

/** Text of a model in one event of a stream, for when the stream never comes to its usage. */
function weightOf(value: JsonObject): number {
  const { delta, choices, candidates } = value
  if (typeof delta === 'string') return weighText(delta)
  if (isObject(delta)) return weighTexts(delta, ['text', 'partial_json', 'thinking'])
  if (Array.isArray(choices)) return choices.reduce((all: number, choice: JsonValue) => all + weightOfChoice(choice), 0)
  return Array.isArray(candidates) ? weighDeep(candidates) : 0
}

function weightOfChoice(choice: JsonValue): number {
  if (!isObject(choice)) return 0
  const { delta, message } = choice
  const said = isObject(delta) ? delta : isObject(message) ? message : choice
  const calls = said['tool_calls'] ?? said['function_call'] ?? null
  // Some say it under both names.
  const reasoning = (said['reasoning_content'] ?? null) === null ? 'reasoning' : 'reasoning_content'
  return weighTexts(said, ['content', reasoning, 'refusal', 'text']) + weighDeep(calls)
}

function weighTexts(of: JsonObject, names: readonly string[]): number {
  return names.reduce((all, name) => {
    const text = of[name]
    return all + (typeof text === 'string' ? weighText(text) : 0)
  }, 0)
}

function weighDeep(value: JsonValue): number {
  if (typeof value === 'string') return weighText(value)
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce((all: number, inner: JsonValue) => all + weighDeep(inner), 0)
}

/** These go into the books, and what is longer is no name. */
const LONGEST = 256

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST ? value : undefined
}
