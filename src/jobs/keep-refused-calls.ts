import type { LedgerEntry } from '../domain/ledger-entry.ts'
import type { Clock } from '../ports/clock.ts'
import type { ChargeKeeper } from '../ports/ledger.ts'
import type { OperatorLog } from '../ports/operator-log.ts'
import type { RefusedCalls } from '../ports/refused-calls.ts'

export interface RefusedCallPorts {
  readonly ledger: ChargeKeeper
  readonly clock: Clock
  readonly log: OperatorLog
}

const WINDOW_MS = 60_000
const MOST_OF_ONE = 20
const MOST_IN_ALL = 200

/**
 * Puts refused calls into the ledger, so that no flood of them fills the disk: in a minute 20 of one caller and 200 in all.
 * All of them are counted in the metrics and told in the log.
 */
export class RefusedCallKeeper implements RefusedCalls {
  readonly #ports: RefusedCallPorts
  readonly #kept = new Map<string, number>()
  #keptInAll = 0
  #window = 0

  constructor(ports: RefusedCallPorts) {
    this.#ports = ports
  }

  keep(line: LedgerEntry): void {
    if (!this.#takes(callerOf(line))) return
    this.#ports.ledger.keep(line).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : 'unknown'
      this.#ports.log.error('a refused call could not be put into the ledger', { reason })
    })
  }

  #takes(caller: string): boolean {
    const window = Math.floor(this.#ports.clock.now() / WINDOW_MS)
    if (window !== this.#window) {
      this.#window = window
      this.#kept.clear()
      this.#keptInAll = 0
    }
    const kept = this.#kept.get(caller) ?? 0
    if (kept >= MOST_OF_ONE || this.#keptInAll >= MOST_IN_ALL) return false
    this.#kept.set(caller, kept + 1)
    this.#keptInAll += 1
    return true
  }
}

function callerOf({ payer, userId, teamId }: LedgerEntry): string {
  return payer.kind === 'key' ? payer.digest : `${payer.kind} ${userId ?? teamId ?? ''}`
}
