import { isObject, parseJson } from '../../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../../domain/json.ts'
import { readMembers } from '../../1-intake/read-members.ts'
import type { StreamEvent } from '../read-events.ts'
import type { StreamStep, StreamTally, StreamTranslator } from '../translate-stream.ts'

const BOUNDS = { maxDepth: 128, maxNodes: 1_000_000 }
const COMPLETED = 'image_generation.completed'

/** Typed events of pictures that are painted before the client's eyes. They are long, and pass as they came. */
export class PictureStream implements StreamTranslator {
  readonly tally: StreamTally & { pictures: number } = {
    id: undefined,
    usage: undefined,
    serviceTier: undefined,
    reportedModel: undefined,
    emittedWeight: 0,
    complete: false,
    pictures: 0,
  }
  readonly #ordered: number

  constructor(ordered: number) {
    this.#ordered = ordered
  }

  step({ event, data }: StreamEvent): StreamStep {
    if (data.trim() === '[DONE]') {
      this.tally.complete = true
      return { kind: 'done' }
    }
    const structure = readMembers(data, BOUNDS)
    if (!structure.ok) return { kind: 'unreadable' }
    const valueOf = (name: string): JsonValue | undefined => {
      const member = structure.members.find((each) => each.name === name)
      return member === undefined ? undefined : parseJson(data.slice(member.valueStart, member.valueEnd))
    }
    const told = valueOf('type')
    const type = typeof told === 'string' ? told : event
    const error = valueOf('error')
    if (type === 'error' || isObject(error)) return { kind: 'error', error: error ?? parseJson(data) ?? null }

    const name = type === undefined || !/^[\w.-]{1,128}$/.test(type) ? '' : `event: ${type}\n`
    // Between the values of JSON a line may end, which would end ours.
    const frame = `${name}data: ${data.replaceAll('\n', ' ')}\n\n`
    return type === COMPLETED ? this.#complete(frame, valueOf('usage')) : { kind: 'emit', frame }
  }

  close(): string {
    return 'data: [DONE]\n\n'
  }

  /** Each picture is told with what it used. */
  #complete(frame: string, usage: JsonValue | undefined): StreamStep {
    const { tally } = this
    tally.pictures += 1
    if (isObject(usage)) tally.usage = isObject(tally.usage) ? sum(tally.usage, usage) : usage
    if (tally.pictures < this.#ordered) return { kind: 'emit', frame }
    tally.complete = true
    return { kind: 'emit-last', frame }
  }
}

/** Of counts, name by name. What is no count stays as it is, so that nobody believes the whole. */
function sum(one: JsonObject, other: JsonObject): JsonObject {
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return Object.fromEntries([...names].map((name) => [name, added(one[name], other[name])]))
}

function added(one: JsonValue | undefined, other: JsonValue | undefined): JsonValue {
  if (isObject(one) && isObject(other)) return sum(one, other)
  if (typeof one === 'number' && typeof other === 'number') return one + other
  return (typeof one === 'number' ? undefined : one) ?? other ?? one ?? null
}
