import { hash } from 'node:crypto'
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
    // All of it is looked at, whatever differs where; digests are of one length.
    let difference = a.length ^ b.length
    for (let i = 0; i < a.length; i += 1) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
    return difference === 0
  },
}

/** For ids that must come out the same everywhere; not for secrets. */
export function shortDigest(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 32)
}
