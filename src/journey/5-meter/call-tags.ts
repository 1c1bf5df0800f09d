import { keyOf } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import type { ModelAsk } from '../1-intake/read-model-request.ts'

const NONE: readonly string[] = []

/** The words under which a call is counted: its key's, its team's, and its own. */
export function callTags(
  principal: Principal,
  { attribution }: { readonly attribution: Pick<ModelAsk['attribution'], 'tags'> },
): readonly string[] {
  const ofKey = keyOf(principal)?.tags ?? NONE
  const ofTeam = principal.kind === 'master' ? NONE : (principal.standing.team?.tags ?? NONE)
  if (ofKey.length === 0 && ofTeam.length === 0) return attribution.tags
  return [...new Set([...ofKey, ...ofTeam, ...attribution.tags])]
}
