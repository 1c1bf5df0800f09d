import { z } from 'zod'
import { filledText, flag, optional, text, wholeNumber } from './lenient.ts'
import { clearable, decimal } from './limits.ts'

const EMAIL = /^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]{1,255}$/u

const email = z.preprocess(
  (value) => (typeof value === 'string' ? value.trim() : value),
  z.union([z.literal(''), text.regex(EMAIL, 'must be an e-mail address')]).transform((value) => value || undefined),
)

/** Either of the two names somebody. */
const names = { user_id: optional(filledText), user_email: optional(email) }
const NOBODY_NAMED = { message: 'Either user_id or user_email must be provided.' }

function namesSomebody({ userId, email: address }: PersonNamed): boolean {
  return userId !== undefined || address !== undefined
}

interface PersonNamed {
  readonly userId: string | undefined
  readonly email: string | undefined
}

const teamRole = z.enum(['admin', 'user'])
type TeamRole = z.infer<typeof teamRole>
const organizationRole = z.enum(['org_admin', 'internal_user', 'internal_user_viewer'])
type OrganizationRole = z.infer<typeof organizationRole>

export const teamMember = z
  .object({ ...names, role: teamRole.nullish().transform((role): TeamRole => role ?? 'user') })
  .transform(({ user_id, user_email, role }) => ({ userId: user_id, email: user_email, role }))
  .refine(namesSomebody, NOBODY_NAMED)

export const organizationMember = z
  .object({
    ...names,
    role: organizationRole.nullish().transform((role): OrganizationRole => role ?? 'internal_user'),
  })
  .transform(({ user_id, user_email, role }) => ({ userId: user_id, email: user_email, role }))
  .refine(namesSomebody, NOBODY_NAMED)

/** Says in the description of the API that one of the list may stand for it. */
export const ONE_OR_MANY = { orOne: true }

/** One or several of them, as clients like it. */
export function oneOrMany<Shape extends z.ZodType>(shape: Shape) {
  const listed = z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(shape).min(1).max(500))
  return listed.meta(ONE_OR_MANY)
}

const memberLimits = {
  max_budget_in_team: clearable(decimal),
  tpm_limit: clearable(wholeNumber),
  rpm_limit: clearable(wholeNumber),
  budget_duration: clearable(text),
}

interface MemberLimits {
  readonly max_budget_in_team?: number | null | undefined
  readonly tpm_limit?: number | null | undefined
  readonly rpm_limit?: number | null | undefined
  readonly budget_duration?: string | null | undefined
}

function memberLimitWish(fields: MemberLimits) {
  return {
    maxBudget: fields.max_budget_in_team,
    tokensPerMinute: fields.tpm_limit,
    requestsPerMinute: fields.rpm_limit,
    budgetDuration: fields.budget_duration,
  }
}

export const memberAddBody = z
  .object({ team_id: text, member: oneOrMany(teamMember), ...memberLimits })
  .transform(({ team_id, member, ...fields }) => ({
    teamId: team_id,
    members: member,
    limits: memberLimitWish(fields),
  }))

export const bulkMemberAddBody = z
  .object({
    team_id: text,
    members: optional(z.array(teamMember).max(500)),
    all_users: optional(flag),
    ...memberLimits,
  })
  .transform(({ team_id, members, all_users, ...fields }) => ({
    teamId: team_id,
    members: members ?? [],
    allUsers: all_users ?? false,
    limits: memberLimitWish(fields),
  }))
  .refine(({ members, allUsers }) => allUsers || members.length > 0, {
    message: 'Either members or all_users must be provided.',
  })

export const memberUpdateBody = z
  .object({ ...names, team_id: text, role: optional(teamRole), ...memberLimits })
  .transform(({ team_id, user_id, user_email, role, ...fields }) => ({
    teamId: team_id,
    userId: user_id,
    email: user_email,
    role,
    limits: memberLimitWish(fields),
  }))
  .refine(namesSomebody, NOBODY_NAMED)

export const memberDeleteBody = z
  .object({ ...names, team_id: text })
  .transform(({ team_id, user_id, user_email }) => ({ teamId: team_id, userId: user_id, email: user_email }))
  .refine(namesSomebody, NOBODY_NAMED)

const organizationLimits = { max_budget_in_organization: clearable(decimal) }

export const organizationMemberAddBody = z
  .object({ organization_id: text, member: oneOrMany(organizationMember), ...organizationLimits })
  .transform(({ organization_id, member, max_budget_in_organization }) => ({
    organizationId: organization_id,
    members: member,
    limits: { maxBudget: max_budget_in_organization },
  }))

export const organizationMemberUpdateBody = z
  .object({ ...names, organization_id: text, role: optional(organizationRole), ...organizationLimits })
  .transform(({ organization_id, user_id, user_email, role, max_budget_in_organization }) => ({
    organizationId: organization_id,
    userId: user_id,
    email: user_email,
    role,
    limits: { maxBudget: max_budget_in_organization },
  }))
  .refine(namesSomebody, NOBODY_NAMED)

export const organizationMemberDeleteBody = z
  .object({ ...names, organization_id: text })
  .transform(({ organization_id, user_id, user_email }) => ({
    organizationId: organization_id,
    userId: user_id,
    email: user_email,
  }))
  .refine(namesSomebody, NOBODY_NAMED)
