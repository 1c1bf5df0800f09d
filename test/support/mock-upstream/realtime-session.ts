import type { WebSocket } from 'ws'
import { isRecord, textsOf } from './ask.ts'
import type { BillEntry } from './bill.ts'
import type { Script } from './script.ts'
import { vocabulary } from './words.ts'

type Event = Readonly<Record<string, unknown>>

const TOKENS_PER_ITEM = 4
const CHARACTERS_PER_TOKEN = 4
const SOUND_PER_TOKEN = 6_400
const SPEECH = 'A'.repeat(3_200)

export interface SessionParts {
  readonly id: string
  readonly model: string
  /** As the request line has it. */
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly script: Script
  readonly charge: (entry: BillEntry) => void
}

/**
 * One session in real time, as the provider sees it. Every item of the conversation is 4 tokens, plus one for every 4
 * characters of its text or 6,400 characters of its sound; every word or piece of speech that is sent is one. A response is
 * made on `response.create`, and on `input_audio_buffer.commit` as if the mock had heard the end of a sentence.
 */
export class RealtimeSession {
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly model: string
  /** Everything that the client said. */
  readonly events: Event[] = []
  /** How the caller left. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  readonly #socket: WebSocket
  readonly #parts: SessionParts
  #session: Event
  #textTokens = 0
  #soundLength = 0
  #responses = 0
  #cancelled = false

  constructor(socket: WebSocket, parts: SessionParts) {
    this.url = parts.url
    this.rawHeaders = parts.rawHeaders
    this.model = parts.model
    this.#socket = socket
    this.#parts = parts
    this.#session = { type: 'realtime', object: 'realtime.session', id: parts.id, model: parts.model }
    this.closed = new Promise((resolve) =>
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    )
    socket.on('error', () => {})
    socket.on('message', (data: Buffer) => {
      const event: unknown = JSON.parse(data.toString('utf8'))
      if (!isRecord(event)) return
      this.events.push(event)
      void this.#hear(event)
    })
    this.send({ type: 'session.created', session: this.#session })
  }

  send(event: Event): void {
    this.sendRaw(JSON.stringify({ event_id: `event_${this.events.length}`, ...event }))
  }

  sendRaw(text: string): void {
    this.#socket.send(text)
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason)
  }

  /** Without a goodbye. */
  terminate(): void {
    this.#socket.terminate()
  }

  /** Bytes that the caller has not taken. */
  get buffered(): number {
    return this.#socket.bufferedAmount
  }

  /** Stops reading, as a provider that is too slow. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  async #hear(event: Event): Promise<void> {
    switch (event['type']) {
      case 'session.update':
        this.#session = { ...this.#session, ...(isRecord(event['session']) ? event['session'] : {}) }
        return this.send({ type: 'session.updated', session: this.#session })
      case 'conversation.item.create': {
        const text = textsOf(event['item']).join('')
        this.#textTokens += TOKENS_PER_ITEM + Math.ceil(text.length / CHARACTERS_PER_TOKEN)
        return this.send({ type: 'conversation.item.added', item: event['item'] })
      }
      case 'input_audio_buffer.append':
        this.#soundLength += String(event['audio']).length
        return undefined
      case 'input_audio_buffer.commit':
      case 'response.create':
        return await this.#respond()
      case 'response.cancel':
        this.#cancelled = true
    }
  }

  async #respond(): Promise<void> {
    const { script } = this.#parts
    this.#responses += 1
    const id = `resp_${this.#parts.id}_${this.#responses}`
    this.#cancelled = false
    this.send({ type: 'response.created', response: { id, status: 'in_progress' } })
    const speaks = JSON.stringify(this.#session['output_modalities'] ?? this.#session['modalities'] ?? []).includes(
      'audio',
    )
    let sent = 0
    for (const word of vocabulary(script.words)) {
      if (this.#cancelled || this.#socket.readyState !== this.#socket.OPEN) break
      if (sent === script.cut?.afterChunks) return this.#cut(script.cut.how)
      const type = speaks ? 'response.output_audio.delta' : 'response.output_text.delta'
      this.send({ type, response_id: id, delta: speaks ? SPEECH : word })
      sent += 1
      if (script.gapMs > 0) await new Promise((resolve) => setTimeout(resolve, script.gapMs))
    }
    this.#finish(id, sent, speaks)
  }

  #cut(how: 'stall' | 'reset' | 'close'): void {
    if (how === 'reset') this.terminate()
    if (how === 'close') this.close(1011, 'The provider gave up.')
  }

  #finish(id: string, sent: number, speaks: boolean): void {
    const sound = Math.ceil(this.#soundLength / SOUND_PER_TOKEN)
    const input = this.#textTokens + sound
    const cached = this.#parts.script.cachedPrompt ? Math.floor(input / 2) : 0
    this.#parts.charge({
      responseId: id,
      operation: 'realtime',
      model: this.model,
      user: undefined,
      promptTokens: input,
      cachedTokens: cached,
      completionTokens: sent,
      stream: true,
      outcome: 'sent',
      chunksSent: sent,
    })
    const usage = {
      total_tokens: input + sent,
      input_tokens: input,
      output_tokens: sent,
      input_token_details: {
        text_tokens: this.#textTokens,
        audio_tokens: sound,
        cached_tokens: cached,
        cached_tokens_details: { text_tokens: cached, audio_tokens: 0 },
      },
      output_token_details: { text_tokens: speaks ? 0 : sent, audio_tokens: speaks ? sent : 0 },
    }
    const isMissing = this.#parts.script.usage === 'missing'
    const status = this.#cancelled ? 'cancelled' : 'completed'
    this.send({ type: 'response.done', response: { id, status, output: [], ...(isMissing ? {} : { usage }) } })
    this.#textTokens += sent
  }
}
