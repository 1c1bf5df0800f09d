import type { AuditDraft, AuditOrigin } from '../../domain/audit-record.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import { parseKeyDigest } from '../../domain/ids.ts'
import type { Invitation } from '../../domain/invitation.ts'
import { restamped } from '../../domain/stamps.ts'
import type { User } from '../../domain/user.ts'
import type { Rooms } from '../../ports/registry.ts'
import { describeChange } from '../describe-change.ts'
import type { ManagePorts } from '../ports.ts'
import { decidePassword } from './revise-user.ts'
import { withCascade } from '../with-cascade.ts'

export interface Claim {
  readonly link: string
  /** Said beside the link by existing clients; must then be the invited one. */
  readonly userId: string | undefined
  readonly password: string
}

/** An invitation that can be taken up, and for whom. */
export interface OpenInvitation {
  readonly invitation: Invitation
  readonly user: User
}

/** The call as such; who makes it is known once the invitation is. */
export type ClaimOrigin = Pick<AuditOrigin, 'clientAddress' | 'requestId' | 'route'>

const LINK = /^([0-9a-f-]{36})\.([0-9A-Za-z]{43})$/

export function readOpenInvitation(link: string, ports: ManagePorts): Promise<Decision<OpenInvitation>> {
  return openWith(link, ports.registry.rooms, ports)
}

/** S-10: the user gets a password, the invitation is used up, and so are the others of this user. */
export async function claimInvitation(
  { link, userId, password }: Claim,
  call: ClaimOrigin,
  ports: ManagePorts,
): Promise<Decision<User>> {
  // Hashing is dear, so that the secret is looked at first.
  const seen = await readOpenInvitation(link, ports)
  if (seen.verdict === 'deny') return seen
  if (userId !== undefined && userId !== seen.granted.user.id) return unusable()
  const chosen = decidePassword(password)
  if (chosen.verdict === 'deny') return chosen
  const passwordHash = await ports.passwords.hash(chosen.granted)

  const { id, role } = seen.granted.user
  const origin = { ...call, actor: id, actorRole: role, actorKey: undefined, onBehalfOf: undefined }
  const about = { action: 'updated', objectType: 'LiteLLM_UserTable', objectId: id } as const
  return ports.registry.change(origin, about, async (rooms) => {
    await rooms.users.find(id)
    const open = await openWith(link, rooms, ports)
    if (open.verdict === 'deny') return open
    const { invitation, user } = open.granted
    const now = ports.clock.now()
    const row = restamped({ ...user, passwordHash }, id, now)
    const used = restamped({ ...invitation, acceptedAt: now }, id, now)
    await rooms.users.update(row)
    await rooms.invitations.update(used)
    const others = (await rooms.invitations.ofUser(id)).filter((each) => each.acceptedAt === undefined)
    await rooms.invitations.delete(others.map((each) => each.id))
    const ofInvitation: AuditDraft = {
      action: 'updated',
      objectType: 'LiteLLM_InvitationLink',
      objectId: used.id,
      ...describeChange(invitation, used),
    }
    return allow({ outcome: row, records: [withCascade({ ...about, ...describeChange(user, row) }, [ofInvitation])] })
  })
}

/** Unknown, wrong, used, expired: one answer. */
async function openWith(
  link: string,
  rooms: Rooms,
  { digests, clock }: ManagePorts,
): Promise<Decision<OpenInvitation>> {
  const [, id, secret] = LINK.exec(link) ?? []
  if (id === undefined || secret === undefined) return unusable()
  const invitation = await rooms.invitations.find(id)
  const kept = invitation === undefined ? undefined : parseKeyDigest(invitation.secretDigest)
  if (invitation === undefined || kept === undefined || !digests.equal(digests.digestKey(secret), kept)) {
    return unusable()
  }
  if (invitation.acceptedAt !== undefined || invitation.expiresAt <= clock.now()) return unusable()
  const user = await rooms.users.find(invitation.userId)
  return user === undefined || user.blocked ? unusable() : allow({ invitation, user })
}

function unusable(): Denied {
  return deny('invitation-unusable', 'key_unknown')
}
