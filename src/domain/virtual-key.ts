import type { BudgetId, EpochMs, KeyDigest, OrganizationId, TeamId, UserId } from './ids.ts'
import type { JsonObject } from './json.ts'
import { NO_LIMITS } from './limits.ts'
import type { Limits } from './limits.ts'
import type { PicoUsd } from './money.ts'
import type { Blocker } from './role.ts'
import { stampedNew } from './stamps.ts'
import type { Stamps } from './stamps.ts'

/** A virtual key's row. The key itself is known to its holder only. */
export interface VirtualKey extends Stamps {
  readonly digest: KeyDigest
  /** `sk-...` and the last four characters, for people to recognise it by. */
  readonly displayName: string
  readonly alias: string | undefined
  readonly userId: UserId | undefined
  readonly teamId: TeamId | undefined
  readonly organizationId: OrganizationId | undefined
  /** Its user was a member of its team: without that membership it is dead. */
  readonly needsMembership: boolean
  /** Somebody below the proxy administrators gave it out for its user: it calls models for that one and manages nothing. */
  readonly roleless: boolean
  /** Empty: no restriction of its own. */
  readonly models: readonly string[]
  readonly modelAliases: Readonly<Record<string, string>>
  readonly allowedRoutes: readonly string[]
  /** Pass-through routes, with all that is below them; empty: those of its team. */
  readonly allowedPassThroughRoutes: readonly string[]
  /** Body parameters that a call with this key must carry. */
  readonly enforcedParams: readonly string[]
  readonly tags: readonly string[]
  readonly metadata: JsonObject
  /** Members of the compatible API that are kept for who wrote them, and mean nothing here. */
  readonly inert: JsonObject
  readonly accessGroupIds: readonly string[]
  readonly limits: Limits
  /** A shared row of limits; they count where the key has none of its own. */
  readonly budgetId: BudgetId | undefined
  readonly temporaryBudget: TemporaryBudget | undefined
  readonly blocked: boolean
  /** The role of whoever blocked it; a lower one does not open it again. */
  readonly blockedByRole: Blocker | undefined
  readonly expiresAt: EpochMs | undefined
  readonly rotationCount: number
  readonly lastRotatedAt: EpochMs | undefined
}

/** Adds to the key's own budget for a while. */
export interface TemporaryBudget {
  readonly increase: PicoUsd
  readonly expiresAt: EpochMs
}

/** Nobody's, and without a restriction of its own. */
export function blankKey(
  { digest, displayName }: Pick<VirtualKey, 'digest' | 'displayName'>,
  by: string,
  now: EpochMs,
): VirtualKey {
  return {
    digest,
    displayName,
    alias: undefined,
    userId: undefined,
    teamId: undefined,
    organizationId: undefined,
    needsMembership: false,
    roleless: false,
    models: [],
    modelAliases: {},
    allowedRoutes: [],
    allowedPassThroughRoutes: [],
    enforcedParams: [],
    tags: [],
    metadata: {},
    inert: {},
    accessGroupIds: [],
    limits: NO_LIMITS,
    budgetId: undefined,
    temporaryBudget: undefined,
    blocked: false,
    blockedByRole: undefined,
    expiresAt: undefined,
    rotationCount: 0,
    lastRotatedAt: undefined,
    ...stampedNew(by, now),
  }
}

export type KeyState = 'usable' | 'expired' | 'blocked'

export function stateOf(key: Pick<VirtualKey, 'blocked' | 'expiresAt'>, now: EpochMs): KeyState {
  if (key.blocked) return 'blocked'
  if (key.expiresAt !== undefined && key.expiresAt <= now) return 'expired'
  return 'usable'
}
