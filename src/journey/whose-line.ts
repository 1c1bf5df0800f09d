import type { LedgerEntry, Payer } from '../domain/ledger-entry.ts'
import { parseUserId } from '../domain/ids.ts'
import { MASTER_USER_ID, teamIdOf, userIdOf } from '../domain/principal.ts'
import type { KeyPrincipal, Principal } from '../domain/principal.ts'
import type { IdentityLink } from '../domain/token-facts.ts'

type Whose = Pick<LedgerEntry, 'payer' | 'userId' | 'teamId' | 'organizationId' | 'bearer'>

/** A user like any other to whoever reads reports. */
const MASTER_USER = parseUserId(MASTER_USER_ID)

/** Under whose names a line stands. */
export function whoseLine(principal: Principal): Whose {
  return {
    payer: payerOf(principal),
    userId: principal.kind === 'master' ? MASTER_USER : userIdOf(principal),
    teamId: teamIdOf(principal),
    organizationId: principal.kind === 'master' ? undefined : principal.standing.organization?.id,
    bearer: principal.kind === 'virtual-key' ? bearerNameOf(principal) : undefined,
  }
}

function payerOf(principal: Principal): Payer {
  switch (principal.kind) {
    case 'master':
      return { kind: 'master' }
    case 'virtual-key':
      return { kind: 'key', digest: principal.key.digest, alias: principal.key.alias }
    case 'user':
    case 'team-token':
      return { kind: 'token' }
  }
}

/** By the text that names its user; a machine may have none. */
function bearerNameOf({ bearer }: KeyPrincipal): IdentityLink | undefined {
  if (bearer === undefined) return undefined
  const { issuer, subject = '' } = bearer.facts
  return { issuer, subject }
}
