/** Numbers from 0 up to 1 that are the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export interface Kill {
  /** The gateway is killed around the call of this number … */
  readonly atCall: number
  /** … when it has been sent, when its answer begins, or when its answer is whole. */
  readonly when: 'sent' | 'answering' | 'answered'
  /** The next life ends as soon as it is ready, while it still carries over what the last one left behind. */
  readonly twice: boolean
}

const MOMENTS = ['sent', 'answering', 'answered'] as const

/** One kill in each of `kills` equal shares of the calls, away from the share's edges. */
export function planKills(kills: number, calls: number, seed: number): readonly Kill[] {
  const chance = seeded(seed)
  const share = calls / kills
  return Array.from({ length: kills }, (_, i) => ({
    atCall: Math.floor(share * (i + 0.1 + 0.8 * chance())),
    when: MOMENTS[Math.floor(chance() * MOMENTS.length)] ?? 'sent',
    twice: i % 3 === 1,
  }))
}
