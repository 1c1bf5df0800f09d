import type { EpochMs } from '../../domain/ids.ts'
import { usdNumber } from '../../domain/money.ts'
import type { OrganizationMemberDetail, OrganizationView } from '../../manage/organizations/view-organizations.ts'
import { limitMetadata, renderBudgetOrNull, renderModelSpend, renderStamps, timeOf } from './render-limits.ts'
import { renderTeam } from './render-team.ts'

/** An organisation's row. */
export function renderOrganization({ organization, budget, spend, modelSpend }: OrganizationView) {
  return {
    organization_id: organization.id,
    organization_alias: organization.alias,
    budget_id: organization.budgetId,
    metadata: { ...organization.metadata, ...(budget === undefined ? {} : limitMetadata(budget.limits)) },
    models: organization.models,
    spend: usdNumber(spend),
    model_spend: renderModelSpend(modelSpend),
    object_permission_id: null,
    ...renderStamps(organization),
  }
}

/** With everything that belongs to it. */
export function renderWholeOrganization(view: OrganizationView, now: EpochMs): object {
  return {
    ...renderOrganization(view),
    litellm_budget_table: renderBudgetOrNull(view.budget, now),
    members: view.members.map((member) => renderOrganizationMember(member, now)),
    teams: view.teams.map((team) => renderTeam(team, now)),
    users: null,
    object_permission: null,
  }
}

export function renderOrganizationMember({ member, budget, spend }: OrganizationMemberDetail, now: EpochMs): object {
  return {
    user_id: member.userId,
    organization_id: member.organizationId,
    user_role: member.role,
    spend: usdNumber(spend),
    budget_id: member.budgetId ?? null,
    user: null,
    user_email: member.email ?? null,
    litellm_budget_table: renderBudgetOrNull(budget, now),
    created_at: timeOf(member.createdAt),
    updated_at: timeOf(member.updatedAt),
  }
}
