import type { AccessGroup } from '../../src/domain/access-group.ts'
import type { AuditDraft, AuditOrigin } from '../../src/domain/audit-record.ts'
import type { Budget } from '../../src/domain/budget.ts'
import type { EndUser } from '../../src/domain/end-user.ts'
import type { BudgetId, EndUserId, OrganizationId, TeamId, UserId } from '../../src/domain/ids.ts'
import { epochMs } from '../../src/domain/ids.ts'
import type { Invitation } from '../../src/domain/invitation.ts'
import { NO_LIMITS } from '../../src/domain/limits.ts'
import type { Organization } from '../../src/domain/organization.ts'
import { stampedNew } from '../../src/domain/stamps.ts'
import type { StoredCredential } from '../../src/domain/stored-credential.ts'
import type { StoredModel } from '../../src/domain/stored-model.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { blankTeam } from '../../src/domain/team.ts'
import type { Team } from '../../src/domain/team.ts'
import { blankUser } from '../../src/domain/user.ts'
import type { User } from '../../src/domain/user.ts'
import type { Page } from '../../src/ports/page.ts'
import { NOON } from './entries.ts'

/** Ids as the tests write them; those of callers go through the parsers. */
export const userId = (text: string): UserId => text as UserId
export const teamId = (text: string): TeamId => text as TeamId
export const organizationId = (text: string): OrganizationId => text as OrganizationId
export const budgetId = (text: string): BudgetId => text as BudgetId
export const endUserId = (text: string): EndUserId => text as EndUserId

const STAMPS = stampedNew('tests', NOON)

export function makeUser(id: string, overrides: Partial<User> = {}): User {
  return { ...blankUser(userId(id), 'tests', NOON), ...overrides }
}

export function makeTeam(id: string, overrides: Partial<Team> = {}): Team {
  return { ...blankTeam(teamId(id), 'tests', NOON), ...overrides }
}

export function makeBudget(id: string, overrides: Partial<Budget> = {}): Budget {
  return { id: budgetId(id), isOwn: false, limits: NO_LIMITS, allowedModels: [], ...STAMPS, ...overrides }
}

export function makeOrganization(id: string, budget: string, overrides: Partial<Organization> = {}): Organization {
  return {
    id: organizationId(id),
    alias: id,
    budgetId: budgetId(budget),
    models: [],
    metadata: {},
    ...STAMPS,
    ...overrides,
  }
}

export function makeEndUser(id: string, overrides: Partial<EndUser> = {}): EndUser {
  return {
    id: endUserId(id),
    alias: undefined,
    blocked: false,
    defaultModel: undefined,
    budgetId: undefined,
    createdAt: NOON,
    updatedAt: NOON,
    ...overrides,
  }
}

export function makeTag(name: string, overrides: Partial<Tag> = {}): Tag {
  const { updatedBy: _updatedBy, ...stamps } = STAMPS
  return { name, description: undefined, models: [], budgetId: undefined, ...stamps, ...overrides }
}

export function makeAccessGroup(id: string, overrides: Partial<AccessGroup> = {}): AccessGroup {
  return {
    id,
    name: `name of ${id}`,
    description: undefined,
    models: [],
    mcpServerIds: [],
    agentIds: [],
    ...STAMPS,
    ...overrides,
  }
}

export function makeCredential(name: string, overrides: Partial<StoredCredential> = {}): StoredCredential {
  return { name, sealedValues: 'sealed', info: {}, ...STAMPS, ...overrides }
}

export function makeStoredModel(id: string, overrides: Partial<StoredModel> = {}): StoredModel {
  return {
    id,
    modelName: 'gpt-4o',
    publicName: 'gpt-4o',
    teamId: undefined,
    sealedParams: 'sealed',
    info: {},
    blocked: false,
    ...STAMPS,
    ...overrides,
  }
}

export function makeInvitation(id: string, user: string, overrides: Partial<Invitation> = {}): Invitation {
  return {
    id,
    userId: userId(user),
    secretDigest: 'f'.repeat(64),
    acceptedAt: undefined,
    expiresAt: epochMs(NOON + 86_400_000),
    ...STAMPS,
    ...overrides,
  }
}

export const ORIGIN: AuditOrigin = {
  actor: 'root',
  actorRole: 'master',
  actorKey: undefined,
  onBehalfOf: undefined,
  clientAddress: '203.0.113.7',
  requestId: 'call-1',
  route: '/test',
}

export const ABOUT = { action: 'updated', objectType: 'LiteLLM_UserTable', objectId: 'ana' } as const

export function makeDraft(objectId: string, overrides: Partial<AuditDraft> = {}): AuditDraft {
  return { ...ABOUT, objectId, before: { alias: 'a' }, after: { alias: 'b' }, ...overrides }
}

/** Everything that there is, in one page. */
export const ALL_ROWS = { scope: { sees: 'all' }, page: 1, size: 100, order: 'asc' } as const satisfies Page & {
  readonly scope: { readonly sees: 'all' }
}
