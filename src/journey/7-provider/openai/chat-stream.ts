import { isObject, parseJson } from '../../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../../domain/json.ts'
import { readMembers } from '../../1-intake/read-members.ts'
import { weighText } from '../../5-meter/estimate-tokens.ts'
import { nameIn } from '../name-in.ts'
import type { StreamEvent } from '../read-events.ts'
import { spliceMembers } from '../splice.ts'
import type { StreamStep, StreamTally, StreamTranslator } from '../translate-stream.ts'

const BOUNDS = { maxDepth: 128, maxNodes: 1_000_000 }
const NO_CHOICES: readonly JsonValue[] = []

/** Chat and text completion chunks: one shown model name, usage only for those who asked, nothing else touched. */
export class ChatStream implements StreamTranslator {
  readonly tally: StreamTally = {
    id: undefined,
    usage: undefined,
    serviceTier: undefined,
    reportedModel: undefined,
    emittedWeight: 0,
    complete: false,
  }
  readonly #shownModel: string
  readonly #wantsUsage: boolean
  readonly #begun = new Set<JsonValue>()
  readonly #finished = new Set<JsonValue>()

  constructor(shownModel: string, wantsUsage: boolean) {
    this.#shownModel = JSON.stringify(shownModel)
    this.#wantsUsage = wantsUsage
  }

  step(event: StreamEvent): StreamStep {
    if (event.data.trim() === '[DONE]') {
      this.tally.complete = true
      return { kind: 'done' }
    }
    // Between the values of JSON a line may end, which would end ours.
    const data = event.data.includes('\n') ? event.data.replaceAll('\n', ' ') : event.data
    const structure = readMembers(data, BOUNDS)
    const chunk = parseJson(data)
    if (!structure.ok || !isObject(chunk)) return { kind: 'unreadable' }
    const error = errorIn(chunk, event)
    if (error !== undefined) return { kind: 'error', error }
    this.#count(chunk)

    const changes = new Map<string, string | undefined>([['model', this.#shownModel]])
    const { choices } = chunk
    const onlyUsage = isObject(chunk['usage']) && Array.isArray(choices) && choices.length === 0
    if (!this.#wantsUsage) {
      if (onlyUsage) return { kind: 'nothing' }
      changes.set('usage', undefined)
    } else if (onlyUsage) {
      // Naive clients index the first choice of every chunk.
      changes.set('choices', '[{"index":0,"delta":{}}]')
    }
    return { kind: 'emit', frame: `data: ${spliceMembers(data, structure.members, changes)}\n\n` }
  }

  close(): string {
    return 'data: [DONE]\n\n'
  }

  #count(chunk: JsonObject): void {
    const { tally } = this
    // A chunk about the prompt alone comes before the answer has a name.
    tally.id ??= nameIn(chunk, 'id')
    tally.reportedModel ??= nameIn(chunk, 'model')
    tally.serviceTier = nameIn(chunk, 'service_tier') ?? tally.serviceTier
    const { usage, choices } = chunk
    if (isObject(usage)) tally.usage = usage
    const told: readonly JsonValue[] = Array.isArray(choices) ? choices : NO_CHOICES
    for (const choice of told) this.#follow(choice)
    // Some upstreams say no more at the end than this. Usage beside a choice is only what was used so far.
    const isFinished = this.#begun.size > 0 && this.#begun.size === this.#finished.size
    tally.complete = isFinished || (told.length === 0 && isObject(usage))
  }

  #follow(choice: JsonValue): void {
    this.tally.emittedWeight += weightOf(choice)
    if (!isObject(choice)) return
    const index = choice['index'] ?? 0
    this.#begun.add(index)
    if (typeof choice['finish_reason'] === 'string') this.#finished.add(index)
  }
}

/** Under its own name, as an event of that kind, or as an object that says of itself that it is one. */
function errorIn(chunk: JsonObject, { event }: StreamEvent): JsonValue | undefined {
  const error = chunk['error'] ?? undefined
  if (error !== undefined) return error
  return event === 'error' || chunk['object'] === 'error' ? chunk : undefined
}

function weightOf(choice: JsonValue): number {
  if (!isObject(choice)) return 0
  if (typeof choice['text'] === 'string') return weighText(choice['text'])
  const { delta } = choice
  if (!isObject(delta)) return 0
  const { content, refusal, tool_calls: calls, function_call: call } = delta
  // Some say it under both names.
  const reasoning = delta['reasoning_content'] ?? delta['reasoning']
  const texts = [content, reasoning, refusal].filter((text) => typeof text === 'string')
  const plain = texts.reduce((sum, text) => sum + weighText(text), 0)
  const hasCalls = (Array.isArray(calls) && calls.length > 0) || isObject(call)
  return hasCalls ? plain + weighText(JSON.stringify(calls ?? call)) : plain
}
