import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { displayNameOf } from '../../domain/key-format.ts'
import { isRawKey } from './name-key.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { malformed } from '../refuse.ts'
import { setBlocked } from './update-key.ts'

const MOST = 500

/**
 * K-15: secrets that were found where everybody can read them. Those of keys are blocked at once, each by itself, so that
 * one in doubt saves no other. Whether there was one is told to the operator, and not to the one who reports. Returns how
 * many were looked at.
 */
export async function reportLeaked(
  secrets: readonly string[],
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<number>> {
  const found = [...new Set(secrets)]
  if (found.length === 0 || found.length > MOST)
    return malformed(`\`keys\`: between 1 and ${MOST} secrets can be reported at once.`)
  for (const secret of found.filter(isRawKey)) {
    if (ports.digests.equal(ports.digests.digestKey(secret), ports.masterKey)) {
      ports.log.warn('the master key was reported as leaked: replace it in the configuration', {})
      continue
    }
    const blocked = await setBlocked(secret, true, ask, ports)
    if (blocked.verdict === 'allow') {
      const { userId = '', teamId = '' } = blocked.granted
      ports.log.warn('a key was reported as leaked and is blocked', { key: displayNameOf(secret), userId, teamId })
    }
  }
  return allow(found.length)
}
