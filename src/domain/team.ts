import type { BudgetId, EpochMs, OrganizationId, TeamId } from './ids.ts'
import type { JsonObject } from './json.ts'
import { NO_LIMITS } from './limits.ts'
import type { Limits } from './limits.ts'
import type { Blocker } from './role.ts'
import { stampedNew } from './stamps.ts'
import type { Stamps } from './stamps.ts'

export interface Team extends Stamps {
  readonly id: TeamId
  readonly alias: string | undefined
  readonly organizationId: OrganizationId | undefined
  /** Empty: no restriction of its own. */
  readonly models: readonly string[]
  readonly modelAliases: Readonly<Record<string, string>>
  readonly metadata: JsonObject
  readonly tags: readonly string[]
  readonly blocked: boolean
  readonly blockedByRole: Blocker | undefined
  /** What plain members may do with keys of the team; route paths. */
  readonly memberPermissions: readonly string[]
  readonly defaultMemberModels: readonly string[]
  readonly accessGroupIds: readonly string[]
  /** Pass-through routes, with all that is below them, that are open to it. */
  readonly allowedPassThroughRoutes: readonly string[]
  /** What a new member gets where nothing else is said. */
  readonly memberBudgetId: BudgetId | undefined
  readonly limits: Limits
}

/** What a plain member may do where the team says nothing. */
export const DEFAULT_MEMBER_PERMISSIONS = ['/key/info', '/key/health'] as const

/** Nobody in it, and nothing restricted. */
export function blankTeam(id: TeamId, by: string, now: EpochMs): Team {
  return {
    id,
    alias: undefined,
    organizationId: undefined,
    models: [],
    modelAliases: {},
    metadata: {},
    tags: [],
    blocked: false,
    blockedByRole: undefined,
    memberPermissions: [],
    defaultMemberModels: [],
    accessGroupIds: [],
    allowedPassThroughRoutes: [],
    memberBudgetId: undefined,
    limits: NO_LIMITS,
    ...stampedNew(by, now),
  }
}
