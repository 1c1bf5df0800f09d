import type { EpochMs, UserId } from './ids.ts'
import type { Stamps } from './stamps.ts'
import { storableText } from './storable-text.ts'
import type { VerifiedToken } from './token-facts.ts'

/** J-31: one token, or all of somebody's that were issued before an instant. */
export type RevocationTarget =
  /** `digest`: as `VerifiedToken.signedDigest` has it. */
  | { readonly is: 'token'; readonly digest: string }
  | { readonly is: 'jti'; readonly issuer: string; readonly jti: string }
  | CutOff

type CutOff =
  | { readonly is: 'subject'; readonly issuer: string; readonly subject: string; readonly issuedBefore: EpochMs }
  /** Whoever of the user's identities it is that comes. */
  | { readonly is: 'user'; readonly userId: UserId; readonly issuedBefore: EpochMs }

/** A token that is refused although its provider vouches for it. */
export interface TokenRevocation extends Stamps {
  readonly id: string
  readonly target: RevocationTarget
  readonly reason: string | undefined
  /** When no such token can be good any more. Undefined: that can't be said. */
  readonly endsAt: EpochMs | undefined
}

/** More than this nobody can revoke by name; a longer one is no name that a provider gives. */
const MOST_NAME_BYTES = 255
const MOST_ISSUER_BYTES = 2_048

/** What there is one revocation of. No two targets have one name: an issuer holds no line break. */
export function revocationName(target: RevocationTarget): string {
  switch (target.is) {
    case 'token':
      return nameOf('token', '', target.digest)
    case 'jti':
      return nameOf('jti', target.issuer, target.jti)
    case 'subject':
      return nameOf('subject', target.issuer, target.subject)
    case 'user':
      return nameOf('user', '', target.userId)
  }
}

/**
 * Everything that this token could be revoked by. Its subject is the text that names the user, and `sub` as well, which a
 * machine's token has without being anybody.
 */
export function revocableNames(
  { signedDigest, issuer, claims }: Pick<VerifiedToken, 'signedDigest' | 'issuer' | 'claims'>,
  subject: string | undefined,
  userId: UserId | undefined,
): readonly string[] {
  const { jti, sub } = claims
  const names: string[] = []
  if (signedDigest !== '') names.push(nameOf('token', '', signedDigest))
  if (canBeNamed(issuer, MOST_ISSUER_BYTES) && !issuer.includes('\n')) {
    if (typeof jti === 'string' && canBeNamed(jti, MOST_NAME_BYTES)) names.push(nameOf('jti', issuer, jti))
    for (const each of new Set([subject, sub])) {
      if (typeof each === 'string' && canBeNamed(each, MOST_NAME_BYTES)) names.push(nameOf('subject', issuer, each))
    }
  }
  if (userId !== undefined) names.push(nameOf('user', '', userId))
  return names
}

function nameOf(is: RevocationTarget['is'], issuer: string, value: string): string {
  return `${is}\n${issuer}\n${value}`
}

/** A character is a byte or more. What no row can hold is in none. */
function canBeNamed(text: string, most: number): boolean {
  return text.length <= most && storableText(text) === text
}

/**
 * What of a token is signed: never the signature, because ECDSA has two for each text. Of a token that is not of three
 * parts, all of it.
 */
export function signedText(token: string): string {
  const parts = token.split('.', 4)
  return parts.length === 3 ? token.slice(0, token.lastIndexOf('.')) : token
}
