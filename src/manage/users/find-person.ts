import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { AuditDraft } from '../../domain/audit-record.ts'
import { parseUserId } from '../../domain/ids.ts'
import type { UserId } from '../../domain/ids.ts'
import type { User } from '../../domain/user.ts'
import type { Rooms } from '../../ports/registry.ts'
import { describeRow } from '../describe-change.ts'
import { blankAccount } from './blank-account.ts'
import { freshId } from '../new-id.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { beyondYoursIn, malformed } from '../refuse.ts'

/** Somebody by id, or by e-mail address where no id is said. */
export interface PersonNamed {
  readonly userId: string | undefined
  readonly email: string | undefined
}

/** Whom the names lead to; undefined: nobody yet. */
export async function findPerson(
  { userId, email }: PersonNamed,
  { users, formerUsers }: Pick<Rooms, 'users' | 'formerUsers'>,
): Promise<Decision<User | undefined>> {
  if (userId !== undefined) {
    const id = parseUserId(userId)
    if (id === undefined) return malformedId()
    const survivor = (await formerUsers.find(id))?.mergedInto
    return allow(await users.find(survivor ?? id))
  }
  if (email === undefined) return malformed('Either user_id or user_email must be provided.')
  const found = await users.namedByEmail(email)
  if (found.length > 1) return malformed("Several users have this e-mail address. Use 'user_id' instead.")
  return allow(found[0])
}

/** Those who join something, each once, with a row of their own from now on. */
export interface People<Named extends PersonNamed> {
  readonly joining: readonly { readonly user: User; readonly named: Named }[]
  readonly records: readonly AuditDraft[]
}

/**
 * Finds or makes the users that are named. Always in one order, so that two calls that name the same people can't wait for
 * each other.
 */
export async function gatherPeople<Named extends PersonNamed>(
  named: readonly Named[],
  ask: Ask,
  rooms: Rooms,
  ports: ManagePorts,
): Promise<Decision<People<Named>>> {
  const found = new Map<Named, User>()
  const records: AuditDraft[] = []
  for (const each of named.toSorted((a, b) => compareTexts(lockName(a), lockName(b)))) {
    const known = await findPerson(each, rooms)
    if (known.verdict === 'deny') return known
    const person =
      known.granted !== undefined ? { user: known.granted, isNew: false } : await makePerson(each, ask, rooms, ports)
    if (person === undefined) return malformedId()
    const { user, isNew } = person
    if (isNew) records.push(createdUser(user))
    // Whose rights come from the installation stays out of the reach of those who administer a part of it.
    else if (ask.reach.scope === 'some' && user.role.startsWith('proxy_admin')) return beyondYoursIn('member')
    found.set(each, user)
  }
  const seen = new Set<UserId>()
  const joining = named.flatMap((each) => {
    const user = found.get(each)
    if (user === undefined || seen.has(user.id)) return []
    seen.add(user.id)
    return [{ user, named: each }]
  })
  return allow({ joining, records })
}

/** An address beside an id is believed of proxy administrators only: it may one day sign its owner in. */
async function makePerson(
  { userId, email }: PersonNamed,
  ask: Ask,
  { users }: Pick<Rooms, 'users'>,
  ports: ManagePorts,
): Promise<{ readonly user: User; readonly isNew: boolean } | undefined> {
  const id = userId === undefined ? freshId(parseUserId, ports) : parseUserId(userId)
  if (id === undefined) return undefined
  const isAddressFree = email !== undefined && (await users.namedByEmail(email)).length === 0
  const mayName = userId === undefined || ask.reach.scope === 'all'
  const user = {
    ...blankAccount(id, ask, ports.clock.now()),
    email: isAddressFree && mayName ? email : undefined,
  }
  // Who was made by another call at this moment is found now, and only by that locked.
  if ((await users.insert(user)) === 'inserted') return { user, isNew: true }
  const other = await users.find(id)
  return other === undefined ? undefined : { user: other, isNew: false }
}

function createdUser(user: User): AuditDraft {
  return {
    action: 'created',
    objectType: 'LiteLLM_UserTable',
    objectId: user.id,
    before: {},
    after: describeRow(user),
  }
}

function malformedId(): Decision<never> {
  return malformed('`user_id` must be a text of 1 to 255 printable ASCII characters.')
}

function lockName({ userId, email }: PersonNamed): string {
  return userId ?? email?.toLowerCase() ?? ''
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
