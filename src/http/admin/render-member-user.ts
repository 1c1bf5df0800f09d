import type { EpochMs } from '../../domain/ids.ts'
import { usdNumber } from '../../domain/money.ts'
import type { MemberUser } from '../../manage/teams/view-members.ts'
import { limitMetadata, renderLimits, timeOf } from './render-limits.ts'

/** A user's row beside a membership. Who does not see all users gets what tells them apart. */
export function renderMemberUser({ user, spend, teams, isWhole }: MemberUser, now: EpochMs): object {
  const plain = {
    user_id: user.id,
    user_email: user.email ?? null,
    user_alias: user.alias ?? null,
    teams,
    spend: usdNumber(spend),
  }
  if (!isWhole) return plain
  return {
    ...plain,
    user_role: user.role,
    models: user.models,
    metadata: { ...user.metadata, ...limitMetadata(user.limits) },
    ...renderLimits(user.limits, now),
    created_at: timeOf(user.createdAt),
    updated_at: timeOf(user.updatedAt),
  }
}
