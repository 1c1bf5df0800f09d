import { bearingOf, keyOf, managerOf, userIdOf } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import type { JourneyPorts } from '../journey-ports.ts'
import type { Outcome } from './run-scene.ts'
import type { Subject } from './scene.ts'

/** Is this about the asker itself? What cannot be told for sure is somebody else's. */
export async function isOwn(
  asker: Principal,
  subject: Subject,
  { principal, proof }: Outcome,
  { directory, credentials, clock }: Pick<JourneyPorts, 'directory' | 'credentials' | 'clock'>,
): Promise<boolean> {
  const self = managerOf(asker)?.user.id
  const isSelf = (other: string | undefined): boolean => self !== undefined && other === self
  switch (subject.is) {
    case 'master':
    case 'token':
    case 'claims':
      return false
    case 'user': {
      const { userId, teamId } = subject
      const teams = managerOf(asker)?.teams ?? []
      return isSelf(userId) && (teamId === undefined || teams.some((member) => member.teamId === teamId))
    }
    case 'key':
    case 'credential': {
      if (proof?.kind === 'token') {
        const isSameToken = bearingOf(asker)?.token === proof.token
        return isSameToken || (principal !== undefined && isSelf(userIdOf(principal)))
      }
      const digest = subject.is === 'key' ? subject.digest : credentials.digests.digestKey(subject.text)
      const found = await directory.findKey(digest, clock.now())
      return found !== undefined && (found.key.digest === keyOf(asker)?.digest || isSelf(found.key.userId))
    }
  }
}
