import type { AuditOrigin } from '../domain/audit-record.ts'
import type { KeyDigest } from '../domain/ids.ts'
import type { KeyDefaults, KeyGeneration, KeyUpperBounds, UserDefaults } from '../domain/key-rules.ts'
import type { OperatorBudgets } from '../domain/limits.ts'
import type { ModelCatalogue } from '../domain/model-catalogue.ts'
import type { Principal } from '../domain/principal.ts'
import type { Reach } from '../domain/reach.ts'
import type { Budgets } from '../ports/budgets.ts'
import type { Chance } from '../ports/chance.ts'
import type { Clock } from '../ports/clock.ts'
import type { Digests } from '../ports/digests.ts'
import type { LedgerReader } from '../ports/ledger.ts'
import type { ModelReader } from '../ports/model-reader.ts'
import type { OperatorLog } from '../ports/operator-log.ts'
import type { Passwords } from '../ports/passwords.ts'
import type { Registry } from '../ports/registry.ts'
import type { Seal } from '../ports/seal.ts'
import type { TokenTexts } from '../ports/token-verifier.ts'

/** What the verbs of administration ask of the world. */
export interface ManagePorts {
  readonly registry: Registry
  readonly ledger: LedgerReader
  readonly budgets: Pick<Budgets, 'spentAt'>
  /** What the operator set in the file. */
  readonly operator: OperatorBudgets
  readonly digests: Digests
  readonly chance: Pick<Chance, 'secretBytes'>
  readonly clock: Clock
  readonly passwords: Passwords
  /** So that no key becomes a second master key, and none of its lines is shown under its digest. */
  readonly masterKey: KeyDigest
  readonly rules: KeyRules
  readonly catalogue: () => ModelCatalogue
  /** What the names of groups stand for, as of now. */
  readonly grants: () => GrantRules
  readonly newId: () => string
  /** Teams that users may join by themselves. */
  readonly availableTeams: ReadonlySet<string>
  readonly seal: Seal
  /** Whether models may be made through the API. */
  readonly storesModels: boolean
  readonly modelReader: ModelReader
  /** Undefined: tokens of identity providers are not taken. */
  readonly tokens: TokenTexts | undefined
  readonly log: Pick<OperatorLog, 'warn'>
}

/** What stands behind the names of groups. */
export interface GrantRules {
  /** By access group: the models in it. */
  readonly modelGroups: ReadonlyMap<string, readonly string[]>
  /** By route group: the routes in it. */
  readonly routeGroups: ReadonlyMap<string, readonly string[]>
  /** Prefixes whose calls are passed on. */
  readonly passThroughPaths: readonly string[]
}

/** Who asks for a change, how far that one's right on the route goes, and what the audit log will say about it. */
export interface Ask {
  readonly principal: Principal
  readonly reach: Reach
  readonly origin: AuditOrigin
}

/** What the operator decided about keys; the settings of the same names. */
export interface KeyRules {
  readonly allowCustomKeys: boolean
  readonly keyDefaults: KeyDefaults
  readonly keyUpperBounds: KeyUpperBounds
  readonly keyGeneration: KeyGeneration
  /** `default_team_disabled`: no keys without a team. */
  readonly needsTeam: boolean
  readonly userDefaults: UserDefaults
  readonly keyRotationGraceMs?: number
  readonly strictNoSecretsInUrl: boolean
}

/** Who is named in a row as the one that changed it. */
export function changer({ origin }: Pick<Ask, 'origin'>): string {
  return origin.onBehalfOf ?? origin.actor
}
