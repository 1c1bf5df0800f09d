import type { Authority } from './team-authority.ts'
import type { Budget } from '../../domain/budget.ts'
import { widensTools } from '../../domain/allowed-tools.ts'
import { allow } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import { NO_MODELS, decideModelsWithin, isUnrestricted, withGroups } from '../../domain/effective.ts'
import type { Organization } from '../../domain/organization.ts'
import type { Principal } from '../../domain/principal.ts'
import type { Team } from '../../domain/team.ts'
import { findAmountBeyond, findRaise } from '../budgets/compare-limits.ts'
import { boundsOf, modelsOfKey } from '../keys/own-bounds.ts'
import { fieldNotYours } from './refuse-teams.ts'
import { beyondYoursIn, malformed } from '../refuse.ts'

type Groups = ReadonlyMap<string, readonly string[]>

/** What surrounds a change of a team. */
export interface TeamChange {
  /** Undefined: the team is new. */
  readonly before: Team | undefined
  readonly after: Team
  readonly organization: Organization | undefined
  readonly organizationBudget: Budget | undefined
  readonly authority: Authority
  readonly principal: Principal
  readonly groups: Groups
}

/** Z-10, Z-14, Z-16: may the one who asks make the team so? Only what changes is asked about. */
export function decideTeamChange(change: TeamChange): Decision<undefined> {
  const { authority, before } = change
  const refusal =
    findMisfit(change) ??
    (authority === 'proxy' ? undefined : findOpened(change)) ??
    findBeyondSetter(change) ??
    (authority === 'team' && before !== undefined ? findBeyondTeamAdmin(before, change) : undefined)
  return refusal ?? allow(undefined)
}

/** A team lives inside of its organisation, whoever makes it. */
function findMisfit(change: TeamChange): Denied | undefined {
  const { after, organization, organizationBudget, authority, groups } = change
  if (organization === undefined) return undefined
  const moved = change.before?.organizationId !== after.organizationId
  const before = moved ? undefined : change.before
  const say = (field: string): Denied =>
    authority === 'proxy'
      ? malformed(`\`${field}\`: the team goes beyond what its organization has.`)
      : beyondYoursIn(field)

  const grant = decideModelsWithin(added(before, after), [organization.models], groups)
  if (grant !== undefined) return say('models')
  if (organizationBudget === undefined) return undefined
  const amount = findAmountBeyond(after.limits, organizationBudget.limits, before?.limits)
  return amount === undefined ? undefined : say(amount)
}

/** INV-12: the key that is presented, and the user behind it, bound what can be given. */
function findBeyondSetter({ before, after, authority, principal, groups }: TeamChange): Denied | undefined {
  if (principal.kind === 'master') return undefined
  // A proxy administrator gives what there is, and with a key that is limited to some models, those.
  const user = authority === 'proxy' ? undefined : principal.standing.user?.user
  const own = authority === 'proxy' ? undefined : boundsOf(principal)
  // Who may use models in teams only has no list to give from; the team's or the organisation's counts then.
  const ofUser = user === undefined || user.models.includes(NO_MODELS) ? [] : user.models
  const ceilings = [own === undefined ? modelsOfKey(principal) : withGroups(own), ofUser]
  const grant = decideModelsWithin(added(before, after), ceilings, groups)
  const isOpened = isOpen(after) && (before === undefined || !isOpen(before))
  if (grant !== undefined || (isOpened && ceilings.some((ceiling) => !isUnrestricted(ceiling)))) {
    return beyondYoursIn('models')
  }
  if (before !== undefined || user === undefined) return undefined
  const amount = findAmountBeyond(after.limits, user.limits)
  return amount === undefined ? undefined : beyondYoursIn(amount)
}

/** Z-10: what is passed on is the operator's account at a provider, and a proxy administrator's to open. */
function findOpened({ before, after }: TeamChange): Denied | undefined {
  const had = before?.allowedPassThroughRoutes ?? []
  const isOpened = after.allowedPassThroughRoutes.some((entry) => !had.includes(entry))
  return isOpened ? beyondYoursIn('allowed_passthrough_routes') : undefined
}

/** Whoever administers a team keeps what it has or gives some of it up. */
function findBeyondTeamAdmin(before: Team, { after, groups }: TeamChange): Denied | undefined {
  const raised = findRaise(before.limits, after.limits)
  if (raised !== undefined) return beyondYoursIn(raised)
  if (isOpen(after) && !isOpen(before)) return beyondYoursIn('models')
  const had = [...before.models, ...before.accessGroupIds]
  if (decideModelsWithin(added(before, after), [had], groups) !== undefined) return beyondYoursIn('models')
  if (widensTools(before.metadata, after.metadata)) return beyondYoursIn('metadata.allowed_tools')
  return before.tags.every((tag) => after.tags.includes(tag)) ? undefined : fieldNotYours('tags')
}

function isOpen({ models, accessGroupIds }: Team): boolean {
  return accessGroupIds.length === 0 && isUnrestricted(models)
}

/** Every name of a model that the team has afterwards and had not before. What an alias leads to is granted with it. */
function added(before: Team | undefined, after: Team): readonly string[] {
  const had = new Set(before === undefined ? [] : grantsOf(before))
  return grantsOf(after).filter((name) => !had.has(name))
}

function grantsOf({ models, accessGroupIds, modelAliases, defaultMemberModels }: Team): readonly string[] {
  return [...models, ...accessGroupIds, ...Object.values(modelAliases), ...defaultMemberModels]
}
