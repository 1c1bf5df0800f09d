import type { Denied } from '../domain/decision.ts'
import type { EpochMs } from '../domain/ids.ts'
import type { Reason } from '../domain/reason.ts'
import type { VerifiedToken } from '../domain/token-facts.ts'
import type { Clock } from '../ports/clock.ts'
import type { WarmDirectory } from '../ports/directory.ts'

/** Where to look again: at the store itself. */
export interface Afresh {
  readonly directory: WarmDirectory
  readonly looks: SecondLooks
}

/** Refusals for want of something that another process may have just written. */
const ABSENCES: ReadonlySet<Reason> = new Set<Reason>([
  'principal_unknown',
  'team_unknown',
  'team_not_in_token',
  'team_required',
  'team_no_model',
  'organization_unknown',
])

/** What is remembered is no older than this anyway. */
const LASTS_MS = 1_000
/** Beyond it, refusals are as old as what is remembered: nobody makes the store work by being refused. */
const MOST_AT_ONCE = 16

/**
 * Who was given something at one process is not refused for want of it at another that has not heard of it yet: before
 * such a refusal is told, the store is asked once.
 */
export class SecondLooks {
  readonly #clock: Clock
  readonly #confirmed = new WeakMap<VerifiedToken, EpochMs>()
  #looking = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The same refusal where there is no need to look, else what is seen. */
  again<Seen extends { readonly verdict: 'allow' | 'deny' }>(
    denied: Denied,
    token: VerifiedToken,
    look: () => Seen | Promise<Seen>,
  ): Denied | Promise<Seen> {
    return this.#isDue(denied, token) ? this.#look(token, look) : denied
  }

  #isDue({ because }: Denied, token: VerifiedToken): boolean {
    if (!ABSENCES.has(because) || this.#looking >= MOST_AT_ONCE) return false
    const age = this.#clock.now() - (this.#confirmed.get(token) ?? Number.NEGATIVE_INFINITY)
    return age < 0 || age > LASTS_MS
  }

  async #look<Seen extends { readonly verdict: 'allow' | 'deny' }>(
    token: VerifiedToken,
    look: () => Seen | Promise<Seen>,
  ): Promise<Seen> {
    const at = this.#clock.now()
    this.#looking += 1
    try {
      const seen = await look()
      if (seen.verdict === 'deny') this.#confirmed.set(token, at)
      return seen
    } finally {
      this.#looking -= 1
    }
  }
}
