import type { AccessRow } from '../../domain/access-row.ts'
import type { Decision } from '../../domain/decision.ts'
import type { CallId } from '../../domain/ids.ts'
import type { PassThrough, PassThroughMethod } from '../../domain/pass-through.ts'

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
  /** Whether what looks like a credential stands in the query or a cookie, where none is taken from. Absent: nobody can tell. */
  readonly hasStrayCredential?: () => boolean
}

/** A call that goes on to somewhere else as it came. */
export interface PassedArrival extends Pick<Arrival, 'headers' | 'callId' | 'clientAddress' | 'hasStrayCredential'> {
  readonly passThrough: PassThrough
  readonly method: PassThroughMethod
  /** As written, without its query. */
  readonly path: string
  /** As written, without its question mark. */
  readonly query: string
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
  /** As `readBody`, for bytes of any kind. */
  readonly readBytes: () => Promise<Decision<Uint8Array>>
}

/** The matched route. Deciders look at this object and never at a URL. */
export interface RouteFacts {
  /** The path as the route table has it; the one that `allowed_routes` and messages mean. */
  readonly path: string
  /** Who may call it, and on whose objects. */
  readonly row: AccessRow
  /** Where its calls go on to; undefined: it is served here. */
  readonly passThrough?: PassThrough
}

export interface HeaderReader {
  /** Lower-case name; undefined when absent or empty. */
  get(name: string): string | undefined
  /** Whether the name occurs more than once on the wire. */
  repeated(name: string): boolean
  /** What the first header says whose lower-case name fits, and that is not empty. */
  find(fits: (name: string) => boolean): string | undefined
}
