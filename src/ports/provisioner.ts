import type { Provision } from '../domain/provision.ts'
import type { VerifiedToken } from '../domain/token-facts.ts'
import type { Decision } from '../domain/decision.ts'

/** Tells beforehand, and makes nothing. */
export interface Foresight {
  /** What stands against them in the store, beside what their decision knew. */
  foresee(effects: readonly Provision[]): Promise<Decision<void>>
}

export interface Provisioner extends Foresight {
  /**
   * In one transaction with its records, by the named principal `jwt-provisioner`. What somebody else did meanwhile is
   * done; after this, reading again shows the truth.
   */
  carryOut(effects: readonly Provision[], of: VerifiedToken, through: ProvisionedBy): Promise<Decision<void>>
}

/** The request that it happens in. */
export interface ProvisionedBy {
  readonly route: string
  readonly requestId: string
  readonly clientAddress: string | undefined
}
