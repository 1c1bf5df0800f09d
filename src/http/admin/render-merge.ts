import { usdNumber } from '../../domain/money.ts'
import { describeChange } from '../../manage/describe-change.ts'
import type { Identities } from '../../manage/identities/link-identity.ts'
import type { Candidate, Holder } from '../../manage/identities/merge-users.ts'
import type { MergePlan } from '../../manage/identities/plan-merge.ts'
import type { UserHoldings } from '../../ports/registry.ts'
import { timeOf } from './render-limits.ts'

export function renderIdentities({ userId, identities }: Identities): object {
  return {
    user_id: userId,
    identities: identities.map(({ issuer, subject, createdAt, createdBy }) => ({
      issuer,
      subject,
      created_at: timeOf(createdAt),
      created_by: createdBy,
    })),
  }
}

export function renderCandidate({ survivor, duplicate, because }: Candidate): object {
  return { because, survivor: renderHolder(survivor), duplicate: renderHolder(duplicate) }
}

function renderHolder({ user, holdings, spend }: Holder): object {
  return {
    user_id: user.id,
    user_email: user.email ?? null,
    user_role: user.role,
    sso_user_id: user.ssoUserId ?? null,
    blocked: user.blocked,
    created_at: timeOf(user.createdAt),
    spend: usdNumber(spend),
    ...renderHoldings(holdings),
  }
}

/** `mergeId` undefined: nothing was done yet. */
export function renderMerge(plan: MergePlan, mergeId: string | undefined): object {
  const { survivor, duplicate, merged, holdings, notes } = plan
  const { before, after } = describeChange(survivor, merged)
  return {
    merge_id: mergeId ?? null,
    dry_run: mergeId === undefined,
    survivor: survivor.id,
    duplicate: duplicate.id,
    moved: renderHoldings(holdings),
    changed: { before, after },
    notes,
  }
}

function renderHoldings({ keys, teams, organizations, invitations, identities }: UserHoldings): object {
  return { keys, teams, organizations, invitations, identities }
}
