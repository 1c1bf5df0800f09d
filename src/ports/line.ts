import type { UpstreamCall, UpstreamFault } from './upstream.ts'

/** One end of a WebSocket: whole messages of text, in their order, both ways. */
export interface Line {
  /** From now on, and with whatever came before; once. */
  listen(listener: LineListener): void
  /** False: the other side reads slower than we write; wait for `drained`. */
  send(text: string): boolean
  pause(): void
  resume(): void
  /** Ends it politely; without a code where there is none to tell. What arrives afterwards is lost. */
  close(code: number | undefined, reason: string): void
}

export interface LineListener {
  message(text: string): void
  drained(): void
  /** Last, and once, unless it was we who closed. 1005: without a code. 1006: without a goodbye. */
  closed(code: number, reason: string): void
}

export type Dialled =
  | { readonly kind: 'open'; readonly line: Line; readonly headers: AnswerHeaders }
  | { readonly kind: 'refused'; readonly status: number; readonly headers: AnswerHeaders; readonly text: string }
  | { readonly kind: 'fault'; readonly fault: UpstreamFault }

type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>

/** The way out for WebSockets; the same rules hold as for other calls. `https` stands for `wss`. */
export interface LineDialler {
  dial(call: UpstreamCall): Promise<Dialled>
}
