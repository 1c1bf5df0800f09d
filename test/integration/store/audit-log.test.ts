import { sql } from 'kysely'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { canonicalText } from '../../../src/domain/audit-record.ts'
import type { AuditRecord } from '../../../src/domain/audit-record.ts'
import { chained } from '../../../src/adapters/sql/audit-chain.ts'
import { newCallId } from '../../../src/adapters/system/chance.ts'
import { FIRST_HASH } from '../../../src/domain/audit-record.ts'
import { allow, deny } from '../../../src/domain/decision.ts'
import { epochMs } from '../../../src/domain/ids.ts'
import type { ChangedFact } from '../../../src/ports/fact-changes.ts'
import type { Rooms } from '../../../src/ports/registry.ts'
import { readAudit } from '../../support/read-audit.ts'
import {
  ABOUT,
  makeBudget,
  makeDraft,
  makeOrganization,
  makeInvitation,
  makeTeam,
  makeUser,
  ORIGIN,
} from '../../support/rows.ts'
import { emptied, type OpenedStore, openEmbedded, openServer } from '../../support/stores.ts'
import { writeRows } from '../../support/write-rows.ts'

describe.each([
  { name: 'the embedded database', open: openEmbedded },
  { name: 'a PostgreSQL server', open: openServer },
])('in $name', ({ open }) => {
  const shared = emptied(open)
  let store: OpenedStore['store']

  beforeEach(async () => {
    store = await shared.open()
  })
  afterAll(() => shared.close())

  async function tell(id: string): Promise<void> {
    const registry = store.openRegistry(newCallId, async () => {})
    await registry.change({ ...ORIGIN, onBehalfOf: id }, ABOUT, async () =>
      allow({ outcome: undefined, records: [makeDraft(id, { after: { alias: id } }), makeDraft(id)] }),
    )
  }

  test.each([
    "update latchkey.audit_record set actor = 'x'",
    'delete from latchkey.audit_record',
    'truncate latchkey.audit_record',
    'delete from latchkey.audit_record where false',
  ])('A01: the audit log is append-only: %s', async (statement) => {
    await tell('ana')
    const before = await readAudit(store.db)
    await expect(sql.raw(statement).execute(store.db)).rejects.toThrow('append-only')
    expect(await readAudit(store.db)).toEqual(before)
  })

  test('A01: each record is chained to the one before and tells what its hash tells, also of twenty at once', async () => {
    const ids = Array.from({ length: 20 }, (_, number) => `it's "${number}" 🗝️\0\ud800`)
    await Promise.all(ids.map(tell))
    const registry = store.openRegistry(newCallId, async () => {})
    await registry.change(ORIGIN, ABOUT, async () => deny('beyond-yours', 'authz_ceiling'))
    const records = await readAudit(store.db)
    expect(records).toHaveLength(41)
    let previous = FIRST_HASH
    for (const [index, record] of records.entries()) {
      expect(record).toMatchObject({ sequence: index + 1, previousHash: previous })
      expect(chained(previous, textOf(record))).toBe(record.hash)
      previous = record.hash
    }
    expect(records.at(-1)).toMatchObject({ outcome: 'refused', reason: 'authz_ceiling' })
  })

  test('A01: a record that is told otherwise no longer fits its hash', async () => {
    await tell('ana')
    const [record] = await readAudit(store.db)
    if (record === undefined) throw new Error('nothing was told')
    const { previousHash, hash } = record
    const lies = [
      { actor: 'eve' },
      { at: epochMs(record.at + 1) },
      { sequence: 2 },
      { objectId: 'bob' },
      { before: {} },
      { after: {} },
      { outcome: 'refused' as const },
      { reason: 'x' },
      { clientAddress: undefined },
      { onBehalfOf: undefined },
      { actorKey: 'x' },
    ]
    for (const lie of lies) expect(chained(previousHash, textOf({ ...record, ...lie }))).not.toBe(hash)
    expect(chained('1'.repeat(64), textOf(record))).not.toBe(hash)
  })

  test('what a change has touched is told before its caller goes on, whether it was carried out or not', async () => {
    const seen: (readonly ChangedFact[])[] = []
    const registry = store.openRegistry(newCallId, async (facts) => {
      seen.push(facts)
    })
    const work = async ({ users, teams, invitations }: Rooms): Promise<void> => {
      await users.insert(makeUser('zoe'))
      await users.update(makeUser('zoe', { blocked: true }))
      await teams.insert(makeTeam('zoo'))
      await invitations.insert(makeInvitation('no fact of the request path', 'zoe'))
    }
    const touched = [
      { kind: 'user', id: 'zoe' },
      { kind: 'team', id: 'zoo' },
    ]
    for (const end of [
      async () => deny('bad-request', 'param_type'),
      () => Promise.reject(new Error('changed my mind')),
      async () => allow({ outcome: undefined, records: [] }),
    ]) {
      const change = registry.change(ORIGIN, ABOUT, async (rooms) => {
        await work(rooms)
        return end()
      })
      await change.catch(() => undefined)
      expect(seen.splice(0)).toEqual([touched])
    }
  })

  test.each([
    ['user_account', 'user_id'],
    ['team', 'team_id'],
    ['organization', 'organization_id'],
  ])('INV-05: in %s nobody can be renamed into somebody else', async (table, column) => {
    await writeRows(store, async ({ users, budgets, organizations, teams }) => {
      await users.insert(makeUser('ana'))
      await budgets.insert(makeBudget('b'))
      await organizations.insert(makeOrganization('o', 'b'))
      await teams.insert(makeTeam('t'))
    })
    const rename = sql.raw(`update latchkey.${table} set ${column} = ${column} || '2'`)
    await expect(rename.execute(store.db)).rejects.toThrow('ids do not change')
    await sql.raw(`update latchkey.${table} set ${column} = ${column}`).execute(store.db)
  })
})

/** What of a record is hashed. */
function textOf({ before, after, ...record }: AuditRecord): string {
  return canonicalText({ ...record, beforeText: JSON.stringify(before), afterText: JSON.stringify(after) })
}
