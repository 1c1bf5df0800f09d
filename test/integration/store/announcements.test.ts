import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FactKind } from '../../../src/ports/fact-changes.ts'
import type { Rooms } from '../../../src/ports/registry.ts'
import { digestOf, makeKey } from '../../support/entries.ts'
import { makeBudget, makeOrganization, makeTeam, makeUser } from '../../support/rows.ts'
import { REAL_CLOCK, emptied, type OpenedStore, openEmbedded, openServer } from '../../support/stores.ts'
import { writeRows } from '../../support/write-rows.ts'

const STAMPS = "now(), 'x', now(), 'x'"

/** Statements for each table whose rows are facts of the request path. */
const TABLES: readonly {
  readonly table: string
  readonly kind: FactKind
  readonly id: string
  readonly insert: string
  readonly update: string
  readonly remove: string
}[] = [
  {
    table: 'user_account',
    kind: 'user',
    id: 'u',
    insert: `(user_id, role, blocked, models, metadata, created_at, created_by, updated_at, updated_by)
      values ('u', 'internal_user', false, '{}', '{}', ${STAMPS})`,
    update: "blocked = true where user_id = 'u'",
    remove: "user_id = 'u'",
  },
  {
    table: 'team_member',
    kind: 'user',
    id: 'ana',
    insert: "(team_id, user_id, role, created_at) values ('t', 'ana', 'user', now())",
    update: "role = 'admin'",
    remove: "user_id = 'ana'",
  },
  {
    table: 'organization_member',
    kind: 'user',
    id: 'ana',
    insert: `(organization_id, user_id, role, created_at, updated_at)
      values ('o', 'ana', 'org_admin', now(), now())`,
    update: "role = 'internal_user'",
    remove: "user_id = 'ana'",
  },
  {
    table: 'team',
    kind: 'team',
    id: 'u',
    insert: `(team_id, models, model_aliases, metadata, tags, blocked, member_permissions, default_member_models,
      access_group_ids, created_at, created_by, updated_at, updated_by)
      values ('u', '{}', '{}', '{}', '{}', false, '{}', '{}', '{}', ${STAMPS})`,
    update: "blocked = true where team_id = 'u'",
    remove: "team_id = 'u'",
  },
  {
    table: 'organization',
    kind: 'organization',
    id: 'u',
    insert: `(organization_id, alias, budget_id, models, metadata, created_at, created_by, updated_at, updated_by)
      values ('u', 'x', 'b', '{}', '{}', ${STAMPS})`,
    update: "models = '{o3}' where organization_id = 'u'",
    remove: "organization_id = 'u'",
  },
  {
    table: 'token_revocation',
    kind: 'revocation',
    id: 'jti\nhttps://a.example\nΩ: 1',
    insert: `(revocation_id, kind, issuer, value, created_at, created_by, updated_at, updated_by)
      values ('r', 'jti', 'https://a.example', 'Ω: 1', ${STAMPS})`,
    update: "reason = 'x'",
    remove: 'true',
  },
  {
    table: 'budget',
    kind: 'budget',
    id: 'u',
    insert: `(budget_id, created_at, created_by, updated_at, updated_by) values ('u', ${STAMPS})`,
    update: "allowed_models = '{o3}' where budget_id = 'u'",
    remove: "budget_id = 'u'",
  },
  {
    table: 'tag',
    kind: 'tag',
    id: 'Ω: 1',
    insert: "(name, models, created_at, created_by, updated_at) values ('Ω: 1', '{}', now(), 'test', now())",
    update: "description = 'x'",
    remove: 'true',
  },
  {
    table: 'end_user',
    kind: 'end_user',
    id: 'Ωmega: 1',
    insert: "(end_user_id, blocked, created_at, updated_at) values ('Ωmega: 1', false, now(), now())",
    update: 'blocked = true',
    remove: 'true',
  },
  {
    table: 'access_group',
    kind: 'access_group',
    id: 'u',
    insert: `(access_group_id, name, models, mcp_server_ids, agent_ids, created_at, created_by, updated_at, updated_by)
      values ('u', 'name', '{}', '{}', '{}', ${STAMPS})`,
    update: "models = '{o3}'",
    remove: 'true',
  },
  {
    table: 'stored_model',
    kind: 'model',
    id: 'u',
    insert: `(model_id, model_name, public_name, sealed_params, info, blocked, created_at, created_by, updated_at, updated_by)
      values ('u', 'x', 'x', 'sealed', '{}', false, ${STAMPS})`,
    update: 'blocked = true',
    remove: 'true',
  },
  {
    table: 'credential',
    kind: 'model',
    id: 'u',
    insert: `(name, sealed_values, info, created_at, created_by, updated_at, updated_by)
      values ('u', 'sealed', '{}', ${STAMPS})`,
    update: "sealed_values = 'other'",
    remove: 'true',
  },
]

/** Something for memberships and organisations to hang on. */
async function insertGrounds({ users, budgets, organizations, teams }: Rooms): Promise<void> {
  await users.insert(makeUser('ana'))
  await budgets.insert(makeBudget('b'))
  await organizations.insert(makeOrganization('o', 'b'))
  await teams.insert(makeTeam('t'))
}

describe.each([
  { name: 'the embedded database', open: openEmbedded },
  { name: 'a PostgreSQL server', open: openServer },
])('INV-20: in $name', ({ open }) => {
  const shared = emptied(open)
  let store: OpenedStore['store']

  beforeAll(async () => {
    store = await shared.open()
    await writeRows(store, insertGrounds)
  })
  afterAll(() => shared.close())

  /** The ids of one kind that are announced from now on. */
  async function listen(kind: FactKind): Promise<Set<string>> {
    await eventually(() => store.changes.watch !== undefined)
    const heard = new Set<string>()
    store.changes.subscribe(
      kind,
      (id) => heard.add(id),
      () => heard.add('*'),
    )
    return heard
  }

  test('a key’s change is announced whoever makes it, also by hand in SQL', async () => {
    const heard = await listen('key')
    await writeRows(store, ({ keys }) => keys.insert(makeKey(11)))
    await eventually(() => heard.delete(digestOf(11)))
    await sql`update latchkey.virtual_key set blocked = true where digest = ${digestOf(11)}`.execute(store.db)
    await eventually(() => heard.delete(digestOf(11)))
    await writeRows(store, ({ keys }) => keys.rotate(digestOf(11), makeKey(12), undefined))
    await eventually(() => heard.delete(digestOf(11)) && heard.delete(digestOf(12)))
    await sql`update latchkey.retired_key_digest set grace_ends_at = now() where digest = ${digestOf(11)}`.execute(
      store.db,
    )
    await eventually(() => heard.delete(digestOf(11)))
    await sql`delete from latchkey.virtual_key where digest = ${digestOf(12)}`.execute(store.db)
    await eventually(() => heard.delete(digestOf(12)))
    await sql`truncate latchkey.virtual_key cascade`.execute(store.db)
    await eventually(() => heard.delete('*'))
  })

  test.each(TABLES)('each change of a row of $table is announced as $kind $id', async (about) => {
    const { kind, id, table, insert, update, remove } = about
    const heard = await listen(kind)
    for (const statement of [
      `insert into latchkey.${table} ${insert}`,
      `update latchkey.${table} set ${update}`,
      `delete from latchkey.${table} where ${remove}`,
    ]) {
      heard.clear()
      await sql.raw(statement).execute(store.db)
      await eventually(() => heard.delete(id))
    }
  })

  test('what was committed before `completeUntil` has been announced by then', async () => {
    const heard = await listen('key')
    await writeRows(store, ({ keys }) => keys.insert(makeKey(13)))
    const committed = REAL_CLOCK.now()
    let announced: boolean | undefined
    await eventually(() => {
      if (store.changes.completeUntil > committed) announced ??= heard.has(digestOf(13))
      return announced !== undefined
    })
    expect(announced).toBe(true)
  })

  test('the end of a team or an organisation is announced for each of its members', async () => {
    await sql`insert into latchkey.team_member (team_id, user_id, role, created_at) values ('t', 'ana', 'user', now())`.execute(
      store.db,
    )
    const heard = await listen('user')
    await sql`delete from latchkey.team where team_id = 't'`.execute(store.db)
    await eventually(() => heard.delete('ana'))
    await writeRows(store, ({ teams }) => teams.insert(makeTeam('t')))
  })

  test.each(TABLES)('a $table that is emptied at once is announced as $kind *', async ({ table, kind }) => {
    const heard = await listen(kind)
    await sql.raw(`truncate latchkey.${table} cascade`).execute(store.db)
    await eventually(() => heard.has('*'))
  })
})

test('an embedded database that nobody uses writes nothing, however long it listens', async () => {
  const { store, close } = await openEmbedded()
  const nextTransaction = async (): Promise<unknown> => {
    const { rows } = await sql`select pg_snapshot_xmax(pg_current_snapshot())::text as next`.execute(store.db)
    return rows[0]
  }
  await eventually(() => store.changes.watch !== undefined)
  const before = await nextTransaction()
  for (let beats = 0; beats < 3; beats += 1) {
    const { completeUntil } = store.changes
    await eventually(() => store.changes.completeUntil > completeUntil)
  }
  expect(await nextTransaction()).toEqual(before)
  await close()
})

async function eventually(holds: () => boolean): Promise<void> {
  await expect.poll(holds, { timeout: 5_000, interval: 5 }).toBe(true)
}
