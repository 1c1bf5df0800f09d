import type { JsonValue } from '../../domain/json.ts'
import type { StreamEvent } from './read-events.ts'

/** What the books need to know of a stream, gathered while it passes. */
export interface StreamTally {
  id: string | undefined
  usage: JsonValue | undefined
  serviceTier: string | undefined
  reportedModel: string | undefined
  /** Weight (see `weighText`) of text, reasoning and tool arguments that were sent on. */
  emittedWeight: number
  /** Finished pictures, where the stream is of pictures. */
  pictures?: number
  /** The upstream said that this was all. */
  complete: boolean
}

export type StreamStep =
  | { readonly kind: 'emit'; readonly frame: string }
  /** The client may take this frame for the end: it goes out only after the charge is kept. */
  | { readonly kind: 'emit-last'; readonly frame: string }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'done' }
  | { readonly kind: 'error'; readonly error: JsonValue }
  | { readonly kind: 'unreadable' }

/** Turns the events of one stream into the client's, one by one. */
export interface StreamTranslator {
  readonly tally: StreamTally
  step(event: StreamEvent): StreamStep
  /** The frame that ends the client's stream. */
  close(): string
}
