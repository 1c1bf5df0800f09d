import { LRUCache } from 'lru-cache'
import { allow } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { Reason } from '../../domain/reason.ts'
import type { VerifiedToken } from '../../domain/token-facts.ts'
import type { ProvingKey } from './prove-signature.ts'

const MOST_TOKENS = 20_000
const MOST_BYTES = 32 * 1024 * 1024
const MOST_REFUSED = 2_000
const REFUSED_MS = 10_000
/** A refusal that the next moment may turn. */
const PASSING: ReadonlySet<Reason> = new Set(['jwt_not_yet_valid', 'jwt_iat_future', 'jwks_unavailable'])

interface Life {
  readonly until: number
  /** Undefined: the provider itself was asked about the token. */
  readonly by: ProvingKey | undefined
}

interface Remembered extends Life {
  readonly answer: Decision<VerifiedToken>
}

/**
 * Answers about whole tokens, by their SHA-256 (J-32). A token that passed is good until it ends, or until the key that it
 * was verified by is withdrawn or not vouched for any more; a refusal is kept for ten seconds, apart, so that forged
 * tokens drive no good ones out. One memory belongs to one set of settings.
 */
export class RememberedTokens {
  readonly #good = new LRUCache<string, Remembered>({ max: MOST_TOKENS, maxSize: MOST_BYTES })
  readonly #refused = new LRUCache<string, Remembered>({ max: MOST_REFUSED })

  recall(key: string, now: EpochMs): Decision<VerifiedToken> | undefined {
    const known = this.#good.get(key) ?? this.#refused.get(key)
    if (known === undefined || now >= known.until) return undefined
    if (known.by !== undefined && !known.by.store.vouchesFor(known.by, now)) return undefined
    return known.answer
  }

  /** Gives the token back as it is to be handed on: the same object as before, where it was proven the same way. */
  keep(key: string, token: VerifiedToken, bytes: number, life: Life): Decision<VerifiedToken> {
    const { until, by } = life
    const before = this.#good.get(key)
    const isSame = before !== undefined && before.by?.key === by?.key && by !== undefined
    const answer = isSame ? before.answer : allow(token)
    this.#refused.delete(key)
    this.#good.set(key, { answer, until, by }, { size: bytes })
    return answer
  }

  refuse(key: string, denied: Denied, now: EpochMs, by: ProvingKey | undefined): Denied {
    this.#good.delete(key)
    if (!PASSING.has(denied.because)) this.#refused.set(key, { answer: denied, until: now + REFUSED_MS, by })
    return denied
  }

  clear(): void {
    this.#good.clear()
    this.#refused.clear()
  }
}
