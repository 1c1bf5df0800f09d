import { hash, timingSafeEqual } from 'node:crypto'
import { parseKeyDigest } from '../../domain/ids.ts'
import type { KeyDigest } from '../../domain/ids.ts'
import type { Digests } from '../../ports/digests.ts'

export const digests: Digests = {
  digestKey(presented) {
    const digest = parseKeyDigest(hash('sha256', presented, 'hex'))
    if (digest === undefined) throw new Error('SHA-256 gave no digest')
    return digest
  },
  equal(a: KeyDigest, b: KeyDigest) {
    return timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'))
  },
}

/** For ids that must come out the same everywhere; not for secrets. */
export function shortDigest(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 32)
}
