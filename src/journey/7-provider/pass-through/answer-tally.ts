import { parseJson } from '../../../domain/json.ts'
import type { JsonObject } from '../../../domain/json.ts'
import { EventReader } from '../read-events.ts'
import { readTold } from './read-told.ts'
import type { Told } from './read-told.ts'

const MAX_EVENT_LENGTH = 1024 * 1024

/** Reads along while an answer is relayed. It changes nothing, and what it cannot read it lets pass. */
export class AnswerTally {
  id: string | undefined
  model: string | undefined
  serviceTier: string | undefined
  /** In the words of the OpenAI wire; later events say more than earlier ones. */
  usage: JsonObject | undefined
  weight = 0
  /** The client may have seen the end of what it reads. */
  isOver = false
  readonly #mostBytes: number
  #mode: 'events' | 'whole' | 'blind' = 'blind'
  readonly #events = new EventReader(MAX_EVENT_LENGTH)
  readonly #text = new TextDecoder('utf-8')
  #collected = ''

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  begin(contentType: string): void {
    this.#mode = EVENTS.test(contentType) ? 'events' : JSON_TYPE.test(contentType) ? 'whole' : 'blind'
  }

  get isStream(): boolean {
    return this.#mode === 'events'
  }

  take(bytes: Uint8Array): void {
    if (this.#mode === 'events') {
      const events = this.#events.push(bytes)
      if (events === undefined) this.#mode = 'blind'
      for (const { data } of events ?? []) this.#event(data)
    } else if (this.#mode === 'whole') {
      this.#collected += this.#text.decode(bytes, { stream: true })
      if (this.#collected.length > this.#mostBytes) this.#goBlind()
    }
  }

  end(): void {
    if (this.#mode !== 'whole') return
    const value = parseJson(this.#collected)
    // Some APIs stream as a list that grows.
    if (Array.isArray(value)) for (const item of value) this.#add(readTold(item))
    else if (value !== undefined) this.#add(readTold(value))
    this.#collected = ''
  }

  #goBlind(): void {
    this.#mode = 'blind'
    this.#collected = ''
  }

  #event(data: string): void {
    if (data.trim() === '[DONE]') {
      this.isOver = true
      return
    }
    const value = parseJson(data)
    if (value !== undefined) this.#add(readTold(value))
  }

  #add(told: Told): void {
    this.id ??= told.id
    this.model ??= told.model
    this.serviceTier = told.serviceTier ?? this.serviceTier
    if (told.usage !== undefined) this.usage = { ...this.usage, ...told.usage }
    this.weight += told.weight
    if (told.isLast) this.isOver = true
  }
}

const EVENTS = /^\s*text\/event-stream\b/i
const JSON_TYPE = /^[^;,]*\bjson\b/i
