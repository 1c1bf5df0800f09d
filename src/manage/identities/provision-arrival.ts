import type { AuditDraft } from '../../domain/audit-record.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { defaultUser, JWT_PROVISIONER } from '../../domain/default-user.ts'
import { parseUserId } from '../../domain/ids.ts'
import type { UserId } from '../../domain/ids.ts'
import { MASTER_USER_ID } from '../../domain/principal.ts'
import type { Provision } from '../../domain/provision.ts'
import { ADMINISTRATORS } from '../../domain/role.ts'
import type { IdentityLink } from '../../domain/token-facts.ts'
import type { User } from '../../domain/user.ts'
import { TOTAL_SPEND_ID } from '../users/create-user.ts'
import { describeRow } from '../describe-change.ts'
import { freshId } from '../new-id.ts'
import type { Provisioning } from './provisioning.ts'

interface Arrival {
  readonly userId: UserId
  readonly records: readonly AuditDraft[]
}

/** A row and its link, made together. Whoever was quicker with the same link has made them. */
export async function provisionArrival(
  effect: Extract<Provision, { readonly make: 'user' }>,
  within: Provisioning,
): Promise<Decision<Arrival>> {
  const { rooms } = within
  const linked = await rooms.identities.find(effect.link)
  if (linked !== undefined) {
    return linked.isDeleted ? gone() : allow({ userId: linked.userId, records: [] })
  }
  const adopted = await adopt(effect.wanted, effect.link, within)
  if (adopted !== undefined) return allow(adopted)

  const mayMake = within.takeOne()
  if (mayMake.verdict === 'deny') return mayMake
  const user = await insertUser(effect, within)
  const { userId, records } = await writeLink(user.id, effect.link, within)
  const created: AuditDraft = {
    action: 'created',
    objectType: 'LiteLLM_UserTable',
    objectId: user.id,
    before: {},
    after: { ...describeRow(user), ...records[0]?.after },
  }
  return allow({ userId, records: [created] })
}

/** A row that somebody made under the wanted id meanwhile is the one that the token will be led to from now on. */
async function adopt(id: UserId, link: IdentityLink, within: Provisioning): Promise<Arrival | undefined> {
  const { rooms } = within
  const user = id === link.subject ? await rooms.users.find(id) : undefined
  const isOpen = user !== undefined && !ADMINISTRATORS.has(user.role)
  if (!isOpen || (await rooms.identities.ofUser(id)).length > 0) return undefined
  if ((await rooms.formerUsers.find(id)) !== undefined) return undefined
  return writeLink(id, link, within)
}

async function insertUser(
  { wanted, email, emailIsProven }: Extract<Provision, { readonly make: 'user' }>,
  { rooms, ports }: Provisioning,
): Promise<User> {
  // An address that somebody has already would lead to neither of the two any more; one that a token claimed is nobody's.
  const holdersOf = (address: string) =>
    emailIsProven ? rooms.users.namedByEmail(address) : rooms.users.findByEmail(address)
  const isHeld = email !== undefined && (await holdersOf(email)).length > 0
  const isFree =
    wanted !== TOTAL_SPEND_ID && wanted !== MASTER_USER_ID && (await rooms.formerUsers.find(wanted)) === undefined
  const ids = isFree ? [wanted, freshId(parseUserId, ports)] : [freshId(parseUserId, ports)]
  for (const id of ids) {
    const user = defaultUser(id, isHeld ? undefined : email, ports.userDefaults, ports.clock.now())
    if ((await rooms.users.insert(user)) === 'taken') continue
    if (user.email !== undefined && !emailIsProven) await rooms.users.markEmailAsClaim(id)
    return user
  }
  throw new Error('a fresh id of a user was taken')
}

/** Only where the link is nobody's, and the user has none of this provider and none of this subject yet. */
export async function provisionLink(
  { userId, link }: Extract<Provision, { readonly make: 'link' }>,
  within: Provisioning,
): Promise<readonly AuditDraft[]> {
  const { rooms } = within
  if ((await rooms.identities.find(link)) !== undefined) return []
  const user = await rooms.users.find(userId)
  if (user === undefined || (await rooms.formerUsers.find(userId)) !== undefined) return []
  const links = await rooms.identities.ofUser(userId)
  if (links.some(({ issuer, subject }) => issuer === link.issuer || subject === link.subject)) return []
  return (await writeLink(userId, link, within)).records
}

async function writeLink(userId: UserId, link: IdentityLink, { rooms }: Provisioning): Promise<Arrival> {
  await rooms.identities.insert(link, userId, JWT_PROVISIONER)
  return { userId, records: [linkRecord(userId, {}, { identity: { ...link } })] }
}

export function linkRecord(userId: UserId, before: AuditDraft['before'], after: AuditDraft['after']): AuditDraft {
  return { action: 'updated', objectType: 'LiteLLM_UserTable', objectId: userId, before, after }
}

function gone(): Decision<never> {
  return deny('token-denied', 'principal_blocked', 'This user was deleted.')
}
