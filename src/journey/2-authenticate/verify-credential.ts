import { allow, deny } from '../../domain/decision.ts'
import type { Allowed, Decision, Denied } from '../../domain/decision.ts'
import type { EpochMs, KeyDigest } from '../../domain/ids.ts'
import { Problem } from '../../domain/problem.ts'
import { printable } from '../../domain/shown-text.ts'
import { formOf } from '../../domain/key-format.ts'
import { stateOf } from '../../domain/virtual-key.ts'
import type { VerifiedToken } from '../../domain/token-facts.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { Digests } from '../../ports/digests.ts'
import type { FoundKey, WarmDirectory } from '../../ports/directory.ts'
import type { Load } from '../../ports/load.ts'
import type { TokenVerifier } from '../../ports/token-verifier.ts'
import type { GuessLimits } from './guess-limits.ts'

/** What was proven about the caller. */
export type Proof =
  | { readonly kind: 'master-key' }
  | { readonly kind: 'virtual-key'; readonly key: VirtualKey }
  | { readonly kind: 'token'; readonly token: VerifiedToken }

/** Or why nothing was proven. */
export type Proven = Allowed<Proof> | Unproven

export interface Unproven extends Denied {
  /** The key that it is, where it is a known one that opens nothing any more. */
  readonly lapsed?: VirtualKey
}

export interface CredentialPorts {
  readonly digests: Digests
  readonly directory: Pick<WarmDirectory, 'findKey' | 'peekKey' | 'hasSeenKey'>
  readonly masterKey: KeyDigest
  readonly guesses: GuessLimits
  readonly load: Load
  /** Undefined: tokens of identity providers are not taken. */
  readonly tokens: TokenVerifier | undefined
}

/** When, and from where. */
export interface Moment {
  readonly now: EpochMs
  readonly address: string | undefined
}

const LONGEST_KEY = 512
const SHORT_KEY = 8

/**
 * Which kind of credential this is follows from its form alone, and a credential that fails as its kind is never tried
 * as another. Returns without a promise when nothing has to be fetched.
 */
export function verifyCredential(presented: string, moment: Moment, ports: CredentialPorts): Proven | Promise<Proven> {
  const digest = ports.digests.digestKey(presented)
  if (ports.digests.equal(digest, ports.masterKey)) return allow({ kind: 'master-key' })

  if (!presented.startsWith('sk-')) return verifyToken(presented, moment.now, ports.tokens)
  if (presented.length > LONGEST_KEY) return unknownKey(presented, 'key_malformed')
  const known = ports.directory.peekKey(digest, moment.now)
  if (known !== undefined && known !== 'ask') return judge(known, presented, moment.now)

  // A checksum that does not fit tells a typo from a key before anybody is asked; the answer is the same.
  if (formOf(presented) === 'own-but-broken') return unknownKey(presented, 'key_checksum')
  return known === 'ask' ? askStore(digest, presented, moment, ports) : judge(known, presented, moment.now)
}

/**
 * J-34: classified once, by form. Three parts are a JWT and nothing else; any other text is opaque where that is taken.
 * Where it isn't, five parts are a JWT that nobody here can read, and are told so.
 */
export function isTakenForJwt(presented: string, tokens: Pick<TokenVerifier, 'verifyOpaque'> | undefined): boolean {
  const parts = presented.split('.', 6).length
  return parts === 3 || (parts === 5 && tokens?.verifyOpaque === undefined)
}

function verifyToken(
  presented: string,
  now: EpochMs,
  tokens: TokenVerifier | undefined,
): Decision<Proof> | Promise<Decision<Proof>> {
  const verified = isTakenForJwt(presented, tokens)
    ? tokens?.verifyJwt(presented, now)
    : tokens?.verifyOpaque?.(presented, now)
  if (verified === undefined) return deny('key-form', 'key_malformed', keyFormText(presented))
  return verified instanceof Promise ? verified.then(proofOf) : proofOf(verified)
}

function proofOf(verified: Decision<VerifiedToken>): Decision<Proof> {
  return verified.verdict === 'deny' ? verified : allow({ kind: 'token', token: verified.granted })
}

async function askStore(
  digest: KeyDigest,
  presented: string,
  { now, address }: Moment,
  ports: CredentialPorts,
): Promise<Proven> {
  // A key that was known is no guess: whoever shares an address with a guesser keeps working.
  const guesses = ports.directory.hasSeenKey(digest) ? undefined : ports.guesses
  if (guesses !== undefined && ports.load.isHigh()) return deny('overloaded', 'load_shed')
  const verdict = guesses?.ask(address, now) ?? 'may-ask'
  if (verdict === 'address-at-limit') return deny('too-many-guesses', 'key_guessing')
  if (verdict === 'all-at-limit') return deny('too-many-guesses', 'key_guessing')

  let found: FoundKey | undefined
  try {
    found = await ports.directory.findKey(digest, now)
    guesses?.answered(address, found === undefined ? 'missed' : 'found', now)
  } catch (cause) {
    guesses?.answered(address, 'failed', now)
    // An error is never an absence: nobody is told that a key is unknown because the store was silent.
    throw new Problem('store-unavailable', undefined, { because: 'store_unavailable' }, cause)
  }
  return judge(found, presented, now)
}

function judge(found: FoundKey | undefined, presented: string, now: EpochMs): Proven {
  if (found === undefined) return unknownKey(presented, 'key_unknown')
  if (found.graceEndsAt !== undefined && found.graceEndsAt <= now) return unknownKey(presented, 'key_unknown')
  return judgeKey(found.key, now)
}

/** Is the key itself still good? */
export function judgeKey(key: VirtualKey, now: EpochMs): Proven {
  switch (stateOf(key, now)) {
    case 'usable':
      return allow({ kind: 'virtual-key', key })
    case 'blocked':
      return { ...deny('key-blocked', 'key_blocked'), lapsed: key }
    case 'expired':
      return { ...deny('key-expired', 'key_expired', expiredText(key.expiresAt ?? now, now)), lapsed: key }
  }
}

function expiredText(expiresAt: EpochMs, now: EpochMs): string {
  return `Authentication Error - Expired Key. Key Expiry time ${utcText(expiresAt)} and current time ${utcText(now)}`
}

/** The last four characters are the caller's own; the digest of the original text is not shown. */
function unknownKey(
  presented: string,
  because: 'key_unknown' | 'key_malformed' | 'key_checksum',
): ReturnType<typeof deny> {
  return deny(
    'key-unknown',
    because,
    `Authentication Error, Invalid proxy server token passed. Received API Key = ${maskedKey(presented)}. Unable to find token in cache or \`LiteLLM_VerificationTokenTable\``,
  )
}

/** The last four characters of something this short would be most of it. */
function maskedKey(presented: string): string {
  return presented.length <= SHORT_KEY ? '****' : `sk-...${printable(presented.slice(-4))}`
}

function keyFormText(presented: string): string {
  const middle = presented.length <= SHORT_KEY ? '****' : `${presented.slice(0, 4)}****${presented.slice(-4)}`
  return `LiteLLM Virtual Key expected. Received=${printable(middle)}, expected to start with 'sk-'.`
}

function utcText(at: EpochMs): string {
  return new Date(at).toISOString().replace('T', ' ').replace('.000Z', '+00:00').replace('Z', '+00:00')
}
