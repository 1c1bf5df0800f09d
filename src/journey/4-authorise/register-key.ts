import { mappingIssuerOf } from '../../domain/key-mapping.ts'
import type { TokenPrincipal } from '../../domain/principal.ts'
import type { Provision } from '../../domain/provision.ts'

/**
 * The key that a token without one gets, stamped with whom the whole decision made of it. Administrators get none: their
 * right hangs on what they are now, and a key would outlive it.
 */
export function registerKey({ token, registers, admin, standing }: TokenPrincipal): readonly Provision[] {
  if (registers === undefined || admin !== undefined) return []
  return [
    {
      make: 'key',
      issuer: mappingIssuerOf(token),
      claim: registers,
      userId: standing.user?.user.id,
      teamId: standing.team?.id,
      organizationId: standing.organization?.id,
    },
  ]
}
