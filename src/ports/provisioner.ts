import type { Provision } from '../domain/provision.ts'
import type { VerifiedToken } from '../domain/token-facts.ts'
import type { AuditOrigin } from '../domain/audit-record.ts'
import type { Decision } from '../domain/decision.ts'

export interface Provisioner {
  /**
   * In one transaction with its records, by the named principal `jwt-provisioner`. What somebody else did meanwhile is
   * done; after this, reading again shows the truth.
   */
  carryOut(effects: readonly Provision[], of: VerifiedToken, origin: AuditOrigin): Promise<Decision<void>>
}
