import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { JsonObject } from '../../domain/json.ts'
import { MEMBER_MODEL_BUDGETS, memberModelBudgets } from '../../domain/model-budget.ts'
import type { Team } from '../../domain/team.ts'
import { findUnknownPermission } from './member-permissions.ts'
import { findStale, malformed, noPath } from '../refuse.ts'
import { decideModelBudgets, reviseLimits } from '../budgets/revise-limits.ts'
import type { LimitWish } from '../budgets/revise-limits.ts'

/** What may be said about a team. Undefined: left as it is. Null: taken away. */
export interface TeamWish {
  /** The `updated_at` of the row that the wish was made from. */
  readonly seenAt?: string | undefined
  readonly alias?: string | null | undefined
  readonly organizationId?: string | null | undefined
  readonly models?: readonly string[] | undefined
  readonly modelAliases?: Readonly<Record<string, string>> | undefined
  readonly metadata?: JsonObject | undefined
  readonly tags?: readonly string[] | undefined
  readonly blocked?: boolean | undefined
  readonly memberPermissions?: readonly string[] | undefined
  readonly defaultMemberModels?: readonly string[] | undefined
  readonly accessGroupIds?: readonly string[] | undefined
  readonly allowedPassThroughRoutes?: readonly string[] | undefined
  readonly limits: LimitWish
  /** What each member gets where nothing else is said. */
  readonly memberLimits: LimitWish
}

const ALIAS = /^[^\p{Cc}\p{Cs}]{1,255}$/u

/** The row with what is wished about the team alone, or why it can't be so. */
export function reviseTeam(team: Team, wish: TeamWish, now: EpochMs): Decision<Team> {
  const stale = findStale(wish.seenAt, team)
  if (stale !== undefined) return stale
  if (typeof wish.alias === 'string' && !ALIAS.test(wish.alias)) {
    return malformed('`team_alias` must be a text of 1 to 255 characters without control characters.')
  }
  const unknown = findUnknownPermission(wish.memberPermissions ?? [])
  if (unknown !== undefined) return malformed(`\`team_member_permissions\`: there is no ${JSON.stringify(unknown)}.`)
  if (wish.allowedPassThroughRoutes?.some((entry) => !entry.startsWith('/')) === true) return noPath()
  const ofMembers = decideMemberModels(wish.metadata ?? {})
  if (ofMembers.verdict === 'deny') return ofMembers
  const limits = reviseLimits(team.limits, wish.limits, now)
  if (limits.verdict === 'deny') return limits
  return allow({
    ...team,
    alias: wish.alias === undefined ? team.alias : (wish.alias ?? undefined),
    models: unique(wish.models) ?? team.models,
    modelAliases: wish.modelAliases ?? team.modelAliases,
    metadata: wish.metadata ?? team.metadata,
    tags: unique(wish.tags) ?? team.tags,
    memberPermissions: unique(wish.memberPermissions) ?? team.memberPermissions,
    defaultMemberModels: unique(wish.defaultMemberModels) ?? team.defaultMemberModels,
    accessGroupIds: unique(wish.accessGroupIds) ?? team.accessGroupIds,
    allowedPassThroughRoutes: unique(wish.allowedPassThroughRoutes) ?? team.allowedPassThroughRoutes,
    limits: limits.granted,
  })
}

/** As the compatible API has it, they stand in the metadata. */
function decideMemberModels(metadata: JsonObject): Decision<undefined> {
  const written = metadata[MEMBER_MODEL_BUDGETS]
  if (written === undefined || written === null) return allow(undefined)
  const budgets = memberModelBudgets(metadata)
  const field = `metadata.${MEMBER_MODEL_BUDGETS}`
  return budgets === undefined
    ? malformed(`\`${field}\` must be an object of budgets.`)
    : decideModelBudgets(budgets, field)
}

function unique(list: readonly string[] | undefined): readonly string[] | undefined {
  return list === undefined ? undefined : [...new Set(list)]
}
