import { keyOf } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import type { ModelAsk } from '../1-intake/read-model-request.ts'

/** The words under which a call is counted: its key's, and its own. */
export function callTags(principal: Principal, { attribution }: Pick<ModelAsk, 'attribution'>): readonly string[] {
  const ofKey = keyOf(principal)?.tags
  return ofKey === undefined || ofKey.length === 0 ? attribution.tags : [...new Set([...ofKey, ...attribution.tags])]
}
