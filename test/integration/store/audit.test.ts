import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openCheckpointFile, readCheckpoints } from '../../../src/adapters/checkpoints/checkpoint-file.ts'
import { chained } from '../../../src/adapters/sql/audit-chain.ts'
import type { Store } from '../../../src/adapters/sql/open-store.ts'
import { newCallId } from '../../../src/adapters/system/chance.ts'
import { canonicalText } from '../../../src/domain/audit-record.ts'
import type { AuditHead, AuditOrigin } from '../../../src/domain/audit-record.ts'
import { allow, deny } from '../../../src/domain/decision.ts'
import { AuditCheckpoints } from '../../../src/jobs/checkpoint-audit.ts'
import { verifyAudit } from '../../../src/manage/audit/verify-audit.ts'
import type { AuditVerdict } from '../../../src/manage/audit/verify-audit.ts'
import { openEmbedded, openServer, REAL_CLOCK, SILENT } from '../../support/stores.ts'
import type { OpenedStore } from '../../support/stores.ts'

const ORIGIN: AuditOrigin = {
  actor: 'ann',
  actorRole: 'proxy_admin',
  actorKey: undefined,
  onBehalfOf: undefined,
  clientAddress: '127.0.0.1',
  requestId: 'call-1',
  route: '/tag/new',
}

const about = (id: string) => ({ action: 'created', objectType: 'LiteLLM_TagTable', objectId: id }) as const

async function write(store: Store, count: number, from = 1): Promise<AuditHead | undefined> {
  const heads: AuditHead[] = []
  const registry = store.openRegistry(
    newCallId,
    async () => {},
    (head) => void heads.push(head),
  )
  for (let number = from; number < from + count; number += 1) {
    const name = `object ${number} "\u0000\ud800`
    await registry.change({ ...ORIGIN, requestId: `call-${number}` }, about(name), async () =>
      allow({ outcome: undefined, records: [{ ...about(name), before: {}, after: { number, name } }] }),
    )
  }
  return heads.at(-1)
}

/** As somebody does it who owns the database. */
async function tamper(store: Store, statement: string): Promise<void> {
  await sql.raw('alter table latchkey.audit_record disable trigger user').execute(store.db)
  await sql.raw('alter table latchkey.audit_head disable trigger user').execute(store.db)
  await sql.raw(statement).execute(store.db)
  await sql.raw('alter table latchkey.audit_record enable trigger user').execute(store.db)
  await sql.raw('alter table latchkey.audit_head enable trigger user').execute(store.db)
}

/** Writes the log from `first` on anew, so that the chain fits again. */
async function rehash(store: Store, first: number): Promise<void> {
  const [before] = await store.audit.readAfter(first - 2, 1)
  let previousHash = before?.hash ?? '0'.repeat(64)
  for (const record of await store.audit.readAfter(first - 1, 1_000)) {
    const hash = chained(previousHash, canonicalText(record))
    await tamper(
      store,
      `update latchkey.audit_record set previous_hash = '${previousHash}', hash = '${hash}' where sequence = ${record.sequence}`,
    )
    previousHash = hash
  }
  await tamper(store, `update latchkey.audit_head set hash = '${previousHash}'`)
}

const RECORDS = 12
let home: string

describe.each([
  { kind: 'embedded', open: (): Promise<OpenedStore> => openEmbedded() },
  { kind: 'server', open: (): Promise<OpenedStore> => openServer() },
])('INV-45: the audit log on the $kind store', ({ open }) => {
  let opened: OpenedStore
  let store: Store
  beforeAll(async () => {
    opened = await open()
    store = opened.store
  })
  afterAll(() => opened.close())
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'latchkey-audit-'))
    await tamper(store, 'delete from latchkey.audit_record')
    await tamper(store, `update latchkey.audit_head set sequence = 0, hash = repeat('0', 64)`)
    await write(store, RECORDS)
  })
  afterEach(() => rmSync(home, { recursive: true, force: true }))

  const verify = async (): Promise<AuditVerdict> => {
    const read = await readCheckpoints(join(home, 'audit-checkpoints.jsonl'), home, store.installation.id)
    return verifyAudit(store.audit, chained, read?.checkpoints ?? [])
  }

  async function checkpoint(): Promise<void> {
    const book = openCheckpointFile(home, store.installation.id)
    const checkpoints = new AuditCheckpoints({
      book,
      clock: REAL_CLOCK,
      timers: { after: () => () => {} },
      log: SILENT,
    })
    await checkpoints.begin(store.audit)
  }

  test('is whole as it was written, over several pages and with changes under way', async () => {
    const last = await write(store, 1_100, RECORDS + 1)
    const [verdict] = await Promise.all([verify(), write(store, 3, 2_000)])
    expect(verdict).toMatchObject({ is: 'whole' })
    expect(last?.sequence).toBe(RECORDS + 1_100)
    expect(await verify()).toMatchObject({ is: 'whole', last: { sequence: RECORDS + 1_103 } })
  }, 120_000)

  test.each(['update latchkey.audit_record set actor = actor', 'delete from latchkey.audit_record'])(
    'AC-146: refuses: %s',
    async (statement) => {
      await expect(sql.raw(statement).execute(store.db)).rejects.toThrow('append-only')
      await expect(sql`truncate latchkey.audit_record`.execute(store.db)).rejects.toThrow('append-only')
      await expect(sql`update latchkey.audit_head set sequence = 1`.execute(store.db)).rejects.toThrow('append-only')
      await expect(sql`delete from latchkey.audit_head`.execute(store.db)).rejects.toThrow('append-only')
    },
  )

  test.each([
    `update latchkey.audit_record set actor = 'bob' where sequence = 7`,
    `update latchkey.audit_record set on_behalf_of = '' where sequence = 7`,
    `update latchkey.audit_record set at = at + interval '1 microsecond' where sequence = 7`,
    `update latchkey.audit_record set at = 'infinity' where sequence = 7`,
    `update latchkey.audit_record set updated_values = replace(updated_values, ':7', ': 7') where sequence = 7`,
    `update latchkey.audit_record set updated_values = 'x' where sequence = 7`,
    `update latchkey.audit_record set hash = repeat('a', 64) where sequence = 7`,
    `update latchkey.audit_record set previous_hash = repeat('a', 64) where sequence = 7`,
  ])('AC-146: finds a changed record: %s', async (statement) => {
    await tamper(store, statement)
    expect(await verify()).toMatchObject({ is: 'bad', flaw: 'changed', sequence: 7, goodUntil: 6 })
  })

  test('AC-146: finds records that are missing, changed places, or were put between', async () => {
    await tamper(store, 'delete from latchkey.audit_record where sequence = 7')
    expect(await verify()).toEqual({ is: 'bad', flaw: 'missing', sequence: 7, id: undefined, goodUntil: 6 })
    await tamper(store, 'update latchkey.audit_record set sequence = 7 where sequence = 12')
    expect(await verify()).toMatchObject({ is: 'bad', flaw: 'changed', sequence: 7 })
    await tamper(store, 'delete from latchkey.audit_record where sequence <= 7')
    expect(await verify()).toMatchObject({ is: 'bad', flaw: 'missing', sequence: 1, goodUntil: 0 })
  })

  test('AC-146: finds a log whose end was cut off, also when it has grown again', async () => {
    await tamper(store, 'delete from latchkey.audit_record where sequence > 10')
    expect(await verify()).toMatchObject({ is: 'bad', flaw: 'cut-off', sequence: 11, goodUntil: 10 })
    await write(store, 5, 100)
    expect(await verify()).toMatchObject({ is: 'bad', flaw: 'missing', sequence: 11 })
  })

  test('AC-146: an end that was cut off together with the note of it is found by a checkpoint', async () => {
    await checkpoint()
    await tamper(store, 'delete from latchkey.audit_record where sequence > 10')
    await rehash(store, 10)
    await tamper(store, 'update latchkey.audit_head set sequence = 10')
    expect(await verify()).toMatchObject({ is: 'bad', flaw: 'cut-off', sequence: 11 })
    await tamper(store, 'delete from latchkey.audit_head')
    rmSync(join(home, 'audit-checkpoints.jsonl'))
    expect(await verify()).toMatchObject({ is: 'bad', flaw: 'end-unknown' })
    await tamper(store, `insert into latchkey.audit_head (sequence, hash) values (0, repeat('0', 64))`)
  })

  test('AC-146: a log that was hashed anew is found by a checkpoint', async () => {
    await checkpoint()
    await tamper(store, `update latchkey.audit_record set actor = 'bob' where sequence = 7`)
    await rehash(store, 7)
    expect(await verify()).toMatchObject({ is: 'bad', flaw: 'rewritten', sequence: RECORDS, goodUntil: 0 })
    rmSync(join(home, 'audit-checkpoints.jsonl'))
    expect(await verify()).toMatchObject({ is: 'whole' })
  })

  test('A-04: checkpoints are for their owner only, signed, and those of others are told apart', async () => {
    await checkpoint()
    const path = join(home, 'audit-checkpoints.jsonl')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(home, 'audit-checkpoint-key.pem')).mode & 0o777).toBe(0o600)
    const line = readFileSync(path, 'utf8')
    writeFileSync(path, `${line.slice(0, 40)}\n${line.replace('"sequence":12', '"sequence":11')}{"sequence"`)
    await write(store, 1, 50)
    await checkpoint()
    const read = await readCheckpoints(path, home, store.installation.id)
    expect(read).toMatchObject({ checkpoints: [{ sequence: RECORDS + 1 }], forged: [2], torn: 2 })
    expect(await readCheckpoints(path, home, 'another')).toMatchObject({ checkpoints: [], forged: [2, 4] })
  })

  test('A-01: what was refused for lack of rights is recorded, and what was malformed is not', async () => {
    const registry = store.openRegistry(newCallId, async () => {})
    await registry.change(ORIGIN, about('a'), async () => deny('beyond-yours', 'authz_ceiling'))
    await registry.change(ORIGIN, about('b'), async () => deny('bad-request', 'param_type'))
    const { rows, total } = await store.audit.list({ page: 1, size: 1, order: 'desc' })
    expect(total).toBe(RECORDS + 1)
    expect(rows).toMatchObject([{ outcome: 'refused', reason: 'authz_ceiling', objectId: 'a', after: {} }])
    expect(await verify()).toMatchObject({ is: 'whole' })
  })

  test('is read by pages and filters, newest first or oldest first', async () => {
    const registry = store.openRegistry(newCallId, async () => {})
    await registry.change({ ...ORIGIN, onBehalfOf: 'cleo', actorKey: 'k' }, about('t'), async () =>
      allow({ outcome: undefined, records: [{ ...about('t'), action: 'deleted', before: { a: [1] }, after: {} }] }),
    )
    const list = async (more: object) => {
      const { rows, total } = await store.audit.list({ page: 1, size: 5, order: 'desc', ...more })
      return { total, sequences: rows.map(({ sequence }) => sequence) }
    }
    expect(await list({})).toEqual({ total: 13, sequences: [13, 12, 11, 10, 9] })
    expect(await list({ order: 'asc', page: 3 })).toEqual({ total: 13, sequences: [11, 12, 13] })
    expect(await list({ changedBy: 'cleo' })).toEqual({ total: 1, sequences: [13] })
    expect(await list({ changedBy: 'ann' })).toMatchObject({ total: 12 })
    expect(await list({ actorKey: 'k', action: 'deleted', objectType: 'LiteLLM_TagTable', objectId: 't' })).toEqual({
      total: 1,
      sequences: [13],
    })
    expect(await list({ objectId: '\0' })).toEqual({ total: 0, sequences: [] })
    expect(await list({ until: 1_000 })).toEqual({ total: 0, sequences: [] })
    expect(await list({ from: 1_000, until: REAL_CLOCK.now() + 60_000 })).toMatchObject({ total: 13 })
    const { rows } = await store.audit.list({ page: 1, size: 1, order: 'desc' })
    expect(rows[0]).toMatchObject({ before: { a: [1] }, after: {}, onBehalfOf: 'cleo', actor: 'ann' })
    expect(await store.audit.find(rows[0]?.id ?? '')).toEqual(rows[0])
    expect(await store.audit.find('nothing')).toBeUndefined()
  })
})
