import type { PassThroughMethod } from './pass-through.ts'
import type { Secret } from './secret.ts'

/** One entry of `pass_through_endpoints`, checked and typed, before its destination is looked at. */
export interface PassThroughEntry {
  readonly path: string
  readonly target: string
  /** Without `litellm_user_api_key`. */
  readonly headers: ReadonlyMap<string, Secret>
  readonly userKeyHeader: string | undefined
  readonly forwardsHeaders: boolean
  readonly includesSubpath: boolean
  readonly auth: boolean
  readonly methods: readonly PassThroughMethod[]
  readonly defaultQueryParams: ReadonlyMap<string, Secret>
  /** In dollars. */
  readonly costPerRequest: number | undefined
  readonly isLangfuse: boolean
}
