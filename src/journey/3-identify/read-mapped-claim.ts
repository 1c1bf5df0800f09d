import type { MappedClaim } from '../../domain/key-mapping.ts'
import type { VerifiedToken } from '../../domain/token-facts.ts'
import type { KeyMappingPolicy } from '../../domain/token-settings.ts'
import { lookUp, readText } from './read-claim.ts'

/**
 * The claim that stands for a key: a name, or a whole number in digits. Anything else is as good as missing: as the text of
 * a list or an object two clients could be one.
 */
export function readMappedClaim(
  { claims }: Pick<VerifiedToken, 'claims'>,
  { field }: Pick<KeyMappingPolicy, 'field'>,
): MappedClaim | undefined {
  const text = readText(claims, field.path)
  if (text.is === 'value') return { name: field.text, value: text.value }
  const claim = lookUp(claims, field.path)
  const number = claim.is === 'value' && typeof claim.value === 'number' ? claim.value : undefined
  // What is beyond the safe ones was rounded, so that two clients could be one.
  return number !== undefined && Number.isSafeInteger(number) ? { name: field.text, value: String(number) } : undefined
}
