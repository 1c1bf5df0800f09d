import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import { blockerOf, mayUnblock } from '../../domain/blocker.ts'
import { decideModelsWithin, withGroups } from '../../domain/effective.ts'
import { keyOf } from '../../domain/principal.ts'
import { ADMINISTRATORS } from '../../domain/role.ts'
import type { User } from '../../domain/user.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import { findBeyondOwn, NO_GROUNDS } from './find-beyond-own.ts'
import { findOutgrown, findRaised } from './find-raised.ts'
import { inheriting } from './inherit-bounds.ts'
import type { KeyGrounds } from './key-grounds.ts'
import { boundsOf, isNarrowed } from './own-bounds.ts'
import type { Ask, GrantRules } from '../ports.ts'
import { beyondYours, beyondYoursIn, malformed } from '../refuse.ts'

/**
 * INV-12: may this caller make the key into what it shall be? What the key hangs on bounds it for everybody; who is no
 * administrator is bound by the own rights as well, and so is an administrator's key that was narrowed: whoever finds it
 * must not make a wide one with it. `before`: the key as it was, absent for a new one. Returns the key with what is
 * inherited written down.
 */
export function decideKeyGrant(
  before: VirtualKey | undefined,
  after: VirtualKey,
  grounds: KeyGrounds,
  ask: Ask,
  rules: GrantRules,
): Decision<VirtualKey> {
  const { reach } = ask
  const isAdmin = reach.scope === 'all'
  const isFree = isAdmin && !isNarrowed(ask.principal)
  const key = isFree || before !== undefined ? after : inheriting(after, ask)

  const fits = decideFit(before, key, grounds, rules)
  if (fits.verdict === 'deny') return fits
  if (isFree) return allow(withBlocker(before, key, grounds, ask))
  if (isAdmin) {
    const beyondOwn = findBeyondOwn(before, key, NO_GROUNDS, ask, rules) ?? findOutgrown(before, key, grounds, ask)
    return beyondOwn === undefined ? allow(withBlocker(before, key, grounds, ask)) : beyond(beyondOwn, ask)
  }

  // A key has its owner's role: whoever gets its secret has that role as well.
  if (standsAbove(grounds.user?.user, ask)) return aboveYou()
  const raised =
    findPermitted(before, key) ??
    findRaised(before, key, grounds, ask) ??
    findBeyondOwn(before, key, grounds, ask, rules)
  if (raised !== undefined) return beyond(raised, ask)
  if (
    before?.blocked === true &&
    !key.blocked &&
    !mayUnblock(blockerOf(ask.principal, grounds.place), before.blockedByRole)
  ) {
    return deny('beyond-yours', 'authz_field', 'Somebody with a higher role blocked this key, and can unblock it.')
  }
  return allow(withBlocker(before, key, grounds, ask))
}

/** A new secret is for the caller: who calls with a key that was narrowed gets none that opens more than that key. */
export function decideSecret(
  key: VirtualKey,
  owner: User | undefined,
  ask: Ask,
  rules: GrantRules,
): Decision<undefined> {
  if (standsAbove(owner, ask)) return aboveYou()
  const isSelf = keyOf(ask.principal)?.digest === key.digest
  const field = isSelf || !isNarrowed(ask.principal) ? undefined : findBeyondOwn(undefined, key, NO_GROUNDS, ask, rules)
  return field === undefined ? allow(undefined) : beyond(field, ask)
}

function standsAbove(owner: User | undefined, { reach }: Ask): boolean {
  return reach.scope === 'some' && owner !== undefined && owner.id !== reach.userId && ADMINISTRATORS.has(owner.role)
}

function aboveYou(): Denied {
  return beyondYours('The key would have the rights of a user who stands above you.')
}

/** Of routes the caller's own credential says which there are; the key that is made has them where none are named. */
function beyond(field: string, { principal }: Ask): Denied {
  const routes = field === 'allowed_routes' ? (boundsOf(principal)?.allowedRoutes ?? []) : []
  if (routes.length === 0) return beyondYoursIn(field)
  const own = routes.map((entry) => `'${entry}'`).join(', ')
  return beyondYours(
    `\`allowed_routes\`: nobody can grant what they do not have themselves. This credential opens [${own}]: name nothing beyond; a new key without a list has that one.`,
  )
}

function withBlocker(
  before: VirtualKey | undefined,
  key: VirtualKey,
  { place }: KeyGrounds,
  { principal }: Ask,
): VirtualKey {
  if (!key.blocked) return { ...key, blockedByRole: undefined }
  return before?.blocked === true ? key : { ...key, blockedByRole: blockerOf(principal, place) }
}

/** Does the key fit where it belongs? Asked of everybody; the store would keep a lie otherwise. */
function decideFit(
  before: VirtualKey | undefined,
  key: VirtualKey,
  { team, organization }: KeyGrounds,
  { modelGroups }: GrantRules,
): Decision<undefined> {
  const ceilings = [team === undefined ? [] : withGroups(team), organization?.models ?? []]
  const added = key.models.filter(
    (model) => before === undefined || !before.models.includes(model) || before.teamId !== key.teamId,
  )
  const beyond = decideModelsWithin(added, ceilings, modelGroups)
  if (beyond !== undefined) {
    return deny(
      'beyond-yours',
      'authz_ceiling',
      `Key models must be within the models of its team and organization. Not among them: ${beyond}`,
    )
  }
  if (team === undefined) return allow(undefined)
  const pairs = [
    ['tpm_limit', key.limits.tokensPerMinute, team.limits.tokensPerMinute],
    ['rpm_limit', key.limits.requestsPerMinute, team.limits.requestsPerMinute],
  ] as const
  const over = pairs.find(([, own, most]) => own !== undefined && most !== undefined && own > most)
  if (over === undefined) return allow(undefined)
  return malformed(`Key ${over[0]}=${over[1]} is higher than the team's ${over[0]}=${over[2]}.`)
}

/** It means nothing here, and might to who reads it elsewhere. */
function findPermitted(before: VirtualKey | undefined, key: VirtualKey): string | undefined {
  const permissions = JSON.stringify(key.inert['permissions'] ?? {})
  return permissions === JSON.stringify(before?.inert['permissions'] ?? {}) ? undefined : 'permissions'
}

/** Where a key that exists belongs, and what it draws on, is for proxy administrators to change. */
export function findMoved(before: VirtualKey, key: VirtualKey): string | undefined {
  if (before.userId !== key.userId) return 'user_id'
  if (before.organizationId !== key.organizationId) return 'organization_id'
  if (before.teamId !== key.teamId) return 'team_id'
  return before.budgetId === key.budgetId ? undefined : 'budget_id'
}
