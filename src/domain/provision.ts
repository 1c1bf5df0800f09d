import type { OrganizationId, TeamId, UserId } from './ids.ts'
import type { MappedClaim } from './key-mapping.ts'
import type { UserRole } from './role.ts'
import type { IdentityLink } from './token-facts.ts'

/** What an admitted token makes of the directory. A value of the decision; carried out after it, whole or not at all. */
export type Provision =
  | {
      readonly make: 'user'
      readonly wanted: UserId
      readonly email: string | undefined
      /** Otherwise the address is shown, and is never a bridge to this user. */
      readonly emailIsProven: boolean
      readonly link: IdentityLink
    }
  | { readonly make: 'link'; readonly userId: UserId; readonly link: IdentityLink }
  | { readonly make: 'team'; readonly teamId: TeamId }
  /** `userId` undefined: of the user that is made in the same breath. */
  | {
      readonly make: 'membership'
      readonly userId: UserId | undefined
      readonly teamId: TeamId
      readonly source: string
    }
  | { readonly make: 'no-membership'; readonly userId: UserId; readonly teamId: TeamId; readonly source: string }
  | { readonly make: 'role'; readonly userId: UserId | undefined; readonly role: UserRole }
  /** A key of its own, and the mapping that leads to it. `userId` may be whom the same breath makes. */
  | {
      readonly make: 'key'
      readonly issuer: string
      readonly claim: MappedClaim
      readonly userId: UserId | undefined
      readonly teamId: TeamId | undefined
      readonly organizationId: OrganizationId | undefined
    }
