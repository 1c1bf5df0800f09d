import type { KeyDigest } from '../domain/ids.ts'
import type { JsonObject } from '../domain/json.ts'
import type { Chance } from '../ports/chance.ts'
import type { Clock } from '../ports/clock.ts'
import type { Digests } from '../ports/digests.ts'
import type { LedgerReader } from '../ports/ledger.ts'
import type { VirtualKeys } from '../ports/virtual-keys.ts'

/** What the verbs of administration ask of the world. */
export interface ManagePorts {
  readonly keys: VirtualKeys
  readonly ledger: LedgerReader
  readonly digests: Digests
  readonly chance: Pick<Chance, 'secretBytes'>
  readonly clock: Clock
  /** So that no key becomes a second master key, and none of its lines is shown under its digest. */
  readonly masterKey: KeyDigest
  readonly rules: KeyRules
}

/** What the operator decided about keys; the settings of the same names. */
export interface KeyRules {
  readonly allowCustomKeys: boolean
  readonly keyDefaults: KeyDefaults
  readonly keyUpperBounds: { readonly duration?: string }
  readonly keyRotationGraceMs?: number
  readonly strictNoSecretsInUrl: boolean
}

export interface KeyDefaults {
  readonly duration?: string
  readonly models?: readonly string[]
  readonly metadata?: JsonObject
  readonly tags?: readonly string[]
}

/** Who makes a change: the caller, and whom the caller says to act for (`litellm-changed-by`). */
export interface Actor {
  readonly name: string
  readonly onBehalfOf: string | undefined
}
