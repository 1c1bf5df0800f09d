import { changeClaim, changePolicy } from '../change-claims.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'

/** A token whose claim stands for no key, where that is asked of tokens: it may say a client, or be judged by itself. */
export function forUnmapped({ policy, token, denied }: Situation): readonly Change[] {
  const mapping = policy?.keyMapping
  if (mapping === undefined) return []
  const setting = 'litellm_jwtauth.unregistered_jwt_client_behavior'
  const standAlone = changePolicy(
    'Let tokens whose claim stands for no key be judged by themselves.',
    { setting, set: 'fallback_team_mapping' },
    (current) => ({ ...current, keyMapping: { ...mapping, unregistered: 'fallback' } }),
  )
  const isMissing = denied.because === 'jwt_key_claim_missing'
  if (!isMissing || mapping.unregistered !== 'register') return [standAlone]
  return [changeClaim(mapping.field.path, 'a-client', token), standAlone]
}
