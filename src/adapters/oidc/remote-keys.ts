import { epochMs } from '../../domain/ids.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { DocumentGetter } from '../../ports/document-getter.ts'
import type { KeySetObserver } from '../../ports/key-set-observer.ts'
import type { OperatorLog } from '../../ports/operator-log.ts'
import { fetchKeySet } from './fetch-key-set.ts'
import type { FetchedKeys, RemoteSource } from './fetch-key-set.ts'
import { KeySet } from './key-set.ts'
import type { ChosenKey, FoundKey, KeyStore } from './key-store.ts'
import type { PublicKey } from './public-key.ts'

/** At most one fetch per this time for a key that is not there, and one attempt at a provider that is down. */
const PAUSE_MS = 30_000
/** The last part of a set's life, in which it is renewed behind the requests' backs. */
const RENEWAL_SHARE = 0.1
const STALE_ALARM_MS = 3_600_000
/** Dropped keys of which the operator should know; the others are of no use to us and right where they are. */
const ALARMING = new Set(['private_members', 'symmetric', 'weak_primes', 'not_on_curve', 'rsa_size', 'rsa_exponent'])

export interface KeyTimes {
  readonly keyTtlSeconds: number
  readonly keyStaleSeconds: number
}

export interface RemoteKeysOptions {
  readonly source: RemoteSource
  readonly issuer: string | undefined
  /** Looked at each time, so that a change counts at once. */
  readonly times: KeyTimes
  readonly getter: DocumentGetter
  readonly log: OperatorLog
  readonly observer: KeySetObserver
  readonly wait: (ms: number) => Promise<void>
  /** From 0 up to 1: replicas that started together part. */
  readonly fraction: () => number
}

interface Held {
  readonly set: KeySet
  readonly url: string
  readonly fetchedAt: EpochMs
  /** Of its life, after which it is renewed in the background. */
  readonly renewalShare: number
}

interface Failure {
  readonly at: EpochMs
  readonly found: Extract<FoundKey, { is: 'unreachable' | 'unfit' }>
}

/**
 * The published keys of a provider. Known keys outlive an outage of it, unknown ones wait for its end; nothing but a
 * whole, well-formed set takes the place of another (J-14, F-07).
 */
export class RemoteKeys implements KeyStore {
  readonly #options: RemoteKeysOptions
  #held: Held | undefined
  #failure: Failure | undefined
  #flight: Promise<void> | undefined
  #extraAt: EpochMs | undefined
  #alarmedAt: EpochMs | undefined

  constructor(options: RemoteKeysOptions) {
    this.#options = options
  }

  async find(kid: string | undefined, now: EpochMs): Promise<FoundKey> {
    const before = this.#held
    const held = this.#usable(now) ?? (await this.#renewed(now))
    if (held === undefined) return this.#failure?.found ?? { is: 'unreachable' }
    const choice = held.set.choose(kid)
    return choice.is === 'unknown' ? { is: 'unknown', isNews: held !== before } : choice
  }

  async findAnew(kid: string | undefined, now: EpochMs): Promise<FoundKey> {
    const { set } = await this.#ask(now)
    const choice = set.choose(kid)
    return choice.is === 'unknown' ? (this.#failure?.found ?? { is: 'unknown', isNews: true }) : choice
  }

  async findSuccessor({ key, kid }: ChosenKey, now: EpochMs): Promise<PublicKey | undefined> {
    if (this.#held === undefined) return undefined
    const { set } = await this.#ask(now)
    const choice = set.choose(kid)
    return choice.is === 'key' && choice.key !== key ? choice.key : undefined
  }

  vouchesFor({ key, kid }: ChosenKey, now: EpochMs): boolean {
    return this.#usable(now)?.set.wouldChoose(key, kid) === true
  }

  /** The set, while it may be used without asking; near its end it is renewed meanwhile. */
  #usable(now: EpochMs): Held | undefined {
    const held = this.#held
    if (held === undefined) return undefined
    const { keyTtlSeconds, keyStaleSeconds } = this.#options.times
    const ageMs = now - held.fetchedAt
    const ttlMs = keyTtlSeconds * 1000
    if (ageMs < -SLACK_MS) return undefined
    if (ageMs < ttlMs * held.renewalShare) return held
    const isStaleAllowed = this.#failure !== undefined && ageMs <= ttlMs + keyStaleSeconds * 1000
    if (ageMs >= ttlMs && !isStaleAllowed) return undefined
    if (!this.#isPausing(now)) void this.#renew(now)
    if (ageMs >= ttlMs) this.#warnOfAge(ageMs, now)
    return held
  }

  /** Waits for a set where there is none that may be used. */
  async #renewed(now: EpochMs): Promise<Held | undefined> {
    // An answer that is no key set is no outage: without a set to go on with, the next request asks again.
    const isOutage = this.#failure?.found.is === 'unreachable'
    if (isOutage && this.#isPausing(now)) return this.#usable(now)
    await this.#renew(now)
    // Whoever waited for it may use it, however short its life is.
    return this.#failure === undefined ? this.#held : this.#usable(now)
  }

  /** The set after one more look at the provider, if it is time for one. */
  async #ask(now: EpochMs): Promise<Held> {
    const isEarly = this.#extraAt !== undefined && isWithin(now - this.#extraAt, PAUSE_MS)
    if (this.#flight !== undefined) await this.#flight
    else if (!isEarly && !this.#isPausing(now)) {
      this.#extraAt = now
      await this.#renew(now)
    }
    return this.#held ?? NOTHING
  }

  #isPausing(now: EpochMs): boolean {
    return this.#failure !== undefined && isWithin(now - this.#failure.at, PAUSE_MS)
  }

  #renew(now: EpochMs): Promise<void> {
    this.#flight ??= this.#fetch(now).finally(() => {
      this.#flight = undefined
    })
    return this.#flight
  }

  async #fetch(now: EpochMs): Promise<void> {
    const { source, issuer, getter, wait, times } = this.#options
    const isRecent = this.#held !== undefined && isWithin(now - this.#held.fetchedAt, times.keyTtlSeconds * 500)
    const knownUrl = isRecent && this.#failure === undefined ? this.#held?.url : undefined
    const fetched = await fetchKeySet({ source, issuer, knownUrl, getter, wait }).catch(() => FAILED)
    this.#options.observer.fetched(fetched.is)
    // The moment of asking counts: a key that is withdrawn meanwhile is not taken for a younger one.
    if (fetched.is === 'keys') this.#keep(fetched, now)
    else this.#noteFailure(fetched, now)
  }

  #keep({ keys, url }: Extract<FetchedKeys, { is: 'keys' }>, now: EpochMs): void {
    const { source, log, observer, fraction } = this.#options
    const set = new KeySet(keys, this.#held?.set)
    for (const { flaw, kid } of set.dropped) {
      observer.dropped(flaw)
      if (ALARMING.has(flaw))
        log.error('a published key is not used', { source: source.url, why: flaw, kid: kid ?? '' })
    }
    if (this.#failure !== undefined)
      log.info('the keys of the identity provider are there again', { source: source.url })
    this.#failure = undefined
    this.#alarmedAt = undefined
    this.#held = { set, url, fetchedAt: now, renewalShare: 1 - RENEWAL_SHARE * fraction() }
  }

  #noteFailure(fetched: Exclude<FetchedKeys, { is: 'keys' }>, now: EpochMs): void {
    const { source, log } = this.#options
    const why = fetched.is === 'unfit' ? fetched.what : fetched.why
    log.warn('the keys of the identity provider cannot be fetched', { source: source.url, why })
    const found = fetched.is === 'unfit' ? fetched : { is: fetched.is }
    this.#failure = { at: now, found }
  }

  #warnOfAge(ageMs: number, now: EpochMs): void {
    if (this.#alarmedAt !== undefined && isWithin(now - this.#alarmedAt, STALE_ALARM_MS)) return
    this.#alarmedAt = now
    const { times, source, log } = this.#options
    const leftSeconds = Math.round(times.keyTtlSeconds + times.keyStaleSeconds - ageMs / 1000)
    const facts = { source: source.url, ageSeconds: Math.round(ageMs / 1000), trustedForSeconds: leftSeconds }
    const message = 'old keys of the identity provider are used, because it gives no new ones'
    if (ageMs > STALE_ALARM_MS) log.error(message, facts)
    else log.warn(message, facts)
  }
}

/** Requests that came at the same time have clocks that differ a little; one that was set back tells no age. */
const SLACK_MS = 60_000

function isWithin(ageMs: number, limitMs: number): boolean {
  return ageMs > -SLACK_MS && ageMs < limitMs
}

const FAILED: FetchedKeys = { is: 'unreachable', why: 'the fetch failed' }
const NOTHING: Held = { set: new KeySet([]), url: '', fetchedAt: epochMs(0), renewalShare: 0 }
