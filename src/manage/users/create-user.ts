import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { withGroups } from '../../domain/effective.ts'
import { parseUserId } from '../../domain/ids.ts'
import type { TeamId, UserId } from '../../domain/ids.ts'
import type { UserPlace } from '../../domain/scope.ts'
import { blankUser } from '../../domain/user.ts'
import type { User } from '../../domain/user.ts'
import type { Change, Rooms } from '../../ports/registry.ts'
import { blockerWith, decideUserWish, handOn } from './decide-user-change.ts'
import type { Hand } from './decide-user-change.ts'
import { describeRow } from '../describe-change.ts'
import { decideGivenModels, opensBeyond } from '../decide-given-models.ts'
import { issueKey } from '../keys/issue-key.ts'
import type { IssuedKey } from '../keys/issue-key.ts'
import { modelsOfKey } from '../keys/own-bounds.ts'
import { findGroups, joinGroups } from '../models/join-groups.ts'
import type { Groups, TeamWish } from '../models/join-groups.ts'
import { ceilingsOver, decideWithin, fillFrom } from '../organizations/organization-ceiling.ts'
import { onRecord } from '../on-record.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { beyondYoursIn, malformed } from '../refuse.ts'
import { userTaken } from './refuse-user.ts'
import type { KeyWish } from '../keys/revise-key.ts'
import { decidePassword, reviseUser } from './revise-user.ts'
import type { UserWish } from './revise-user.ts'
import { withCascade } from '../with-cascade.ts'

export interface UserOrder {
  readonly id: string | undefined
  readonly wish: UserWish
  readonly teams: readonly TeamWish[]
  readonly organizations: readonly string[]
  /** Undefined: without a key. */
  readonly key: UserKeyOrder | undefined
}

interface UserKeyOrder {
  readonly alias: string | undefined
  readonly duration: string | undefined
  /** One of the user's teams; undefined: a personal key. */
  readonly teamId: string | undefined
  readonly modelAliases: KeyWish['modelAliases']
  readonly inert: KeyWish['inert']
}

export interface NewUser {
  readonly user: User
  readonly teams: readonly TeamId[]
  readonly key: IssuedKey | undefined
}

/** The id that the compatible API gives to the sum of all spending. */
export const TOTAL_SPEND_ID = 'litellm-proxy-budget'

export async function createUser(order: UserOrder, ask: Ask, ports: ManagePorts): Promise<Decision<NewUser>> {
  const id = parseUserId(order.id ?? ports.newId())
  if (id === undefined) return malformed('`user_id` must be a text of 1 to 255 printable ASCII characters.')
  if (id === TOTAL_SPEND_ID) return userTaken(`id ${id}`)
  const about = { action: 'created', objectType: 'LiteLLM_UserTable', objectId: id } as const
  const password = await onRecord(await hashed(order.wish, ask, ports), about, ask, ports)
  if (password.verdict === 'deny') return password
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const groups = await findGroups(order.teams, order.organizations, ask, rooms)
    if (groups.verdict === 'deny') return groups
    const ofTeams = groups.granted.teams.map(({ team }) => withGroups(team))
    if (opensBeyond(ofTeams, ask, ports)) return beyondYoursIn('teams')
    const wished = await newRow(id, order.wish, groups.granted, ask, rooms, ports)
    if (wished.verdict === 'deny') return wished

    const user: User = { ...wished.granted, passwordHash: password.granted }
    if (user.email !== undefined && (await rooms.users.namedByEmail(user.email)).length > 0) {
      return userTaken(`email ${user.email}`)
    }
    // Whoever names the id of somebody who is gone gives it out anew.
    await rooms.formerUsers.free(id)
    if ((await rooms.users.insert(user)) === 'taken') {
      return userTaken((await isTaken(id, rooms)) ? `id ${id}` : 'this sso_user_id')
    }
    const role = user.role === 'internal_user_viewer' ? 'internal_user_viewer' : 'internal_user'
    const joined = await joinGroups(id, groups.granted, role, ask, rooms, ports)
    if (joined.verdict === 'deny') return joined
    const key = await firstKey(order.key, user, groups.granted, ask, rooms, ports)
    if (key.verdict === 'deny') return key

    const teams = groups.granted.teams.map(({ team }) => team.id)
    const created = { ...about, before: {}, after: describeRow(user) }
    const records = [withCascade(created, [...joined.granted, ...(key.granted?.records ?? [])])]
    return allow({ outcome: { user, teams, key: key.granted?.outcome }, records })
  })
}

/** By a user, or as the alias of one that its duplicate was merged into. */
async function isTaken(id: UserId, { users, formerUsers }: Rooms): Promise<boolean> {
  return (await users.find(id)) !== undefined || (await formerUsers.find(id))?.mergedInto !== undefined
}

/** Hashing is dear, so that it is asked first who wants it. */
export async function hashed(wish: UserWish, ask: Ask, ports: ManagePorts): Promise<Decision<string | undefined>> {
  if (wish.password === undefined) return allow(undefined)
  if (ask.reach.scope !== 'all' || !ask.reach.mayWrite) {
    return deny('beyond-yours', 'authz_field', 'Only a proxy admin sets this of a user: password.')
  }
  const password = decidePassword(wish.password)
  return password.verdict === 'deny' ? password : allow(await ports.passwords.hash(password.granted))
}

async function newRow(
  id: UserId,
  wish: UserWish,
  groups: Groups,
  ask: Ask,
  rooms: Rooms,
  ports: ManagePorts,
): Promise<Decision<User>> {
  const place: UserPlace = {
    id,
    organizationIds: groups.organizations.map((organization) => organization.id),
    teams: groups.teams.map(({ team }) => team),
  }
  const hand = handOn(ask.reach, place)
  if (hand === undefined) {
    return deny('beyond-yours', 'authz_ceiling', 'Name an organization of yours, or teams of it, for the new user.')
  }
  const may = decideUserWish(wish, undefined, hand, ask.principal)
  if (may.verdict === 'deny') return may
  const now = ports.clock.now()
  const blank = blankUser(id, changer(ask), now)
  const user = reviseUser(blank, withDefaults(wish, ports.rules, ask), blockerWith(hand), now)
  if (user.verdict === 'deny') return user
  const given = decideGivenModels(undefined, user.granted.models, ask, ports)
  return given.verdict === 'deny' ? given : underCeilings(user.granted, place, hand, rooms, ports)
}

async function underCeilings(
  user: User,
  place: UserPlace,
  hand: Hand,
  rooms: Rooms,
  ports: ManagePorts,
): Promise<Decision<User>> {
  if (hand === 'administrator') return allow(user)
  const ceilings = await ceilingsOver(place, rooms)
  const filled = ceilings.reduce(fillFrom, user)
  const within = decideWithin(undefined, filled, ceilings, ports)
  return within.verdict === 'deny' ? within : allow(filled)
}

/** Who is no proxy administrator makes keys inside of organisations only. */
async function firstKey(
  order: UserKeyOrder | undefined,
  user: User,
  { teams, organizations }: Groups,
  ask: Ask,
  rooms: Rooms,
  ports: ManagePorts,
): Promise<Decision<Change<IssuedKey> | undefined>> {
  if (order === undefined) return allow(undefined)
  const isPersonal = order.teamId === undefined && ask.reach.scope === 'all'
  const teamId = isPersonal
    ? undefined
    : (order.teamId ?? (organizations[0] === undefined ? teams[0]?.team.id : undefined))
  const organizationId = isPersonal || teamId !== undefined ? undefined : organizations[0]?.id
  const models = isPersonal ? user.models : []
  return issueKey({ ...order, userId: user.id, models, teamId, organizationId, isFirst: true }, ask, rooms, ports)
}

/** What the operator gives to users where nothing is said. */
function withDefaults(wish: UserWish, { userDefaults }: ManagePorts['rules'], { principal }: Ask): UserWish {
  const models = wish.models ?? userDefaults.models ?? []
  return {
    ...wish,
    role: wish.role ?? userDefaults.role,
    // Where no list is said, it is that of the key that makes the user.
    models: models.length > 0 ? models : modelsOfKey(principal),
    limits: {
      ...wish.limits,
      maxBudget: wish.limits?.maxBudget ?? userDefaults.maxBudget,
      budgetDuration: wish.limits?.budgetDuration ?? userDefaults.budgetDuration,
    },
  }
}
