import { type Kysely, sql } from 'kysely'
import type { BudgetId, EpochMs } from '../../domain/ids.ts'
import type { Directory } from '../../ports/directory.ts'
import { timestampText } from './column-types.ts'
import type { Database } from './database.ts'
import { findFormerUser } from './rows/former-user-rows.ts'
import { findIdentity } from './rows/identity-rows.ts'
import { keyKind } from './rows/key-kind.ts'
import type { KeyColumns } from './rows/key-kind.ts'
import { findKeyMappings } from './rows/key-mapping-rows.ts'
import { sqlNames } from './rows/name-rows.ts'
import { findRevocations, hasRevocations } from './rows/revocation-rows.ts'
import { sqlRooms } from './rows/rooms.ts'
import { Touched } from './rows/touched.ts'
import { findUserFacts } from './rows/user-rows.ts'

/** Without a cache: every answer is the database's. */
export function sqlDirectory(db: Kysely<Database>): Directory {
  const rooms = sqlRooms({ db, locks: false, touched: new Touched() })
  return {
    /** One statement, so that a rotation can't slip between looking for the digest and looking for its successor. */
    async findKey(digest, now) {
      const { rows } = await sql<KeyColumns & { grace_ends_at: EpochMs | null }>`
        select k.*, null::timestamptz as grace_ends_at from latchkey.virtual_key k where k.digest = ${digest}
        union all
        select k.*, retired.grace_ends_at from latchkey.retired_key_digest retired
        join latchkey.virtual_key k on k.digest = retired.successor
        where retired.digest = ${digest} and retired.grace_ends_at > ${timestampText(now)}::timestamptz`.execute(db)
      const [row] = rows
      return row === undefined ? undefined : { key: keyKind.read(row), graceEndsAt: row.grace_ends_at ?? undefined }
    },
    findUser: (id) => findUserFacts({ db }, id),
    findTeam: (id) => rooms.teams.find(id),
    findOrganization: (id) => rooms.organizations.find(id),
    findEndUser: (id) => rooms.endUsers.find(id),
    findBudget: (id) => rooms.budgets.find(id),
    async findTagBudgets() {
      const { rows } = await sql<{ readonly name: string; readonly budget_id: BudgetId }>`
        select name, budget_id from latchkey.tag where budget_id is not null`.execute(db)
      return new Map(rows.map((row) => [row.name, row.budget_id]))
    },
    findIdentity: (link) => findIdentity({ db }, link),
    findFormerUser: (id) => findFormerUser({ db }, id),
    findKeyMappings: (claim) => findKeyMappings({ db }, claim),
    hasRevocations: (now) => hasRevocations({ db }, now),
    findRevocations: (names) => findRevocations({ db }, names),
    ...sqlNames(db),
  }
}
