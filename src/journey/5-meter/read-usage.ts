import type { Usage } from '../../domain/usage.ts'

export interface UsageBounds {
  /** The highest count that the request could have produced. */
  readonly maxPlausible: number
}

/**
 * The usage object of an upstream's reply, in any of the shapes of the OpenAI wire. All or nothing: one member that is
 * not a plausible count makes the whole report untrustworthy, and the caller counts for itself. Never throws.
 */
export function readUsage(raw: unknown, bounds: UsageBounds): Usage | undefined {
  if (!isRecord(raw)) return undefined
  const counts = new Counts(bounds.maxPlausible)
  const inputDetails = counts.firstGroup(raw, INPUT_DETAILS)
  const outputDetails = counts.firstGroup(raw, OUTPUT_DETAILS)

  const input = counts.read(raw, 'prompt_tokens') ?? counts.read(raw, 'input_tokens')
  const output = counts.read(raw, 'completion_tokens') ?? counts.read(raw, 'output_tokens')
  const total = counts.read(raw, 'total_tokens')
  const cached =
    counts.read(inputDetails, 'cached_tokens') ??
    counts.read(raw, 'cache_read_input_tokens') ??
    counts.read(raw, 'prompt_cache_hit_tokens') ??
    0
  const cacheWrite =
    counts.read(inputDetails, 'cache_creation_tokens') ??
    counts.read(inputDetails, 'cache_write_tokens') ??
    counts.read(raw, 'cache_creation_input_tokens') ??
    0
  const cacheWrite1h =
    counts.read(counts.group(raw, 'cache_creation'), 'ephemeral_1h_input_tokens') ??
    counts.read(counts.group(inputDetails, 'cache_creation_token_details'), 'ephemeral_1h_input_tokens') ??
    0
  const audioInput = counts.read(inputDetails, 'audio_tokens') ?? 0
  const cachedAudio = counts.read(counts.group(inputDetails, 'cached_tokens_details'), 'audio_tokens') ?? 0
  const imageInput = counts.read(inputDetails, 'image_tokens') ?? 0
  const reasoning = counts.read(outputDetails, 'reasoning_tokens') ?? 0
  const audioOutput = counts.read(outputDetails, 'audio_tokens') ?? 0
  const imageOutput = counts.read(outputDetails, 'image_tokens') ?? 0

  const outputTokens = wholeOutput({ input, output, total, reasoning })
  if (counts.broken || input === undefined || outputTokens === undefined || outputTokens > bounds.maxPlausible) {
    return undefined
  }
  if (cached > input || cacheWrite > input || audioInput > input || cacheWrite1h > cacheWrite) return undefined
  if (imageInput > input || imageOutput > outputTokens) return undefined
  if (cachedAudio > cached || cachedAudio > audioInput) return undefined
  if (reasoning > outputTokens || audioOutput > outputTokens) return undefined

  return {
    inputTokens: input,
    outputTokens,
    cachedInputTokens: cached,
    cacheWriteInputTokens: cacheWrite,
    ...(cacheWrite1h > 0 && { cacheWrite1hInputTokens: cacheWrite1h }),
    audioInputTokens: audioInput,
    ...(cachedAudio > 0 && { cachedAudioInputTokens: cachedAudio }),
    ...(imageInput > 0 && { imageInputTokens: imageInput }),
    reasoningTokens: reasoning,
    audioOutputTokens: audioOutput,
    ...(imageOutput > 0 && { imageOutputTokens: imageOutput }),
  }
}

const INPUT_DETAILS = ['prompt_tokens_details', 'input_tokens_details', 'input_token_details']
const OUTPUT_DETAILS = ['completion_tokens_details', 'output_tokens_details', 'output_token_details']

interface Totals {
  readonly input: number | undefined
  readonly output: number | undefined
  readonly total: number | undefined
  readonly reasoning: number
}

/**
 * Replies without output (embeddings) say so by a total; silence about both is not a zero. Some upstreams leave the
 * reasoning out of the completion and in the total: they bill it, so it is put back.
 */
function wholeOutput({ input = 0, output, total, reasoning }: Totals): number | undefined {
  if (output === undefined) return total === undefined || total < input ? undefined : total - input
  return reasoning > 0 && total === input + output + reasoning ? output + reasoning : output
}

type Json = Readonly<Record<string, unknown>>

/** Reads members and remembers whether any was not what it should be. `null` is absence on this wire. */
class Counts {
  readonly #max: number
  broken = false

  constructor(max: number) {
    this.#max = max
  }

  read(record: Json | undefined, name: string): number | undefined {
    const value = record?.[name]
    if (value === undefined || value === null) return undefined
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= this.#max) return value
    this.broken = true
    return undefined
  }

  firstGroup(record: Json, names: readonly string[]): Json | undefined {
    for (const name of names) {
      const group = this.group(record, name)
      if (group !== undefined) return group
    }
    return undefined
  }

  group(record: Json | undefined, name: string): Json | undefined {
    const value = record?.[name]
    if (value === undefined || value === null) return undefined
    if (isRecord(value)) return value
    this.broken = true
    return undefined
  }
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
