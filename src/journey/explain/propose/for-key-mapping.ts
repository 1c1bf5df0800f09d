import { mappingIssuerOf } from '../../../domain/key-mapping.ts'
import type { MappedKey } from '../../../domain/key-mapping.ts'
import type { JsonObject } from '../../../domain/json.ts'
import { readMappedClaim } from '../../3-identify/read-mapped-claim.ts'
import { callOf } from '../change-call.ts'
import { changeClaim, changePolicy } from '../change-claims.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'

/** A token whose claim stands for no key, where that is asked of tokens: it may say a client, or be judged by itself. */
export async function forUnmapped(situation: Situation): Promise<readonly Change[]> {
  const { policy, token, denied } = situation
  const mapping = policy?.keyMapping
  if (mapping === undefined) return []
  const setting = 'litellm_jwtauth.unregistered_jwt_client_behavior'
  const standAlone = changePolicy(
    'Let tokens whose claim stands for no key be judged by themselves.',
    { setting, set: 'fallback_team_mapping' },
    (current) => ({ ...current, keyMapping: { ...mapping, unregistered: 'fallback' } }),
  )
  const [off] = (await mappingsFor(situation)).filter(({ isActive }) => !isActive)
  const opened =
    off === undefined
      ? []
      : [changeMapping(off, 'Switch the mapping on again.', { is_active: true }, { isActive: true })]
  const isMissing = denied.because === 'jwt_key_claim_missing'
  if (!isMissing || mapping.unregistered !== 'register') return [...opened, standAlone]
  return [changeClaim(mapping.field.path, 'a-client', token), standAlone]
}

/** The key was registered for somebody else, or for a team that the token leads to no more: an administrator may say more. */
export async function forRegisteredKey(situation: Situation): Promise<readonly Change[]> {
  const [mapping] = (await mappingsFor(situation)).filter(({ isActive }) => isActive)
  if (mapping === undefined) return []
  const say = 'Let every token with this claim have its key.'
  return [changeMapping(mapping, say, { description: 'for every token with this claim' }, { isRegistered: false })]
}

/** Those of the issuer come first, as in the decision. */
async function mappingsFor({ policy, token, directory }: Situation): Promise<readonly MappedKey[]> {
  const claim =
    token === undefined || policy?.keyMapping === undefined ? undefined : readMappedClaim(token, policy.keyMapping)
  if (token === undefined || claim === undefined) return []
  const mappings = await directory.findKeyMappings(claim)
  return [mappingIssuerOf(token), undefined].flatMap((issuer) => mappings.filter((each) => each.issuer === issuer))
}

function changeMapping({ id }: MappedKey, say: string, fields: JsonObject, becomes: Partial<MappedKey>): Change {
  return callOf(
    say,
    '/jwt/key/mapping/update',
    { id, ...fields },
    { keyMappings: new Map([[id, (mapping) => mapping && { ...mapping, ...becomes }]]) },
  )
}
