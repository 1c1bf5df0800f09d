import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import type { AuditDraft } from '../../domain/audit-record.ts'
import type { Budget } from '../../domain/budget.ts'
import { parseOrganizationId } from '../../domain/ids.ts'
import type { OrganizationId, UserId } from '../../domain/ids.ts'
import { NO_LIMITS } from '../../domain/limits.ts'
import type { Organization } from '../../domain/organization.ts'
import type { OrganizationRole } from '../../domain/role.ts'
import { reachesOrganization } from '../../domain/scope.ts'
import type { OrganizationMembership } from '../../domain/user.ts'
import type { Rooms } from '../../ports/registry.ts'
import { budgetOf, dropOwnBudgets, reviseOwnBudget, saveBudget } from '../budgets/own-budget.ts'
import { isSilent, saysNothing } from '../budgets/revise-limits.ts'
import { opensBeyond } from '../decide-given-models.ts'
import { describeChange, describeRow, isSame } from '../describe-change.ts'
import { findPerson, gatherPeople } from '../users/find-person.ts'
import type { PersonNamed } from '../users/find-person.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { organizationNotFound } from '../teams/refuse-teams.ts'
import { beyondYoursIn, foreign, malformed } from '../refuse.ts'
import type { LimitWish } from '../budgets/revise-limits.ts'
import { findAmountBeyond, findRaise } from '../budgets/compare-limits.ts'
import { withCascade } from '../with-cascade.ts'

export interface OrganizationMembersOrder {
  readonly organizationId: string
  readonly members: readonly (PersonNamed & { readonly role: OrganizationRole })[]
  readonly limits: LimitWish
}

export interface OrganizationMemberNamed extends PersonNamed {
  readonly organizationId: string
}

export interface OrganizationMemberWish extends OrganizationMemberNamed {
  readonly role: OrganizationRole | undefined
  readonly limits: LimitWish
}

export interface OrganizationJoined {
  readonly organizationId: OrganizationId
  readonly added: readonly UserId[]
}

const OBJECT = 'LiteLLM_OrganizationMembership'

export async function addOrganizationMembers(
  { organizationId, members, limits }: OrganizationMembersOrder,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<OrganizationJoined>> {
  const about = { action: 'created', objectType: OBJECT, objectId: organizationId } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const found = await findOrganization(organizationId, ask, rooms)
    if (found.verdict === 'deny') return found
    const organization = found.granted
    const people = await gatherPeople(members, ask, rooms, ports)
    if (people.verdict === 'deny') return people
    const records: AuditDraft[] = []
    const added: UserId[] = []
    for (const { user, named } of people.granted.joining) {
      const { id } = organization
      if (handsOver(organization, named.role, ask, ports)) return beyondYoursIn('role')
      if ((await rooms.organizationMembers.find(id, user.id)) !== undefined) continue
      const budget = saysNothing(limits) ? allow(undefined) : reviseOwnBudget(undefined, limits, ask, ports)
      if (budget.verdict === 'deny') return budget
      const refusal = await findBeyond(organization, user.id, undefined, budget.granted, ask, rooms)
      if (refusal !== undefined) return refusal
      if (budget.granted !== undefined) await saveBudget(budget.granted, undefined, rooms)
      const member = { organizationId: id, userId: user.id, role: named.role, budgetId: budget.granted?.id }
      await rooms.organizationMembers.insert(member)
      const made = people.granted.records.filter(({ objectId }) => objectId === user.id)
      records.push(withCascade(organizationMembershipRecord('created', member), made))
      added.push(user.id)
    }
    if (added.length === 0) return deny('already-there', 'param_type', 'User is already a member of the organization.')
    return allow({ outcome: { organizationId: organization.id, added }, records })
  })
}

export async function updateOrganizationMember(
  wish: OrganizationMemberWish,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<OrganizationMembership>> {
  const about = { action: 'updated', objectType: OBJECT, objectId: wish.organizationId } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const found = await findMember(wish, ask, rooms)
    if (found.verdict === 'deny') return found
    const { organization, member } = found.granted
    if (wish.role !== member.role && handsOver(organization, wish.role, ask, ports)) return beyondYoursIn('role')
    const before = await budgetOf(member.budgetId, rooms)
    let budget = before
    if (!isSilent(wish.limits)) {
      const revised = reviseOwnBudget(before, wish.limits, ask, ports)
      if (revised.verdict === 'deny') return revised
      const refusal = await findBeyond(organization, member.userId, before, revised.granted, ask, rooms)
      if (refusal !== undefined) return refusal
      budget = revised.granted
      await saveBudget(budget, before, rooms)
    }
    const after = { ...member, role: wish.role ?? member.role, budgetId: budget?.id }
    if (!isSame(member, after)) await rooms.organizationMembers.update(after)
    const change = describeChange({ ...member, limits: before?.limits }, { ...after, limits: budget?.limits })
    return allow({ outcome: after, records: [{ ...about, objectId: nameOf(member), ...change }] })
  })
}

export async function removeOrganizationMember(
  named: OrganizationMemberNamed,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<OrganizationMembership>> {
  const about = { action: 'deleted', objectType: OBJECT, objectId: named.organizationId } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const found = await findMember(named, ask, rooms)
    if (found.verdict === 'deny') return found
    const { member } = found.granted
    await rooms.organizationMembers.delete(member.organizationId, member.userId)
    await dropOwnBudgets([member.budgetId], rooms)
    return allow({ outcome: member, records: [organizationMembershipRecord('deleted', member)] })
  })
}

export function organizationMembershipRecord(
  action: 'created' | 'deleted',
  member: OrganizationMembership,
): AuditDraft {
  const row = describeRow(member)
  return {
    action,
    objectType: OBJECT,
    objectId: nameOf(member),
    before: action === 'deleted' ? row : {},
    after: action === 'created' ? row : {},
  }
}

interface FoundMember {
  readonly organization: Organization
  readonly member: OrganizationMembership
}

async function findMember(named: OrganizationMemberNamed, ask: Ask, rooms: Rooms): Promise<Decision<FoundMember>> {
  const found = await findOrganization(named.organizationId, ask, rooms)
  if (found.verdict === 'deny') return found
  const organization = found.granted
  const user = await findPerson(named, rooms)
  if (user.verdict === 'deny') return user
  const userId = user.granted?.id
  const member = userId === undefined ? undefined : await rooms.organizationMembers.find(organization.id, userId)
  return member === undefined ? malformed('User not found in organization') : allow({ organization, member })
}

async function findOrganization(
  name: string,
  { reach }: Ask,
  { organizations }: Pick<Rooms, 'organizations'>,
): Promise<Decision<Organization>> {
  const id = parseOrganizationId(name)
  const organization = id === undefined ? undefined : await organizations.find(id)
  const absent = organizationNotFound(name)
  if (organization === undefined) return absent
  return reachesOrganization(reach, organization.id) ? allow(organization) : foreign(absent)
}

/** INV-12: who administers an organisation may give away all of its models. */
function handsOver(
  { models }: Organization,
  role: OrganizationRole | undefined,
  ask: Ask,
  ports: Pick<ManagePorts, 'grants'>,
): boolean {
  return role === 'org_admin' && opensBeyond([models], ask, ports)
}

/** Up to what the organisation has; and nobody raises oneself. */
async function findBeyond(
  { budgetId }: Organization,
  userId: UserId,
  before: Budget | undefined,
  after: Budget | undefined,
  { reach, principal }: Ask,
  rooms: Pick<Rooms, 'budgets'>,
): Promise<Denied | undefined> {
  if (reach.scope === 'all' || after === undefined) return undefined
  const ceiling = await budgetOf(budgetId, rooms)
  const beyond = ceiling === undefined ? undefined : findAmountBeyond(after.limits, ceiling.limits, before?.limits)
  if (beyond !== undefined) return beyondYoursIn(beyond)
  if (principal.kind === 'master' || principal.standing.user?.user.id !== userId) return undefined
  const raised = findRaise(before?.limits ?? NO_LIMITS, after.limits)
  return raised === undefined ? undefined : beyondYoursIn(raised)
}

function nameOf({ organizationId, userId }: OrganizationMembership): string {
  return `${organizationId}/${userId}`
}
