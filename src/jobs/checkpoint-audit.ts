import type { AuditHead } from '../domain/audit-record.ts'
import type { AuditLog } from '../ports/audit-log.ts'
import type { Timers } from '../ports/chance.ts'
import type { CheckpointBook } from '../ports/checkpoint-book.ts'
import type { Clock } from '../ports/clock.ts'
import type { OperatorLog } from '../ports/operator-log.ts'

export interface CheckpointPorts {
  readonly book: CheckpointBook
  readonly clock: Clock
  readonly timers: Timers
  readonly log: OperatorLog
}

const MOST_RECORDS = 1_000
const LONGEST_MS = 60_000

/** writes down where the audit log ends, every 1,000 records or 60 seconds while it grows, and at the end. */
export class AuditCheckpoints {
  readonly #ports: CheckpointPorts
  #newest: AuditHead = { sequence: 0, hash: '' }
  #kept = 0
  #cancel: (() => void) | undefined

  constructor(ports: CheckpointPorts) {
    this.#ports = ports
  }

  /** What was recorded and not written down before a crash is so now, unless the log has been tampered with meanwhile. */
  async begin(log: AuditLog): Promise<void> {
    const last = this.#ports.book.last()
    const head = await log.head()
    if (last !== undefined && !(await fits(last, log))) {
      this.#ports.log.error('the audit log does not fit its last checkpoint; run `latchkey audit verify`', {
        sequence: last === 'forged' ? 0 : last.sequence,
      })
    }
    this.#kept = last === undefined || last === 'forged' ? 0 : last.sequence
    if (head === undefined || head.sequence <= this.#kept) return
    this.#newest = head
    this.#keep()
  }

  recorded(head: AuditHead): void {
    if (head.sequence <= this.#newest.sequence) return
    this.#newest = head
    if (head.sequence - this.#kept >= MOST_RECORDS) this.#keep()
    else this.#cancel ??= this.#ports.timers.after(LONGEST_MS, () => this.#keep())
  }

  close(): void {
    this.#keep()
  }

  #keep(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#newest.sequence <= this.#kept) return
    try {
      this.#ports.book.keep({ ...this.#newest, at: this.#ports.clock.now() })
      this.#kept = this.#newest.sequence
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown'
      this.#ports.log.error('a checkpoint of the audit log could not be written', { reason })
    }
  }
}

async function fits(last: AuditHead | 'forged', log: AuditLog): Promise<boolean> {
  if (last === 'forged') return false
  const [record] = await log.readAfter(last.sequence - 1, 1)
  return record?.sequence === last.sequence && record.hash === last.hash
}
