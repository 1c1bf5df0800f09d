import type { EpochMs, UserId } from '../../../domain/ids.ts'
import type { Invitation } from '../../../domain/invitation.ts'
import { timestampText } from '../column-types.ts'
import type { RowKind } from './sql-rows.ts'
import { stampColumnsOf, stampsOf, timeOrNull } from './stamp-columns.ts'
import type { StampColumns } from './stamp-columns.ts'

interface InvitationColumns extends StampColumns {
  readonly invitation_id: string
  readonly user_id: UserId
  readonly secret_digest: string
  readonly accepted_at: EpochMs | null
  readonly expires_at: EpochMs
}

export const invitationKind: RowKind<Invitation, string, InvitationColumns> = {
  table: 'invitation',
  id: 'invitation_id',
  idOf: (invitation) => invitation.id,
  read: (row) => ({
    id: row.invitation_id,
    userId: row.user_id,
    secretDigest: row.secret_digest,
    acceptedAt: row.accepted_at ?? undefined,
    expiresAt: row.expires_at,
    ...stampsOf(row),
  }),
  write: (invitation) => ({
    invitation_id: invitation.id,
    user_id: invitation.userId,
    secret_digest: invitation.secretDigest,
    accepted_at: timeOrNull(invitation.acceptedAt),
    expires_at: timestampText(invitation.expiresAt),
    ...stampColumnsOf(invitation),
  }),
}
