import { expect, test } from 'vitest'
import { digestOf, makeKey, NOON } from '../../../test/support/entries.ts'
import {
  budgetId,
  makeBudget,
  makeEndUser,
  makeOrganization,
  makeTeam,
  makeUser,
  teamId,
  userId,
} from '../../../test/support/rows.ts'
import type { Budget } from '../../domain/budget.ts'
import type { BudgetId } from '../../domain/ids.ts'
import { epochMs } from '../../domain/ids.ts'
import { NO_LIMITS } from '../../domain/limits.ts'
import type { Limits } from '../../domain/limits.ts'
import { picoUsd } from '../../domain/money.ts'
import { NOBODY } from '../../domain/principal.ts'
import type { Principal, Standing } from '../../domain/principal.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { WarmDirectory } from '../../ports/directory.ts'
import { budgetsOf, findBudgets } from './budgets-of.ts'

const ana = userId('ana')
const red = teamId('red')

function limits(pico: bigint, more: Partial<Limits> = {}): Limits {
  return { ...NO_LIMITS, maxBudget: picoUsd(pico), ...more }
}
/** The digits of a row's name are its limit. */
function row(of: BudgetId): Budget | undefined {
  const amount = /\d+/.exec(of)?.[0]
  return makeBudget(of, amount === undefined ? {} : { limits: limits(BigInt(amount)) })
}
function caller(key: Partial<VirtualKey>, standing: Partial<Standing> = {}): Principal {
  return { kind: 'virtual-key', key: makeKey(1, key), standing: { ...NOBODY, ...standing }, bearer: undefined }
}
function user(own: Limits, memberBudget?: BudgetId): NonNullable<Standing['user']> {
  return {
    user: makeUser(ana, { limits: own }),
    teams: [
      {
        teamId: red,
        userId: ana,
        role: 'user',
        budgetId: memberBudget,
        organizationId: undefined,
        permissions: [],
        source: undefined,
      },
    ],
    organizations: [],
    identities: [],
  }
}
function told(principal: Principal, customer?: BudgetId): readonly string[] {
  const endUser = customer === undefined ? undefined : makeEndUser('c', { budgetId: customer })
  return budgetsOf(principal, endUser, row, NOON).map(({ kind, limit }) => `${kind} ${limit}`)
}

test('every level with a finite budget counts, nearest to the caller first', () => {
  const organization = makeOrganization('acme', 'o4')
  const principal = caller(
    { limits: limits(2n), userId: ana, teamId: red },
    { team: makeTeam(red, { limits: limits(3n) }), user: user(limits(9n), budgetId('m1')), organization },
  )
  expect(told(principal, budgetId('c5'))).toEqual(['member 1', 'key 2', 'team 3', 'organization 4', 'end_user 5'])
})

test.each<[string, Principal, readonly string[]]>([
  ['a key without limits', caller({}), []],
  ['a budget row without a limit', caller({ budgetId: budgetId('none') }), []],
  ['its own budget comes before the shared row', caller({ limits: limits(2n), budgetId: budgetId('b7') }), ['key 2']],
  ['the shared row', caller({ budgetId: budgetId('b7') }), ['key 7']],
  [
    'a temporary increase',
    caller({ limits: limits(2n), temporaryBudget: { increase: picoUsd(3n), expiresAt: epochMs(NOON + 1) } }),
    ['key 5'],
  ],
  [
    'a temporary increase that is over',
    caller({ limits: limits(2n), temporaryBudget: { increase: picoUsd(3n), expiresAt: NOON } }),
    ['key 2'],
  ],
  ["a user's own budget without a team", caller({ userId: ana }, { user: user(limits(9n)) }), ['user 9']],
  [
    "the team's row for members, where the member has none",
    caller(
      { userId: ana, teamId: red },
      { user: user(limits(9n)), team: makeTeam(red, { memberBudgetId: budgetId('d6') }) },
    ),
    ['member 6'],
  ],
  [
    "a team's key without a user has no member",
    caller({ teamId: red }, { team: makeTeam(red, { memberBudgetId: budgetId('d6') }) }),
    [],
  ],
  ['the master key', { kind: 'master' }, []],
])('%s', (_name, principal, levels) => {
  expect(told(principal)).toEqual(levels)
  expect(findBudgets(principal, undefined, warm(new Set()), NOON)).toHaveLength(levels.length)
})

test('the master key keeps to the budget of a customer that it names', () => {
  expect(told({ kind: 'master' }, budgetId('c5'))).toEqual(['end_user 5'])
})

test('the window is the one that the call falls into; without one everything counts', () => {
  const window = { duration: '1d', anchor: epochMs(0) }
  const [level] = budgetsOf(caller({ limits: limits(1n, { window }) }), undefined, row, NOON)
  expect(level).toEqual({
    kind: 'key',
    id: digestOf(1),
    limit: 1n,
    window: { start: Date.UTC(2026, 0, 15), end: Date.UTC(2026, 0, 16) },
  })
  expect(budgetsOf(caller({ limits: limits(1n) }), undefined, row, NOON)[0]?.window).toBeUndefined()
})

test('rows that are not known are asked for, and an error is not "no budget"', async () => {
  const principal = caller({ budgetId: budgetId('b7') })
  const found = findBudgets(principal, undefined, warm(new Set(['b7'])), NOON)
  expect(found).toBeInstanceOf(Promise)
  expect(await found).toMatchObject([{ kind: 'key', limit: 7n }])
  const broken = { ...warm(new Set(['b7'])), findBudget: () => Promise.reject(new Error('away')) }
  await expect(findBudgets(principal, undefined, broken, NOON)).rejects.toMatchObject({ code: 'store-unavailable' })
})

function warm(cold: ReadonlySet<string>): WarmDirectory {
  const never = (): never => {
    throw new Error('not asked for')
  }
  return {
    findKey: never,
    hasSeenKey: never,
    findUser: never,
    findTeam: never,
    findOrganization: never,
    findEndUser: never,
    findBudget: async (budget) => row(budget),
    findIdentity: never,
    findFormerUser: never,
    findUsersByEmail: never,
    findUserBySsoSubject: never,
    findTeamsByAlias: never,
    findOrganizationsByAlias: never,
    findKeyMappings: never,
    peekKeyMappings: never,
    hasRevocations: never,
    findRevocations: never,
    peekRevocations: never,
    peekIdentity: never,
    peekFormerUser: never,
    peekUsersByEmail: never,
    peekUserBySsoSubject: never,
    peekTeamsByAlias: never,
    peekOrganizationsByAlias: never,
    peekKey: never,
    peekUser: never,
    peekTeam: never,
    peekOrganization: never,
    peekEndUser: never,
    peekBudget: (budget) => (cold.has(budget) ? 'ask' : row(budget)),
  }
}
