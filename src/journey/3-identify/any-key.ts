import type { EpochMs, TeamId, UserId } from '../../domain/ids.ts'
import { parseKeyDigest } from '../../domain/ids.ts'
import { Problem } from '../../domain/problem.ts'
import { blankKey } from '../../domain/virtual-key.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'

interface Holder {
  readonly userId: UserId | undefined
  readonly teamId: TeamId | undefined
}

/** Nobody's digest. */
const NO_DIGEST = parseKeyDigest('0'.repeat(64))

/** A key that does not exist, for asking what one would be allowed that restricts nothing itself. */
export function anyKeyOf({ userId, teamId }: Holder, now: EpochMs): VirtualKey {
  if (NO_DIGEST === undefined) throw new Problem('fault')
  const displayName = userId === undefined ? 'any key of this team' : 'any key of this user'
  const row = blankKey({ digest: NO_DIGEST, displayName }, userId ?? 'nobody', now)
  return { ...row, userId, teamId, needsMembership: userId !== undefined && teamId !== undefined }
}
