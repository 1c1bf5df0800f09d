import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Organization } from '../../domain/organization.ts'
import type { Provision } from '../../domain/provision.ts'
import type { TokenFacts } from '../../domain/token-facts.ts'
import type { OrganizationMatch, UserMatch } from '../../domain/token-ground.ts'
import type { UserFacts } from '../../domain/user.ts'
import {
  ambiguousEmail,
  ambiguousOrganization,
  deletedUser,
  noOrganization,
  noOrganizationAlias,
  noSuchUser,
} from './token-denials.ts'

export interface TokenUser {
  /** Undefined: the token names nobody. */
  readonly user: UserFacts | undefined
  readonly isNew: boolean
  readonly effects: readonly Provision[]
}

const NOBODY: TokenUser = { user: undefined, isNew: false, effects: [] }

/** Who the token's subject is here. Whom somebody deleted no token brings back. */
export function decideTokenUser(
  facts: TokenFacts,
  match: UserMatch | undefined,
  { createsUsers }: { readonly createsUsers: boolean },
): Decision<TokenUser> {
  const known = decideKnownUser(facts, match)
  if (known.verdict === 'deny' || !known.granted.isNew) return known
  const { user, effects } = known.granted
  if (!createsUsers || user === undefined || facts.subject === undefined) return noSuchUser(facts.subject ?? '')
  const link = { issuer: facts.issuer, subject: facts.subject }
  return allow({
    user,
    isNew: true,
    effects: [
      ...effects,
      { make: 'user', wanted: user.user.id, email: facts.email, emailIsProven: facts.emailIsProven, link },
    ],
  })
}

/** The same without a row being wanted: whom there is none of stays as the token has it. */
export function decideKnownUser(facts: TokenFacts, match: UserMatch | undefined): Decision<TokenUser> {
  if (match === undefined || facts.subject === undefined) return allow(NOBODY)
  switch (match.is) {
    case 'ambiguous-email':
      return ambiguousEmail()
    case 'new':
      return match.wasDeleted ? deletedUser() : allow({ user: match.facts, isNew: true, effects: [] })
    case 'found': {
      const link = { issuer: facts.issuer, subject: facts.subject }
      const effects: Provision[] = match.needsLink ? [{ make: 'link', userId: match.facts.user.id, link }] : []
      return allow({ user: match.facts, isNew: false, effects })
    }
  }
}

/** An organisation that the token names has to be there; its limits would be missing otherwise. */
export function decideTokenOrganization(
  { organizationId, organizationAlias }: TokenFacts,
  match: OrganizationMatch | undefined,
): Decision<Organization | undefined> {
  if (match === undefined) return allow(undefined)
  switch (match.is) {
    case 'found':
      return allow(match.organization)
    case 'ambiguous':
      return ambiguousOrganization(organizationAlias ?? '')
    case 'absent':
      return organizationId === undefined
        ? noOrganizationAlias(organizationAlias ?? '')
        : noOrganization(organizationId)
  }
}
