import type { Deployment } from '../../domain/deployment.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { UpstreamFailure } from '../../domain/upstream-failure.ts'
import type { LineOf } from '../../ports/call-observer.ts'

/** How a call, or one try of it, came out. */
export interface Outcome {
  readonly of: LineOf
  readonly deployment: Deployment | undefined
  readonly upstreamModel: string
  readonly group: string
  /** What the upstream says it used. */
  readonly usage: JsonValue | undefined
  /** What it wrote, by weight: asked for where that says nothing that can be believed. */
  readonly writtenWeight: () => number
  /** And what it read, in tokens, where that is not the text of the request. */
  readonly readTokens?: number
  /** How many pictures the answer holds; undefined: it says nothing about that, or none were ordered. */
  readonly pictures: number | undefined
  readonly replyId: string | undefined
  readonly reportedModel: string | undefined
  readonly serviceTier: string | undefined
  readonly failure: UpstreamFailure | undefined
  /** Something was done upstream, or may have been. */
  readonly charge: boolean
  readonly cutShort: boolean
  readonly httpStatus: number
  readonly startedAt: EpochMs
  readonly firstByteAt: EpochMs | undefined
  readonly endedAt: EpochMs
  readonly retries: number
}
