import type { OrganizationId, TeamId } from './ids.ts'
import type { Organization } from './organization.ts'
import type { Team } from './team.ts'
import type { TeamStanding, UserFacts } from './user.ts'

/** What the directory knows about what a token says: every fact that a decision about it may need, loaded before it. */
export interface TokenGround {
  /** Undefined: the token names nobody. */
  readonly user: UserMatch | undefined
  /**
   * Teams by the text that named them as an id: in the token, in the header, as the default, or as a stored membership.
   * Undefined inside: proven to be absent.
   */
  readonly teams: ReadonlyMap<string, TeamGround | undefined>
  /** Teams by the text that named them as an alias, in the token or in the header. Several: ambiguous. */
  readonly teamsByAlias: ReadonlyMap<string, readonly TeamId[]>
  /** What the token's organisation claim leads to; undefined: the token has none. */
  readonly organization: OrganizationMatch | undefined
}

export interface TeamGround {
  readonly team: Team
  readonly organization: Organization | undefined
  /** Of the matched user. */
  readonly membership: TeamStanding | undefined
  /** Models that the member may use in the team; empty: the team's. */
  readonly memberModels: readonly string[]
}

export type OrganizationMatch =
  | { readonly is: 'found'; readonly organization: Organization }
  | { readonly is: 'absent' | 'ambiguous'; readonly ids: readonly OrganizationId[] }

/** Whom a token's subject leads to. */
export type UserMatch =
  | {
      readonly is: 'found'
      readonly facts: UserFacts
      readonly by: 'link' | 'id' | 'sso-subject' | 'email'
      /** The link (issuer, subject) is to be written once the decision stands. */
      readonly needsLink: boolean
    }
  /** Nobody yet. `facts`: who it would become, with the defaults of the operator. */
  | { readonly is: 'new'; readonly facts: UserFacts; readonly wasDeleted: boolean }
  /** Several rows have the e-mail: no match, nothing overwritten. */
  | { readonly is: 'ambiguous-email' }
