import type { EpochMs } from '../../domain/ids.ts'

/** What stands against asking the store about a key that this process has never seen. */
export type GuessVerdict = 'may-ask' | 'address-at-limit' | 'all-at-limit'

const MINUTE_MS = 60_000
const SECOND_MS = 1_000
const MISSES_PER_ADDRESS = 30
const ASKED_PER_SECOND = 200
const MOST_ADDRESSES = 10_000

interface Window {
  readonly since: number
  count: number
}

/**
 * Counts lookups that found no key (K-14): so many per address and minute, and per second of all together, which
 * counts those under way as well. This machine's own address has no limit of its own: behind a proxy that the operator
 * has not named it is everybody's.
 */
export class GuessLimits {
  readonly #misses = new Map<string, Window>()
  #asked: Window = { since: 0, count: 0 }

  /** Whoever may ask says afterwards what came of it, with `answered`. */
  ask(address: string | undefined, now: EpochMs): GuessVerdict {
    const sender = senderOf(address)
    const misses = sender === undefined ? undefined : this.#misses.get(sender)
    if (misses !== undefined && isCurrent(misses, MINUTE_MS, now) && misses.count >= MISSES_PER_ADDRESS)
      return 'address-at-limit'
    if (!isCurrent(this.#asked, SECOND_MS, now)) this.#asked = { since: now, count: 0 }
    if (this.#asked.count >= ASKED_PER_SECOND) return 'all-at-limit'
    this.#asked.count += 1
    return 'may-ask'
  }

  /** An error of the store counts against nobody. */
  answered(address: string | undefined, outcome: 'found' | 'missed' | 'failed', now: EpochMs): void {
    if (outcome !== 'missed') {
      this.#asked.count = Math.max(0, this.#asked.count - 1)
      return
    }
    const sender = senderOf(address)
    if (sender === undefined) return
    const known = this.#misses.get(sender)
    if (known !== undefined && isCurrent(known, MINUTE_MS, now)) known.count += 1
    else this.#begin(sender, now)
  }

  #begin(sender: string, now: EpochMs): void {
    this.#misses.delete(sender)
    this.#misses.set(sender, { since: now, count: 1 })
    if (this.#misses.size <= MOST_ADDRESSES) return
    const [oldest] = this.#misses.keys()
    if (oldest !== undefined) this.#misses.delete(oldest)
  }
}

/** A clock that was set back begins a new window. */
function isCurrent({ since }: Window, length: number, now: EpochMs): boolean {
  return now >= since && now - since < length
}

/** In IPv6 a site has a network of 2⁶⁴ addresses to call from, and is one sender. */
function senderOf(address: string | undefined): string | undefined {
  if (address === undefined || address === '::1' || address.startsWith('127.')) return undefined
  return address.includes(':') ? networkOf(address) : address
}

function networkOf(address: string): string {
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  const whole = [...groups, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...(tail ?? '').split(':')]
  return whole.slice(0, 4).join(':')
}
