import { isObject, parseJson } from '../../../domain/json.ts'
import type { JsonObject } from '../../../domain/json.ts'
import { weighText } from '../../5-meter/estimate-tokens.ts'
import type { StreamEvent } from '../read-events.ts'
import { nameIn } from '../name-in.ts'
import { redactAll } from '../redact.ts'
import type { StreamStep, StreamTally, StreamTranslator } from '../translate-stream.ts'

const ENDS = new Set(['response.completed', 'response.incomplete', 'response.failed'])

/** Typed events of the Responses API: our id instead of the upstream's wherever it stands, the shown model name. */
export class ResponsesStream implements StreamTranslator {
  readonly tally: StreamTally = {
    id: undefined,
    usage: undefined,
    serviceTier: undefined,
    reportedModel: undefined,
    emittedWeight: 0,
    complete: false,
  }
  readonly #shownModel: string
  readonly #shownId: (upstreamId: string) => string
  readonly #secrets: readonly string[]
  #ownId: string | undefined

  constructor(shownModel: string, shownId: (upstreamId: string) => string, secrets: readonly string[]) {
    this.#shownModel = shownModel
    this.#shownId = shownId
    this.#secrets = secrets
  }

  step(event: StreamEvent): StreamStep {
    if (event.data.trim() === '[DONE]') return this.tally.complete ? { kind: 'done' } : { kind: 'nothing' }
    const value = parseJson(event.data)
    if (!isObject(value)) return { kind: 'unreadable' }
    const type = typeof value['type'] === 'string' ? value['type'] : event.event
    if (type === 'error') return { kind: 'error', error: value['error'] ?? value }
    this.#count(value)

    const shown = isObject(value['response']) ? { ...value, response: this.#present(value['response']) } : value
    let data = JSON.stringify(shown)
    if (this.tally.id !== undefined && this.#ownId !== undefined) {
      data = data.replaceAll(JSON.stringify(this.tally.id), JSON.stringify(this.#ownId))
    }
    const name = type === undefined || !/^[\w.-]{1,128}$/.test(type) ? '' : `event: ${type}\n`
    const frame = `${name}data: ${data}\n\n`
    if (type !== undefined && ENDS.has(type)) {
      this.tally.complete = true
      return { kind: 'emit-last', frame }
    }
    return { kind: 'emit', frame }
  }

  close(): string {
    return 'data: [DONE]\n\n'
  }

  #present(response: JsonObject): JsonObject {
    const { error } = response
    return {
      ...response,
      ...(typeof response['model'] === 'string' ? { model: this.#shownModel } : {}),
      ...(isObject(error) ? { error: redactAll(error, this.#secrets) } : {}),
    }
  }

  #count(value: JsonObject): void {
    const { tally } = this
    const { response, delta } = value
    if (typeof delta === 'string') tally.emittedWeight += weighText(delta)
    if (!isObject(response)) return
    const id = nameIn(response, 'id')
    if (id !== undefined && tally.id === undefined) {
      tally.id = id
      this.#ownId = this.#shownId(id)
    }
    tally.reportedModel ??= nameIn(response, 'model')
    tally.serviceTier = nameIn(response, 'service_tier') ?? tally.serviceTier
    if (isObject(response['usage'])) tally.usage = response['usage']
  }
}
