import type { HostChoice } from '../domain/egress.ts'
import type { Secret } from '../domain/secret.ts'

/** Who chose the host decides what is checked. There is no default, so every caller says it. */
export interface UpstreamCall {
  readonly host: HostChoice
  readonly origin: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Of this call alone; the others are the same in every call to a deployment. */
  readonly ownHeaders?: readonly string[]
  /** Sent as they are; named apart so that they are revealed at the socket and nowhere before. */
  readonly secretHeaders: ReadonlyMap<string, Secret>
  readonly body: string | Uint8Array | undefined
  /** Until the answer's head. */
  readonly headTimeoutMs: number
  /** Between two bytes of the answer. */
  readonly idleTimeoutMs: number
}

export type UpstreamFault = 'connect' | 'timeout' | 'reset' | 'protocol' | 'aborted'

/** Takes an answer as it arrives. Exactly one of `end` and `fail` comes last. */
export interface UpstreamSink {
  /** Names in lower case. */
  head(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void
  data(bytes: Uint8Array): void
  end(): void
  fail(fault: UpstreamFault, sent: boolean): void
}

export interface UpstreamFlow {
  pause(): void
  resume(): void
  /** Ends the exchange at once; the sink hears `fail('aborted')`. */
  abort(): void
}

export interface Upstream {
  send(call: UpstreamCall, sink: UpstreamSink): UpstreamFlow
}
