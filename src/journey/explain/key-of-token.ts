import type { VerifiedToken } from '../../domain/token-facts.ts'
import type { TokenPolicy } from '../../domain/token-settings.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { Directory } from '../../ports/directory.ts'
import { readMappedClaim } from '../3-identify/read-mapped-claim.ts'
import { decideKeyMapping } from '../4-authorise/decide-key-mapping.ts'

/** The key that a token stands for, whether or not the journey came so far. */
export async function keyOfToken(
  token: VerifiedToken | undefined,
  policy: TokenPolicy | undefined,
  directory: Pick<Directory, 'findKeyMappings'>,
): Promise<VirtualKey | undefined> {
  const { keyMapping } = policy ?? {}
  const claim = token === undefined || keyMapping === undefined ? undefined : readMappedClaim(token, keyMapping)
  if (token === undefined || keyMapping === undefined || claim === undefined) return undefined
  const mapping = decideKeyMapping(token, claim, await directory.findKeyMappings(claim), keyMapping)
  return mapping.verdict === 'allow' && mapping.granted.is === 'mapped' ? mapping.granted.to.key : undefined
}
