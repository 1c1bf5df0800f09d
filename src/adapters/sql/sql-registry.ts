import { type Kysely } from 'kysely'
import { allow } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import type { ChangedFact } from '../../ports/fact-changes.ts'
import type { RefusedAttempt } from '../../ports/refusals.ts'
import type { Attempt, Change, Registry, Rooms } from '../../ports/registry.ts'
import { tellsSomething } from '../../domain/audit-record.ts'
import type { AuditDraft, AuditHead, AuditOrigin } from '../../domain/audit-record.ts'
import { appendAudit } from './audit-chain.ts'
import type { AuditInput, NewAuditId } from './audit-chain.ts'
import { wasDeadlocked } from './database-error.ts'
import type { Database } from './database.ts'
import { sqlRooms } from './rows/rooms.ts'
import { Touched } from './rows/touched.ts'

/** Hears what a change has touched, once it is over, well or not, and before its caller goes on. */
export type SeeChange = (facts: readonly ChangedFact[]) => Promise<void>
/** Hears where the audit log ends, each time that it has grown. */
export type SeeRecord = (head: AuditHead) => void
/** Puts on record, sooner or later, what was refused inside of a change. */
export type SeeRefusal = (attempt: RefusedAttempt) => Promise<void>

export function sqlRegistry(
  db: Kysely<Database>,
  newAuditId: NewAuditId,
  seen: SeeChange,
  recorded: SeeRecord = () => {},
  refused?: SeeRefusal,
): Registry {
  const tell = refused ?? (({ origin, about, reason }) => refuse(origin, about, reason, {}))
  return {
    rooms: sqlRooms({ db, locks: false, touched: new Touched() }),

    async change<Outcome>(
      origin: AuditOrigin,
      about: Attempt,
      work: (rooms: Rooms) => Promise<Decision<Change<Outcome>>>,
    ): Promise<Decision<Outcome>> {
      const touched = new Touched()
      try {
        const { outcome, head, refusals } = await untilAlone(() =>
          db.transaction().execute(async (transaction) => {
            const decision = await work(sqlRooms({ db: transaction, locks: true, touched }))
            if (decision.verdict === 'deny') throw new Refused(decision)
            for (const { kind, id } of decision.granted.news ?? []) touched.tell(kind, id)
            const drafts = decision.granted.records.filter(tellsSomething).map(done(origin))
            return { ...decision.granted, head: await appendAudit(transaction, newAuditId, drafts) }
          }),
        )
        if (head !== undefined) recorded(head)
        for (const each of refusals ?? []) await tellDenied(origin, each.about, each.denied)
        return allow(outcome)
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        await tellDenied(origin, about, error.denied)
        return error.denied
      } finally {
        await seen(touched.facts)
      }
    },

    recordRefusal: refuse,
  }

  async function tellDenied(origin: AuditOrigin, about: Attempt, denied: Denied): Promise<void> {
    const reason = reasonOnRecord(denied)
    if (reason !== undefined) await tell({ origin, about, reason })
  }

  async function refuse(
    origin: AuditOrigin,
    about: Attempt,
    reason: string,
    after: AuditDraft['after'],
  ): Promise<void> {
    const refused: AuditInput = { ...origin, ...about, before: {}, after, outcome: 'refused', reason }
    const head = await db.transaction().execute((transaction) => appendAudit(transaction, newAuditId, [refused]))
    if (head !== undefined) recorded(head)
  }
}

const MOST_TRIES = 3

/** A deadlock leaves nothing of the change behind, so that it can be made once more. */
async function untilAlone<Result>(change: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await change()
    } catch (error) {
      if (tries === MOST_TRIES || !wasDeadlocked(error)) throw error
    }
  }
}

/** A01: attempts to go beyond one's rights are told; malformed ones, and those at what is not there, are not. */
function reasonOnRecord({ because, onRecord }: Denied): string | undefined {
  return onRecord ?? (/^(authz|last_admin)/.test(because) ? because : undefined)
}

function done(origin: AuditOrigin): (draft: AuditDraft) => AuditInput {
  return (draft) => ({ ...origin, ...draft, outcome: 'done', reason: undefined })
}

/** Undoes the transaction, and carries the answer out of it. */
class Refused extends Error {
  readonly denied: Denied

  constructor(denied: Denied) {
    super('refused')
    this.denied = denied
  }
}
