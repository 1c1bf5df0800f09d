import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import { mappingIssuerOf } from '../../domain/key-mapping.ts'
import type { MappedClaim, MappedKey } from '../../domain/key-mapping.ts'
import type { VerifiedToken } from '../../domain/token-facts.ts'
import type { KeyMappingPolicy } from '../../domain/token-settings.ts'
import { shown } from '../../domain/shown-text.ts'

/** What a token's claim comes to. */
export type Mapping =
  /** The token is judged by itself. */
  | { readonly is: 'none' }
  | { readonly is: 'mapped'; readonly to: MappedKey }
  /** So it is too, and gets a key of its own once it has passed. */
  | { readonly is: 'pending'; readonly claim: MappedClaim }

/** `claim` is undefined where the token has none; `mappings` are all that there are for it. */
export function decideKeyMapping(
  token: Pick<VerifiedToken, 'issuer' | 'profile'>,
  claim: MappedClaim | undefined,
  mappings: readonly MappedKey[],
  policy: Pick<KeyMappingPolicy, 'field' | 'unregistered'>,
): Decision<Mapping> {
  const mayStandAlone = policy.unregistered === 'fallback'
  if (claim === undefined) return mayStandAlone ? allow({ is: 'none' }) : claimMissing(policy.field.text)

  const issuer = mappingIssuerOf(token)
  const active = mappings.filter(({ isActive }) => isActive)
  const mapped =
    active.find((mapping) => mapping.issuer === issuer) ?? active.find((mapping) => mapping.issuer === undefined)
  if (mapped !== undefined) return allow({ is: 'mapped', to: mapped })

  if (mayStandAlone) return allow({ is: 'none' })
  // What an administrator switched off is not made anew by a token, also where it was for any issuer.
  const isSwitchedOff = mappings.some((mapping) => mapping.issuer === issuer || mapping.issuer === undefined)
  return policy.unregistered === 'register' && !isSwitchedOff ? allow({ is: 'pending', claim }) : unmapped(claim)
}

export function unmapped({ name, value }: MappedClaim): Denied {
  return deny(
    'token-denied',
    'jwt_key_unmapped',
    `JWT Key Mapping: No registered mapping for ${name}='${shown(value)}'. Access denied.`,
  )
}

function claimMissing(name: string): Denied {
  return deny(
    'token-denied',
    'jwt_key_claim_missing',
    `JWT Key Mapping: Required claim '${name}' is missing from the JWT. Access denied.`,
  )
}
