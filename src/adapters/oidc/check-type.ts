import type { Claims } from '../../domain/claims.ts'
import type { TokenProfile } from '../../domain/token-settings.ts'
import type { TokenFlaw } from './refuse-token.ts'

const OF_ID_TOKENS = ['nonce', 'at_hash', 'c_hash']
/** What one provider's payloads say of themselves. */
const OTHER_KINDS = new Set(['Refresh', 'Offline', 'Logout'])

/** J-22 and J-23: a token that was made for something else is none for us, however well signed. */
export function checkType(
  claims: Claims,
  typ: string | null | undefined,
  profile: Pick<TokenProfile, 'requiresTyp' | 'acceptsIdTokens'>,
): TokenFlaw | undefined {
  if (!isAcceptedTyp(typ, profile.requiresTyp) || 'events' in claims) return 'jwt_type_wrong'
  const kind = claims['typ']
  if (typeof kind === 'string' && OTHER_KINDS.has(kind)) return 'jwt_type_wrong'
  const isIdToken = OF_ID_TOKENS.some((name) => name in claims) || kind === 'ID' || claims['token_use'] === 'id'
  if (isIdToken && !profile.acceptsIdTokens) return 'jwt_type_wrong'
  return 'cnf' in claims ? 'jwt_cnf_unsupported' : undefined
}

function isAcceptedTyp(typ: string | null | undefined, isRequired: boolean): boolean {
  if (typ === null) return false
  if (typ === undefined) return !isRequired
  const kind = /^(?:application\/)?(at\+jwt|jwt)$/i.exec(typ)?.[1]?.toLowerCase()
  return kind === 'at+jwt' || (kind === 'jwt' && !isRequired)
}
