import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import { epochMs, parseUserId } from '../../domain/ids.ts'
import type { Invitation } from '../../domain/invitation.ts'
import type { Reach } from '../../domain/reach.ts'
import { ADMINISTRATORS } from '../../domain/role.ts'
import { reachesOrganization, reachesTeam } from '../../domain/scope.ts'
import { stampedNew } from '../../domain/stamps.ts'
import type { UserFacts } from '../../domain/user.ts'
import type { Rooms } from '../../ports/registry.ts'
import { decideAccounts } from './decide-accounts.ts'
import { isTakenUp, placeOfUser } from './decide-user-change.ts'
import { describeChange, describeRow } from '../describe-change.ts'
import { randomText } from '../keys/make-key.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { foreign, malformed } from '../refuse.ts'
import { userNotFound } from './refuse-user.ts'
import { stampChange } from '../stamp-change.ts'

/** An invitation and, for its one showing, what opens it. */
export interface NewInvitation {
  readonly invitation: Invitation
  readonly link: string
}

/** 256 bits, and a little more. */
const SECRET_LENGTH = 43
/** S-10. */
const OPEN_MS = 86_400_000

export async function inviteUser(name: string, ask: Ask, ports: ManagePorts): Promise<Decision<NewInvitation>> {
  const id = parseUserId(name)
  const absent = userNotFound(name, ask.reach)
  if (id === undefined) return absent
  const secret = randomText(SECRET_LENGTH, ports)
  const now = ports.clock.now()
  const invitation: Invitation = {
    id: ports.newId(),
    userId: id,
    secretDigest: ports.digests.digestKey(secret),
    acceptedAt: undefined,
    expiresAt: epochMs(now + OPEN_MS),
    ...stampedNew(changer(ask), now),
  }
  const about = { action: 'created', objectType: 'LiteLLM_InvitationLink', objectId: invitation.id } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    await rooms.users.find(id)
    const facts = await rooms.users.facts(id)
    if (facts === undefined) return absent
    if (!reachesAll(ask.reach, facts)) return foreign(absent)
    const may = decideInvitation(ask, facts)
    if (may.verdict === 'deny') return may
    const opens = await decideAccounts([facts.user], ask, rooms, ports)
    if (opens.verdict === 'deny') return opens
    await rooms.invitations.insert(invitation)
    const outcome = { invitation, link: `${invitation.id}.${secret}` }
    return allow({ outcome, records: [{ ...about, before: {}, after: describeRow(invitation) }] })
  })
}

/** Closes an invitation without anybody having come. What was taken up once stays so. */
export async function closeInvitation(
  id: string,
  isAccepted: boolean,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<Invitation>> {
  const about = { action: 'updated', objectType: 'LiteLLM_InvitationLink', objectId: id } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const found = await findInvitation(id, ask.reach, rooms)
    if (found.verdict === 'deny') return found
    const current = found.granted
    if (!isAccepted && current.acceptedAt !== undefined) {
      return malformed('An invitation that was accepted does not open again. Make a new one.')
    }
    const acceptedAt = current.acceptedAt ?? (isAccepted ? ports.clock.now() : undefined)
    const row = stampChange(current, { ...current, acceptedAt }, ask, ports)
    await rooms.invitations.update(row)
    return allow({ outcome: row, records: [{ ...about, ...describeChange(current, row) }] })
  })
}

export async function deleteInvitation(id: string, ask: Ask, ports: ManagePorts): Promise<Decision<Invitation>> {
  const about = { action: 'deleted', objectType: 'LiteLLM_InvitationLink', objectId: id } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const found = await findInvitation(id, ask.reach, rooms)
    if (found.verdict === 'deny') return found
    const current = found.granted
    await rooms.invitations.delete([id])
    return allow({ outcome: current, records: [{ ...about, before: describeRow(current), after: {} }] })
  })
}

export async function readInvitation(id: string, ask: Ask, { registry }: ManagePorts): Promise<Decision<Invitation>> {
  return findInvitation(id, ask.reach, registry.rooms)
}

async function findInvitation(id: string, reach: Reach, rooms: Rooms): Promise<Decision<Invitation>> {
  const found = await rooms.invitations.find(id)
  if (found === undefined) return invitationNotFound()
  const facts = await rooms.users.facts(found.userId)
  return facts !== undefined && reachesAll(reach, facts) ? allow(found) : foreign(invitationNotFound())
}

/** Whoever opens an invitation has the whole account, so that nobody beside the caller may have a say in it. */
function reachesAll(reach: Reach, facts: UserFacts): boolean {
  if (reach.scope === 'all') return true
  const { organizationIds, teams } = placeOfUser(facts)
  if (organizationIds.length + teams.length === 0) return false
  return (
    organizationIds.every((id) => reachesOrganization(reach, id)) && teams.every((team) => reachesTeam(reach, team))
  )
}

/** An account that somebody has already is taken over by nobody below a proxy admin. */
function decideInvitation({ reach }: Ask, facts: UserFacts): Decision<undefined> {
  const { user } = facts
  if (reach.scope === 'all') return reach.mayWrite ? allow(undefined) : beyond()
  return ADMINISTRATORS.has(user.role) || isTakenUp(facts) || user.blocked ? beyond() : allow(undefined)
}

function beyond(): Denied {
  return deny('beyond-yours', 'authz_ceiling', 'Only a proxy admin invites a user who has an account already.')
}

function invitationNotFound(): Denied {
  return deny('invitation-not-found', 'object_denied')
}
