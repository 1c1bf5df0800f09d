import type { EpochMs } from '../../domain/ids.ts'
import { usdNumber } from '../../domain/money.ts'
import type { Team } from '../../domain/team.ts'
import type { TeamMemberDetail, TeamRowView, TeamView } from '../../manage/teams/view-teams.ts'
import { renderKey, renderNamedKey } from './render-key.ts'
import {
  limitMetadata,
  renderBudgetOrNull,
  renderLimits,
  renderModelSpend,
  renderWindows,
  timeOf,
  usdOrNull,
} from './render-limits.ts'

/** What existing clients expect to find on a team and what nothing stands behind here. */
const NOTHING_BEHIND = {
  admins: [],
  members: [],
  router_settings: {},
  policies: [],
  model_id: null,
  allow_team_guardrail_config: false,
  object_permission_id: null,
}

/** A team's row. */
export function renderTeam({ team, spend, modelSpend, members, deleted }: TeamRowView, now: EpochMs) {
  return {
    ...NOTHING_BEHIND,
    team_id: team.id,
    team_alias: team.alias ?? null,
    organization_id: team.organizationId ?? null,
    members_with_roles: members.map(({ member }) => ({
      user_id: member.userId,
      user_email: member.email ?? null,
      role: member.role,
    })),
    metadata: metadataOf(team),
    ...renderLimits(team.limits, now),
    soft_budget: usdOrNull(team.limits.softBudget),
    budget_limits: renderWindows(team.limits, now),
    spend: usdOrNull(spend),
    model_spend: renderModelSpend(modelSpend),
    models: team.models,
    blocked: team.blocked,
    team_member_permissions: team.memberPermissions,
    access_group_ids: team.accessGroupIds,
    default_team_member_models: team.defaultMemberModels,
    created_at: timeOf(team.createdAt),
    updated_at: timeOf(team.updatedAt),
    litellm_model_table: renderAliases(team),
    ...(deleted === undefined ? {} : { deleted_at: timeOf(deleted.at), deleted_by: deleted.by }),
  }
}

export function renderTeamInfo(view: TeamView, showsDigests: boolean, now: EpochMs): object {
  return {
    team_id: view.team.id,
    team_info: { ...renderTeam(view, now), team_member_budget_table: renderBudgetOrNull(view.memberBudget, now) },
    keys: view.keys.map((key) => (showsDigests ? renderNamedKey(key, now) : renderKey(key, now))),
    team_memberships: view.members.map((member) => renderMembership(member, now)),
  }
}

export function renderListedTeam(view: TeamView, showsDigests: boolean, now: EpochMs): object {
  return {
    ...renderTeam(view, now),
    team_memberships: view.members.map((member) => renderMembership(member, now)),
    keys: view.keys.map((key) => (showsDigests ? renderNamedKey(key, now) : renderKey(key, now))),
  }
}

export function renderMembership({ member, budget, spend }: TeamMemberDetail, now: EpochMs): object {
  return {
    user_id: member.userId,
    team_id: member.teamId,
    budget_id: member.budgetId ?? null,
    spend: usdNumber(spend),
    litellm_budget_table: renderBudgetOrNull(budget, now),
  }
}

/** Some members that have a place of their own here come back inside `metadata` in the compatible API. */
function metadataOf({ metadata, tags, allowedPassThroughRoutes: passes, limits }: Team): object {
  return {
    ...metadata,
    ...(tags.length === 0 ? {} : { tags }),
    ...(passes.length === 0 ? {} : { allowed_passthrough_routes: passes }),
    ...limitMetadata(limits),
  }
}

/** The original keeps aliases in a table with numbers of its own; here they are part of the team. */
function renderAliases({ modelAliases, createdBy, updatedBy }: Team): object | null {
  if (Object.keys(modelAliases).length === 0) return null
  return { id: null, model_aliases: modelAliases, created_by: createdBy, updated_by: updatedBy }
}
