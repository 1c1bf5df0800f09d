import type { Timers } from '../ports/chance.ts'
import type { OperatorLog } from '../ports/operator-log.ts'
import type { RefusedAttempt, Refusals } from '../ports/refusals.ts'
import type { Attempt, Registry } from '../ports/registry.ts'

export interface RefusalPorts {
  readonly registry: Pick<Registry, 'recordRefusal'>
  readonly timers: Timers
  readonly log: OperatorLog
}

interface CallerTally {
  /** Routes and objects that are on record. */
  readonly told: Set<string>
  more: number
  last: RefusedAttempt
}

const WINDOW_MS = 60_000
const MOST_OF_ONE = 20
const MOST_IN_ALL = 200
const MOST_CALLERS = 100
/** Everybody beyond those. */
const CROWD = ''

/**
 * Puts refused attempts on record, so that no flood of them fills the disk: in a minute one record for each caller, route
 * and object, as many as 20 for a caller and 200 in all; how many more there were is one record for each caller at its end.
 */
export class RefusalTally implements Refusals {
  readonly #ports: RefusalPorts
  readonly #callers = new Map<string, CallerTally>()
  #told = 0
  #cancel: (() => void) | undefined

  constructor(ports: RefusalPorts) {
    this.#ports = ports
  }

  async tell(attempt: RefusedAttempt): Promise<void> {
    this.#cancel ??= this.#ports.timers.after(WINDOW_MS, () => void this.#endWindow())
    const { origin, about } = attempt
    const tally = this.#tallyOf(origin.actorKey ?? `actor ${origin.actor}`, attempt)
    const place = JSON.stringify([origin.route, about.objectType, about.objectId])
    if (tally.told.has(place) || tally.told.size >= MOST_OF_ONE || this.#told >= MOST_IN_ALL) {
      tally.more += 1
      tally.last = attempt
      return
    }
    tally.told.add(place)
    this.#told += 1
    await this.#record(attempt, about, {})
  }

  /** The rest of the running minute is told at once. */
  async close(): Promise<void> {
    await this.#endWindow()
  }

  #tallyOf(caller: string, attempt: RefusedAttempt): CallerTally {
    const name = this.#callers.has(caller) || this.#callers.size < MOST_CALLERS ? caller : CROWD
    const known = this.#callers.get(name)
    if (known !== undefined) return known
    const tally: CallerTally = { told: new Set(), more: 0, last: attempt }
    this.#callers.set(name, tally)
    return tally
  }

  async #endWindow(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    const tallies = [...this.#callers]
    this.#callers.clear()
    this.#told = 0
    for (const [caller, { more, last }] of tallies) {
      if (more === 0) continue
      const about: Attempt = { action: 'attempted', objectType: 'route', objectId: last.origin.route }
      await this.#record(last, about, { refused_again: more, by_many: caller === CROWD })
    }
  }

  async #record(attempt: RefusedAttempt, about: Attempt, after: Record<string, number | boolean>): Promise<void> {
    try {
      await this.#ports.registry.recordRefusal(attempt.origin, about, attempt.reason, after)
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown'
      this.#ports.log.error('a refused attempt could not be recorded', { route: attempt.origin.route, reason })
    }
  }
}
