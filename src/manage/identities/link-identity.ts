import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { parseUserId } from '../../domain/ids.ts'
import type { UserId } from '../../domain/ids.ts'
import { MASTER_USER_ID } from '../../domain/principal.ts'
import type { IdentityLink } from '../../domain/token-facts.ts'
import { storableText } from '../../domain/storable-text.ts'
import type { LinkedUser } from '../../ports/directory.ts'
import type { Identity, Rooms } from '../../ports/registry.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { linkRecord } from './provision-arrival.ts'
import { malformed } from '../refuse.ts'
import { decideAccounts } from '../users/decide-accounts.ts'
import { userNotFound } from '../users/refuse-user.ts'

export interface Identities {
  readonly userId: UserId
  readonly identities: readonly Identity[]
}

/** Who a user is at the providers, and who said so; also by the id that a duplicate had before it was merged. */
export async function readIdentities(name: string, ask: Ask, ports: ManagePorts): Promise<Decision<Identities>> {
  const { rooms } = ports.registry
  const id = parseUserId(name)
  const survivor = id === undefined ? undefined : (await rooms.formerUsers.find(id))?.mergedInto
  const user = id === undefined ? undefined : await rooms.users.find(survivor ?? id)
  if (user === undefined) return userNotFound(name, ask.reach)
  return allow({ userId: user.id, identities: await rooms.identities.ofUser(user.id) })
}

/** What an operator says about an identity goes before everything that tokens lead to. */
export async function linkIdentity(
  { userId: name, link }: { readonly userId: string; readonly link: IdentityLink },
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<Identities>> {
  if (!isLink(link)) return notALink()
  const about = { action: 'updated', objectType: 'LiteLLM_UserTable', objectId: name } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const linked = await rooms.identities.find(link)
    const id = parseUserId(name)
    const user = id === undefined || id === MASTER_USER_ID ? undefined : await rooms.users.find(id)
    if (user === undefined) return userNotFound(name, ask.reach)
    const may = await decideAccounts([user], ask, rooms, ports)
    if (may.verdict === 'deny') return may
    const isHis = linked?.userId === user.id && !linked.isDeleted
    if (linked !== undefined && !linked.isDeleted && !isHis) return linkedElsewhere(linked)
    if (!isHis) {
      await rooms.formerUsers.free(user.id)
      await rooms.identities.delete(link)
      await rooms.identities.insert(link, user.id, changer(ask))
    }
    const outcome = await identitiesOf(user.id, rooms)
    return allow({ outcome, records: isHis ? [] : [linkRecord(user.id, {}, { identity: { ...link } })] })
  })
}

/** The subject is a stranger again, to whom the rules for strangers apply. */
export async function unlinkIdentity(
  { userId: name, link }: { readonly userId: string | undefined; readonly link: IdentityLink },
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<Identities>> {
  if (!isLink(link)) return notALink()
  const about = { action: 'updated', objectType: 'LiteLLM_UserTable', objectId: name ?? '' } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const linked = await rooms.identities.find(link)
    if (linked === undefined || (name !== undefined && name !== linked.userId)) {
      return deny('identity-not-found', 'principal_unknown')
    }
    await rooms.identities.delete(link)
    const record = linkRecord(linked.userId, { identity: { ...link } }, {})
    return allow({ outcome: await identitiesOf(linked.userId, rooms), records: [record] })
  })
}

async function identitiesOf(userId: UserId, { identities }: Rooms): Promise<Identities> {
  return { userId, identities: await identities.ofUser(userId) }
}

const CONTROL = /\p{Cc}/u
const MOST_SUBJECT_BYTES = 255
const MOST_ISSUER_BYTES = 2_048

function isLink({ issuer, subject }: IdentityLink): boolean {
  return (
    bytesOf(subject) <= MOST_SUBJECT_BYTES &&
    bytesOf(issuer) <= MOST_ISSUER_BYTES &&
    subject.trim() === subject &&
    [issuer, subject].every((text) => !CONTROL.test(text) && storableText(text) === text)
  )
}

function bytesOf(text: string): number {
  return encodeURIComponent(text.toWellFormed()).replaceAll(/%[0-9A-F]{2}/g, 'x').length
}

function notALink(): Decision<never> {
  return malformed(
    '`subject` is a text of 1 to 255 bytes without control characters and blanks around it, `issuer` one of up to 2048.',
  )
}

function linkedElsewhere({ userId }: LinkedUser): Decision<never> {
  return deny('identity-taken', 'param_type', `The identity is linked to user ${userId}. Unlink it there first.`)
}
