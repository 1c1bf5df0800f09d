/** What a rate is of, in the words of the compatible API. */
export type RateKind =
  | 'api_key'
  | 'model_per_key'
  | 'user'
  | 'model_per_user'
  | 'team'
  | 'model_per_team'
  | 'team_member'
  | 'organization'
  | 'model_per_organization'
  | 'end_user'

export type RateType = 'requests' | 'tokens' | 'max_parallel_requests'

/** How much one of those may do in a minute, and at once. Undefined: not limited here. */
export interface RateScope {
  readonly kind: RateKind
  readonly id: string
  /** As the caller may read it: never a key or its digest. */
  readonly shownId: string
  /** Where it is of one model alone. */
  readonly model?: string
  readonly requests: number | undefined
  readonly tokens: number | undefined
  readonly parallel: number | undefined
}
