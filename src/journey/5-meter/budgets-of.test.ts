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
import type { JsonObject } from '../../domain/json.ts'
import { NO_LIMITS, NO_OPERATOR_BUDGETS } from '../../domain/limits.ts'
import type { Limits } from '../../domain/limits.ts'
import { picoUsd } from '../../domain/money.ts'
import { NOBODY } from '../../domain/principal.ts'
import type { Principal, Standing } from '../../domain/principal.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { WarmDirectory } from '../../ports/directory.ts'
import { budgetsOf, mayHaveBudget } from './budgets-of.ts'
import type { Concerned } from './budgets-of.ts'
import { findBudgets } from './find-budgets.ts'

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
function concerned(principal: Principal, more: Partial<Concerned> = {}): Concerned {
  return { principal, endUser: undefined, tags: [], tagRows: new Map(), operator: NO_OPERATOR_BUDGETS, ...more }
}
function customerOf(id: BudgetId): Partial<Concerned> {
  return { endUser: makeEndUser('c', { budgetId: id }) }
}
function told(principal: Principal, more: Partial<Concerned> = {}): readonly string[] {
  const whom = concerned(principal, more)
  const levels = budgetsOf(whom, row, NOON)
  if (levels.length > 0) expect(mayHaveBudget(whom, whom.tagRows)).toBe(true)
  return levels.map(({ kind, limit, models }) => [kind, ...(models ?? []), limit].join(' '))
}
function ofModels(written: Readonly<Record<string, JsonObject>>): Limits {
  return { ...NO_LIMITS, perModel: { ...NO_LIMITS.perModel, maxBudget: written } }
}
function find(principal: Principal, directory: WarmDirectory): ReturnType<typeof findBudgets> {
  return findBudgets({ principal, endUser: undefined, tags: [], operator: NO_OPERATOR_BUDGETS, at: NOON }, directory)
}

test('every level with a finite budget counts, nearest to the caller first', () => {
  const organization = makeOrganization('acme', 'o4')
  const principal = caller(
    { limits: limits(2n), userId: ana, teamId: red },
    { team: makeTeam(red, { limits: limits(3n) }), user: user(limits(9n), budgetId('m1')), organization },
  )
  expect(told(principal, customerOf(budgetId('c5')))).toEqual([
    'member 1',
    'key 2',
    'team 3',
    'organization 4',
    'end_user 5',
  ])
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
  [
    'a temporary increase of the shared row',
    caller({
      budgetId: budgetId('b7'),
      temporaryBudget: { increase: picoUsd(3n), expiresAt: epochMs(NOON + 1) },
    }),
    ['key 10'],
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
  expect(find(principal, warm(new Set()))).toHaveLength(levels.length)
})

test('the master key keeps to the budget of a customer that it names', () => {
  expect(told({ kind: 'master' }, customerOf(budgetId('c5')))).toEqual(['end_user 5'])
})

const PICO = 1e-12

test('budgets of single models stand beside those of everything, wherever limits are', () => {
  const small = ofModels({ m: { budget_limit: 5 * PICO, time_period: '1d' } })
  const principal = caller(
    { limits: { ...small, maxBudget: picoUsd(2n) }, userId: ana, teamId: red },
    { team: makeTeam(red, { limits: ofModels({ t: { max_budget: 6 * PICO } }) }), user: user(small) },
  )
  expect(told(principal)).toEqual(['key 2', 'key m 5', 'team t 6'])
  expect(told(caller({ userId: ana }, { user: user(small) }))).toEqual(['user m 5'])
  const [, ofModel] = budgetsOf(concerned(principal), row, NOON)
  expect(ofModel?.window).toEqual({ start: Date.UTC(2026, 0, 15), end: Date.UTC(2026, 0, 16) })
})

test('several budgets of one key or team stand beside each other, each with its period', () => {
  const slots = (...pico: readonly bigint[]): Limits => ({
    ...NO_LIMITS,
    perWindow: pico.map((amount) => ({ maxBudget: picoUsd(amount), window: { duration: '1d', anchor: NOON } })),
  })
  const principal = caller({ limits: slots(2n, 3n), teamId: red }, { team: makeTeam(red, { limits: slots(4n) }) })
  expect(told(principal)).toEqual(['key 2', 'key 3', 'team 4'])
  const [level] = budgetsOf(concerned(principal), row, NOON)
  expect(level).toMatchObject({ period: '1d', window: { start: Date.UTC(2026, 0, 15) } })
})

test("what a key says of models replaces its shared row's, and what can't be read lets nothing through", () => {
  const own = ofModels({ m: { budget_limit: 5 * PICO } })
  const shared = (id: BudgetId) => makeBudget(id, { limits: ofModels({ other: { budget_limit: 'much' } }) })
  const levelsOf = (key: Partial<VirtualKey>) =>
    budgetsOf(concerned(caller(key)), shared, NOON).map(({ models, limit }) => `${models?.[0]} ${limit}`)
  expect(levelsOf({ limits: own, budgetId: budgetId('b') })).toEqual(['m 5'])
  expect(levelsOf({ budgetId: budgetId('b') })).toEqual(['other 0'])
})

test('tags, providers and everybody together, the master key included', () => {
  const ceiling = (pico: bigint) => ({ maxBudget: picoUsd(pico), window: undefined })
  const operator = {
    everybody: ceiling(9n),
    tags: new Map([
      ['paid', ceiling(8n)],
      ['other', ceiling(1n)],
    ]),
    providers: new Map([['openai', ceiling(7n)]]),
  }
  const tagRows = new Map([['paid', budgetId('t3')]])
  const all = ['tag 3', 'tag 8', 'provider 7', 'all 9']
  expect(told({ kind: 'master' }, { tags: ['paid', 'free'], tagRows, operator })).toEqual(all)
  expect(told({ kind: 'master' }, { tags: ['free'], tagRows })).toEqual([])
})

test('tags that nobody asked about yet are asked for, all at once', async () => {
  const query = {
    principal: { kind: 'master' } as const,
    endUser: undefined,
    tags: ['paid'],
    operator: NO_OPERATOR_BUDGETS,
    at: NOON,
  }
  const cold = findBudgets(query, warm(new Set(['tags'])))
  expect(cold).toBeInstanceOf(Promise)
  expect(await cold).toMatchObject([{ kind: 'tag', id: 'paid', limit: 3n }])
  expect(findBudgets(query, warm(new Set()))).toMatchObject([{ kind: 'tag', id: 'paid', limit: 3n }])
  expect(findBudgets({ ...query, tags: [] }, warm(new Set(['tags'])))).toEqual([])
  const broken = { ...warm(new Set(['tags'])), findTagBudgets: () => Promise.reject(new Error('away')) }
  await expect(findBudgets(query, broken)).rejects.toMatchObject({ code: 'store-unavailable' })
})

test('the window is the one that the call falls into; without one everything counts', () => {
  const window = { duration: '1d', anchor: epochMs(0) }
  const [level] = budgetsOf(concerned(caller({ limits: limits(1n, { window }) })), row, NOON)
  expect(level).toEqual({
    kind: 'key',
    id: digestOf(1),
    limit: 1n,
    window: { start: Date.UTC(2026, 0, 15), end: Date.UTC(2026, 0, 16) },
  })
  expect(budgetsOf(concerned(caller({ limits: limits(1n) })), row, NOON)[0]?.window).toBeUndefined()
})

test('rows that are not known are asked for, and an error is not "no budget"', async () => {
  const principal = caller({ budgetId: budgetId('b7') })
  const found = find(principal, warm(new Set(['b7'])))
  expect(found).toBeInstanceOf(Promise)
  expect(await found).toMatchObject([{ kind: 'key', limit: 7n }])
  const broken = { ...warm(new Set(['b7'])), findBudget: () => Promise.reject(new Error('away')) }
  await expect(find(principal, broken)).rejects.toMatchObject({ code: 'store-unavailable' })
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
    findTagBudgets: async () => new Map([['paid', budgetId('t3')]]),
    peekTagBudgets: () => (cold.has('tags') ? 'ask' : new Map([['paid', budgetId('t3')]])),
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
