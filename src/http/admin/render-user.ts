import type { EpochMs } from '../../domain/ids.ts'
import { NO_MONEY, usdNumber } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import type { User } from '../../domain/user.ts'
import { TOTAL_SPEND_ID } from '../../manage/users/create-user.ts'
import type { NewUser } from '../../manage/users/create-user.ts'
import type { ListedUser } from '../../manage/users/list-users.ts'
import type { KeyWithSpend } from '../../manage/keys/read-key.ts'
import type { UserInfo } from '../../manage/users/read-user.ts'
import type { UserView } from '../../manage/users/user-view.ts'
import type { TeamOfUser } from '../../manage/users/read-user-teams.ts'
import { renderIssuedKey, renderNamedKey } from './render-key.ts'
import {
  limitMetadata,
  renderBudgetOrNull,
  renderLimits,
  renderModelSpend,
  renderStamps,
  timeOf,
  usdOrNull,
} from './render-limits.ts'

/** A user's row, by name of each member: what is secret is not among them. */
export function renderUser({ user, spend, modelSpend, teams, subject }: UserView, now: EpochMs) {
  return {
    user_id: user.id,
    user_alias: user.alias ?? null,
    team_id: null,
    sso_user_id: subject ?? user.ssoUserId ?? null,
    organization_id: null,
    object_permission_id: null,
    teams,
    user_role: user.role,
    user_email: user.email ?? null,
    spend: usdNumber(spend),
    ...renderLimits(user.limits, now),
    soft_budget: usdOrNull(user.limits.softBudget),
    models: user.models,
    metadata: { ...user.metadata, ...limitMetadata(user.limits) },
    allowed_cache_controls: [],
    policies: [],
    model_spend: renderModelSpend(modelSpend),
    blocked: user.blocked,
    created_at: timeOf(user.createdAt),
    updated_at: timeOf(user.updatedAt),
  }
}

/** The members of the key first; the user's own stand in their place where both have one. */
export function renderNewUser({ user, teams, key }: NewUser, now: EpochMs): object {
  const noKey = { key: '', token: null, token_id: null, key_name: null, key_alias: null, expires: null, duration: null }
  const row = renderUser({ user, spend: NO_MONEY, teams, subject: undefined }, now)
  return {
    ...(key === undefined ? noKey : renderIssuedKey(key, now)),
    ...row,
    team_id: key?.row.teamId ?? null,
    organization_id: key?.row.organizationId ?? null,
    allowed_cache_controls: key?.row.inert['allowed_cache_controls'] ?? [],
    model_max_budget: user.limits.perModel.maxBudget ?? null,
    blocked: user.blocked ? true : null,
    policies: null,
    ...renderStamps(user),
  }
}

export function renderUserInfo(info: UserInfo, now: EpochMs): object {
  switch (info.view) {
    case 'total':
      return { user_id: TOTAL_SPEND_ID, user_info: renderTotal(info.spend), keys: [], teams: [] }
    case 'member':
      return { user_id: info.user.id, user_info: renderMember(info.user, info.teams), keys: [], teams: [] }
    case 'whole': {
      const aliases = new Map(info.teams.map(({ team }) => [team.id, team.alias]))
      return {
        user_id: info.user.user.id,
        user_info: renderUser(info.user, now),
        keys: info.keys.map((key) => ({
          ...renderNamedKey(key, now),
          team_alias: key.row.teamId === undefined ? null : (aliases.get(key.row.teamId) ?? null),
        })),
        teams: info.teams.map((team) => renderTeam(team, now)),
      }
    }
  }
}

export function renderOwnedKey(key: KeyWithSpend, now: EpochMs): object {
  return { ...renderNamedKey(key, now), user: key.owner === undefined ? null : renderUser(key.owner, now) }
}

export function renderUserRow(info: UserInfo, now: EpochMs): object {
  switch (info.view) {
    case 'total':
      return renderTotal(info.spend)
    case 'member':
      return renderMember(info.user, info.teams)
    case 'whole':
      return renderUser(info.user, now)
  }
}

export function renderListedUser(listed: ListedUser, now: EpochMs): object {
  return listed.view === 'member'
    ? renderMember(listed.user, listed.teams)
    : { ...renderUser(listed.user, now), key_count: listed.keyCount }
}

/** The eleventh note of the matrix: id, alias, e-mail, team role and spend in the team. */
function renderMember(user: User, teams: readonly TeamOfUser[]): object {
  return {
    user_id: user.id,
    user_alias: user.alias ?? null,
    user_email: user.email ?? null,
    teams: teams.map(({ team }) => team.id),
    team_memberships: teams.flatMap(({ team, membership }) =>
      membership === undefined
        ? []
        : {
            user_id: user.id,
            team_id: team.id,
            role: membership.member.role,
            spend: usdNumber(membership.spend),
          },
    ),
  }
}

function renderTotal(spend: PicoUsd): object {
  return {
    user_id: TOTAL_SPEND_ID,
    user_email: null,
    user_role: null,
    teams: [],
    max_budget: null,
    spend: usdNumber(spend),
  }
}

function renderTeam({ team, spend, members, membership }: TeamOfUser, now: EpochMs): object {
  return {
    team_id: team.id,
    team_alias: team.alias ?? null,
    organization_id: team.organizationId ?? null,
    models: team.models,
    metadata: { ...team.metadata, ...limitMetadata(team.limits) },
    blocked: team.blocked,
    spend: usdOrNull(spend),
    ...renderLimits(team.limits, now),
    members_with_roles: members.map((member) => ({
      user_id: member.userId,
      user_email: member.email ?? null,
      role: member.role,
    })),
    team_memberships:
      membership === undefined
        ? []
        : [
            {
              user_id: membership.member.userId,
              team_id: team.id,
              budget_id: membership.member.budgetId ?? null,
              spend: usdNumber(membership.spend),
              litellm_budget_table: renderBudgetOrNull(membership.budget, now),
            },
          ],
    keys: [],
    created_at: timeOf(team.createdAt),
    updated_at: timeOf(team.updatedAt),
  }
}
