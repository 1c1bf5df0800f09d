import type { Budget } from '../../domain/budget.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { KeyDefaults } from '../../domain/key-rules.ts'
import { NO_MONEY } from '../../domain/money.ts'
import type { PicoUsd } from '../../domain/money.ts'
import { createsKey } from '../../domain/scope.ts'
import { blankKey } from '../../domain/virtual-key.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { Change, Rooms } from '../../ports/registry.ts'
import { decideBounds, decideGeneration, fillLimits, leaveToRow } from './apply-key-rules.ts'
import { decideExpiry, durationOfNewKey } from './decide-expiry.ts'
import { decideKeyGrant } from './decide-key-grant.ts'
import { notYoursHere } from './out-of-reach.ts'
import { decideHome, isMemberOf, loadKeyGrounds } from './key-grounds.ts'
import type { KeyGrounds } from './key-grounds.ts'
import { describeRow } from '../describe-change.ts'
import { isAliasHeld } from './find-named-key.ts'
import { makeKey } from './make-key.ts'
import { boundsOf } from './own-bounds.ts'
import type { LimitWish } from '../budgets/revise-limits.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { provisionUser } from '../users/provision-user.ts'
import { aliasTaken, beyondYoursIn, keyTaken, malformed, notYoursToMake } from '../refuse.ts'
import { reviseKey } from './revise-key.ts'
import type { KeyWish } from './revise-key.ts'
import { withCascade } from '../with-cascade.ts'

export type KeyType = 'default' | 'llm_api' | 'management' | 'read_only'

export interface KeyOrder extends KeyWish {
  /** A value of the caller's choice. */
  readonly chosenKey?: string | undefined
  readonly keyType?: KeyType | undefined
  /** Nobody's own: it belongs to its team. */
  readonly isServiceAccount?: boolean | undefined
  /** It comes with its user's account, by the same hand. */
  readonly isFirst?: boolean | undefined
}

/** A key and, for its one showing, the secret that opens it. */
export interface IssuedKey {
  readonly row: VirtualKey
  readonly secret: string
  /** As asked or as the operator's rules have it. */
  readonly duration: string | undefined
  readonly spend: PicoUsd
  readonly budget?: Budget | undefined
}

const ROUTES_OF_TYPE: Readonly<Record<KeyType, readonly string[]>> = {
  default: [],
  llm_api: ['llm_api_routes'],
  management: ['management_routes'],
  read_only: ['info_routes'],
}

/** Makes a key inside of a change that may hold more than that. */
export async function issueKey(
  order: KeyOrder,
  ask: Ask,
  rooms: Rooms,
  ports: ManagePorts,
): Promise<Decision<Change<IssuedKey>>> {
  const now = ports.clock.now()
  if (order.chosenKey !== undefined && ask.reach.scope !== 'all') {
    return deny('beyond-yours', 'authz_field', '`key`: only administrators choose the value of a key (K-01).')
  }
  const secret = makeKey(order.chosenKey, ports)
  if (secret.verdict === 'deny') return secret
  const allowedRoutes = routesOf(order)
  if (allowedRoutes.verdict === 'deny') return allowedRoutes

  const lets = decideGeneration(order, ask, ports.rules)
  if (lets.verdict === 'deny') return lets
  const limits = limitsSaid(order)
  const bounds = decideBounds(limits, ports.rules)
  if (bounds.verdict === 'deny') return bounds

  const wish = {
    ...withDefaults(order, ports.rules.keyDefaults),
    allowedRoutes: allowedRoutes.granted,
    limits: fillLimits(limits, ports.rules),
  }
  const wished = reviseKey({ ...blankKey(secret.granted, ask.origin.actor, now), updatedBy: changer(ask) }, wish, now)
  if (wished.verdict === 'deny') return wished
  const placed = withOwner(wished.granted, order, ask)

  const duration = durationOfNewKey(order.duration, ports.rules)
  const expiry = duration === undefined ? allow(undefined) : decideExpiry(duration, now, ports.rules)
  if (expiry.verdict === 'deny') return expiry

  // Shared budgets are proxy administrators' to hand out, and nobody else's to know of.
  if (
    ask.reach.scope === 'some' &&
    placed.budgetId !== undefined &&
    placed.budgetId !== boundsOf(ask.principal)?.budgetId
  ) {
    return beyondYoursIn('budget_id')
  }
  const grounds = await loadKeyGrounds(placed, ask, rooms, ports)
  if (grounds.verdict === 'deny') return grounds
  const { place, user, team } = grounds.granted
  const permission = order.isServiceAccount === true ? '/key/service-account/generate' : '/key/generate'
  if (!createsKey(ask.reach, place, permission)) return notYoursHere(place, permission, ask)
  const home = decideHome(undefined, placed, team, ask)
  if (home.verdict === 'deny') return home
  if (
    ask.reach.scope === 'some' &&
    place.userId !== undefined &&
    place.userId !== ask.reach.userId &&
    !belongs(grounds.granted)
  ) {
    return notYoursToMake()
  }
  const row: VirtualKey = {
    ...placed,
    limits: leaveToRow(placed.limits, limits, grounds.granted.budget?.limits),
    expiresAt: expiry.granted,
    needsMembership: isMemberOf(user, team),
    roleless: order.isFirst !== true && isGivenOut(placed, ask),
  }
  const granted = decideKeyGrant(undefined, row, grounds.granted, ask, ports.grants())
  if (granted.verdict === 'deny') return granted

  if (await isAliasHeld(row.alias, rooms)) return aliasTaken(row.alias)
  const newcomers = await provisionUser(grounds.granted.newcomer, rooms)
  const issued = granted.granted
  if ((await rooms.keys.insert(issued)) === 'taken') {
    // Another call may have made a key of this alias at this moment.
    return (await isAliasHeld(row.alias, rooms)) ? aliasTaken(row.alias) : keyTaken()
  }
  const outcome = { row: issued, secret: secret.granted.key, duration, spend: NO_MONEY, budget: grounds.granted.budget }
  const about = { action: 'created', objectType: 'LiteLLM_VerificationToken', objectId: issued.digest } as const
  return allow({ outcome, records: [withCascade({ ...about, before: {}, after: describeRow(issued) }, newcomers)] })
}

/** A user's new key is that user's, unless it is one of a team without a person behind it. */
function withOwner(key: VirtualKey, { userId, isServiceAccount }: KeyOrder, { principal, reach }: Ask): VirtualKey {
  if (userId !== undefined || isServiceAccount === true || reach.scope === 'all' || principal.kind === 'master')
    return key
  return { ...key, userId: principal.standing.user?.user.id }
}

/** INV-13: with the secret of somebody else's key in hand, nobody acts with that one's rights. */
export function isGivenOut({ userId }: VirtualKey, { reach }: Ask): boolean {
  return userId !== undefined && reach.scope === 'some' && userId !== reach.userId
}

function belongs({ place, user }: Pick<KeyGrounds, 'place' | 'user'>): boolean {
  if (user === undefined) return false
  return (
    user.teams.some(({ teamId }) => teamId === place.teamId) ||
    user.organizations.some(({ organizationId }) => organizationId === place.organizationId)
  )
}

function routesOf({ keyType = 'default', allowedRoutes = [] }: KeyOrder): Decision<readonly string[]> {
  const ofType = ROUTES_OF_TYPE[keyType]
  if (ofType.length === 0) return allow(allowedRoutes)
  const isSame = allowedRoutes.length === ofType.length && allowedRoutes.every((route) => ofType.includes(route))
  if (allowedRoutes.length === 0 || isSame) return allow(ofType)
  return malformed('`key_type` and `allowed_routes` say different things. Send one of them.')
}

/** What was left empty counts as not said. */
function withDefaults(order: KeyOrder, defaults: KeyDefaults): KeyWish {
  const { models = [], tags = [], metadata = {}, enforcedParams, allowedPassThroughRoutes: passes } = order
  return {
    ...order,
    enforcedParams: saidBeside(metadata, 'enforced_params', enforcedParams),
    allowedPassThroughRoutes: saidBeside(metadata, 'allowed_passthrough_routes', passes),
    models: models.length > 0 ? models : (defaults.models ?? []),
    metadata: Object.keys(metadata).length > 0 ? metadata : (defaults.metadata ?? {}),
    tags: tags.length > 0 ? tags : 'tags' in metadata ? undefined : defaults.tags,
  }
}

/** Of a new key, `null` says no more than absence does. */
function limitsSaid({ limits = {}, metadata = {} }: KeyOrder): LimitWish {
  const said: LimitWish = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== null))
  return {
    ...said,
    modelRequestsPerMinute: saidBeside(metadata, 'model_rpm_limit', said.modelRequestsPerMinute),
    modelTokensPerMinute: saidBeside(metadata, 'model_tpm_limit', said.modelTokensPerMinute),
  }
}

/** Some fields may come with the metadata, and those are the caller's own as well: nothing beside them takes them out. */
function saidBeside<Value extends object>(
  metadata: JsonObject,
  name: string,
  top: Value | null | undefined,
): Value | undefined {
  return Object.hasOwn(metadata, name) && Object.keys(top ?? {}).length === 0 ? undefined : (top ?? undefined)
}
