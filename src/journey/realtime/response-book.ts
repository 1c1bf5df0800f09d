import type { EpochMs } from '../../domain/ids.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonObject } from '../../domain/json.ts'
import { weighText, weightOfTokens } from '../5-meter/estimate-tokens.ts'

/** A response that is being made. */
export interface OpenResponse {
  readonly id: string
  readonly startedAt: EpochMs
  firstByteAt: EpochMs | undefined
  weight: number
}

/** Characters of base64 to a token of speech, which is a twentieth of a second: PCM as usual, and the formats of telephones. */
const SPEECH_PER_TOKEN = 3_200
const TELEPHONY_PER_TOKEN = 533
const TELEPHONY = /g711|pcm[ua]/

/** Which responses of a session are under way, and what they wrote so far. */
export class ResponseBook {
  readonly #open = new Map<string, OpenResponse>()
  #asked = 0
  #speechPerToken = SPEECH_PER_TOKEN

  /** Asked for or begun. */
  get underWay(): number {
    return this.#asked + this.#open.size
  }

  get open(): readonly OpenResponse[] {
    return [...this.#open.values()]
  }

  asked(): void {
    this.#asked += 1
  }

  /** Nobody says which of them was refused; those that were not are heard of again. */
  refused(): void {
    this.#asked = 0
  }

  began(response: JsonObject, now: EpochMs): void {
    this.#asked = Math.max(0, this.#asked - 1)
    const { id } = response
    if (typeof id === 'string') this.#open.set(id, { id, startedAt: now, firstByteAt: undefined, weight: 0 })
  }

  /** How a session speaks, as its upstream says. */
  speaksAs({ audio, output_audio_format: format = null }: JsonObject): void {
    const output = isObject(audio) ? (audio['output'] ?? format) : format
    if (output !== null)
      this.#speechPerToken = TELEPHONY.test(JSON.stringify(output)) ? TELEPHONY_PER_TOKEN : SPEECH_PER_TOKEN
  }

  /** A piece of what a response says; how much it has written by now. */
  wrote(type: string, event: JsonObject, now: EpochMs): number {
    const { response_id: id, delta } = event
    const response = typeof id === 'string' ? this.#open.get(id) : undefined
    if (response === undefined || typeof delta !== 'string') return 0
    response.firstByteAt ??= now
    response.weight += type.endsWith('audio.delta')
      ? weightOfTokens(delta.length / this.#speechPerToken)
      : weighText(delta)
    return response.weight
  }

  /** Ends it. A response that nobody saw begin began now. */
  close(response: JsonObject, now: EpochMs): OpenResponse {
    const id = typeof response['id'] === 'string' ? response['id'] : ''
    const known = this.#open.get(id)
    this.#open.delete(id)
    return known ?? { id, startedAt: now, firstByteAt: undefined, weight: 0 }
  }
}

export function responseIn(event: JsonObject): JsonObject {
  const { response } = event
  return isObject(response) ? response : {}
}
