import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Store } from '../../../src/adapters/sql/open-store.ts'
import { allow } from '../../../src/domain/decision.ts'
import { epochMs } from '../../../src/domain/ids.ts'
import { NO_LIMITS } from '../../../src/domain/limits.ts'
import type { Limits } from '../../../src/domain/limits.ts'
import { picoUsd } from '../../../src/domain/money.ts'
import { memberSpendId } from '../../../src/ports/ledger.ts'
import { writeLedgerLine } from '../../../src/domain/ledger-line.ts'
import { digestOf, makeEntry, makeKey, NOON } from '../../support/entries.ts'
import * as make from '../../support/rows.ts'
import { ABOUT, budgetId, ORIGIN, teamId, userId } from '../../support/rows.ts'
import { emptied, openEmbedded, openServer } from '../../support/stores.ts'

const DAILY = { duration: '1d', anchor: NOON }
const soft = (pico: bigint, more: Partial<Limits> = {}): Limits => ({
  ...NO_LIMITS,
  softBudget: picoUsd(pico),
  ...more,
})

describe.each([
  { name: 'the embedded database', open: openEmbedded },
  { name: 'a PostgreSQL server', open: openServer },
])('soft budgets: $name', ({ open }) => {
  const suite = emptied(open)
  let store: Store

  beforeEach(async () => {
    store = await suite.open()
  })
  afterAll(() => suite.close())

  test('everybody who has one is listed, by a name that people know', async () => {
    const registry = store.openRegistry(
      () => 'audit-1',
      async () => {},
    )
    await registry.change(ORIGIN, ABOUT, async (rooms) => {
      await rooms.budgets.insert(make.makeBudget('shared', { limits: soft(7n) }))
      await rooms.budgets.insert(make.makeBudget('plain'))
      await rooms.organizations.insert(make.makeOrganization('org', 'shared'))
      await rooms.endUsers.insert(make.makeEndUser('customer', { budgetId: budgetId('shared') }))
      await rooms.users.insert(make.makeUser('ana', { limits: soft(3n) }))
      await rooms.teams.insert(make.makeTeam('red', { limits: soft(2n), memberBudgetId: budgetId('shared') }))
      await rooms.keys.insert(
        makeKey(1, { alias: 'named', limits: soft(1n, { window: DAILY }), budgetId: budgetId('shared') }),
      )
      await rooms.keys.insert(makeKey(2, { budgetId: budgetId('shared') }))
      await rooms.keys.insert(makeKey(3, { budgetId: budgetId('plain') }))
      await rooms.teamMembers.insert({ ...MEMBER, budgetId: undefined })
      return allow({ outcome: undefined, records: [] })
    })
    const listed = await store.softBudgets.list()
    expect(
      listed.toSorted((one, other) => Number(one.limit - other.limit) || (one.kind < other.kind ? -1 : 1)),
    ).toEqual([
      { kind: 'key', id: digestOf(1), shown: 'named', limit: 1n, window: DAILY },
      { kind: 'team', id: 'red', shown: 'red', limit: 2n, window: undefined },
      { kind: 'user', id: 'ana', shown: 'ana', limit: 3n, window: undefined },
      { kind: 'end_user', id: 'customer', shown: 'customer', limit: 7n, window: undefined },
      { kind: 'key', id: digestOf(2), shown: 'sk-...abcd', limit: 7n, window: undefined },
      {
        kind: 'member',
        id: memberSpendId(teamId('red'), userId('ana')),
        shown: 'ana in red',
        limit: 7n,
        window: undefined,
      },
      { kind: 'organization', id: 'org', shown: 'org', limit: 7n, window: undefined },
    ])
  })

  test('of several who saw the same, one tells of it, once in a window', async () => {
    const level = { kind: 'key', id: digestOf(1), limit: picoUsd(1n), window: undefined } as const
    const day = { ...level, window: { start: NOON, end: epochMs(NOON + 1) } }
    const told = await Promise.all(Array.from({ length: 5 }, () => store.softBudgets.claim([level])))
    expect(told.flat()).toEqual([level])
    expect(await store.softBudgets.claim([day, level])).toEqual([day])
    expect(await store.softBudgets.claim([])).toEqual([])
  })

  test('what is followed is summed once, and added to from then on', async () => {
    const budgets = store.openBudgets(async () => {})
    const level = { kind: 'key', id: digestOf(1), limit: picoUsd(1n), window: undefined } as const
    await store.ledger.keep([writeLedgerLine(makeEntry(1, { amount: picoUsd(2n) }))])
    expect(await budgets.follow([level])).toEqual([2n])
    await store.ledger.keep([writeLedgerLine(makeEntry(2, { amount: picoUsd(3n) }))])
    expect(await budgets.follow([level])).toEqual([5n])
  })
})

const MEMBER = {
  teamId: teamId('red'),
  userId: userId('ana'),
  role: 'user',
  createdAt: NOON,
  source: undefined,
} as const
