import type { AccessRow } from '../../domain/access-row.ts'
import type { Decision } from '../../domain/decision.ts'
import type { CallId } from '../../domain/ids.ts'

/** A request as the edge hands it over: framed and matched to a route. Nothing in it is believed yet. */
export interface Arrival {
  readonly route: RouteFacts
  readonly headers: HeaderReader
  /** Reads the body, once; asked for only after the caller is known, so that strangers fill no memory. */
  readonly readBody: () => Promise<Decision<string>>
  /** From `/engines/{m}/…` and `/openai/deployments/{m}/…`. */
  readonly pathModel: string | undefined
  readonly callId: CallId
  readonly clientAddress: string | undefined
}

/** The matched route. Deciders look at this object and never at a URL. */
export interface RouteFacts {
  /** The path as the route table has it; the one that `allowed_routes` and messages mean. */
  readonly path: string
  /** Who may call it, and on whose objects. */
  readonly row: AccessRow
}

export interface HeaderReader {
  /** Lower-case name; undefined when absent or empty. */
  get(name: string): string | undefined
  /** Whether the name occurs more than once on the wire. */
  repeated(name: string): boolean
}
