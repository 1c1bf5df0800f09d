import { expect, test } from 'vitest'
import { makeKey } from '../../../test/support/entries.ts'
import { makeBudget, makeOrganization, makeTeam, makeUser } from '../../../test/support/rows.ts'
import { makeMembership } from '../../../test/support/token-makers.ts'
import type { Budget } from '../../domain/budget.ts'
import type { EndUser } from '../../domain/end-user.ts'
import { NO_LIMITS } from '../../domain/limits.ts'
import type { Limits } from '../../domain/limits.ts'
import type { KeyPrincipal } from '../../domain/principal.ts'
import { ratesOf } from './rates-of.ts'
import type { IsCalled } from './rates-of.ts'

const limits = (requestsPerMinute: number, more: Partial<Limits> = {}): Limits => ({
  ...NO_LIMITS,
  requestsPerMinute,
  ...more,
})
const rows = new Map<string, Budget>(
  ['member', 'org', 'customer', 'shared'].map((id, n) => [
    id,
    makeBudget(id, { limits: limits(n + 1, { parallelRequests: 9, tokensPerMinute: 77 }) }),
  ]),
)
const of =
  (model: string): IsCalled =>
  (name) =>
    name === model
const find = (id: string): Budget | undefined => rows.get(id)

function principal(more: Partial<KeyPrincipal['key']> = {}): KeyPrincipal {
  const team = makeTeam('t1', { limits: limits(20, { parallelRequests: 3 }) })
  const key = makeKey(1, { userId: makeUser('ann').id, teamId: team.id, ...more })
  const membership = { ...makeMembership('ann', 't1'), budgetId: makeBudget('member').id }
  return {
    kind: 'virtual-key',
    key,
    bearer: undefined,
    standing: {
      user: { user: makeUser('ann', { limits: limits(10) }), teams: [membership], organizations: [], identities: [] },
      team,
      organization: makeOrganization('acme', 'org'),
      memberModels: [],
    },
  }
}

const told = (scopes: ReturnType<typeof ratesOf>): readonly (readonly unknown[])[] =>
  scopes.map(({ kind, requests, tokens, parallel }) => [kind, requests, tokens, parallel])

test('6.5: every scope with a rate, nearest to the caller first; calls at once are bounded for keys alone', () => {
  const endUser: EndUser = { id: 'c' as EndUser['id'], budgetId: makeBudget('customer').id } as EndUser
  const perModel = { maxBudget: {}, tokensPerMinute: { m: 5 }, requestsPerMinute: { m: 4 } }
  const key = principal({ limits: limits(1, { parallelRequests: 2, perModel }) })
  expect(told(ratesOf(key, endUser, of('m'), find))).toEqual([
    ['api_key', 1, undefined, 2],
    ['model_per_key', 4, 5, undefined],
    ['user', 10, undefined, undefined],
    ['team', 20, undefined, undefined],
    ['team_member', 1, 77, undefined],
    ['organization', 2, 77, undefined],
    ['end_user', 3, 77, undefined],
  ])
})

test('what the key is silent about, the row says that it names', () => {
  const key = principal({ budgetId: makeBudget('shared').id, limits: { ...NO_LIMITS, tokensPerMinute: 3 } })
  expect(told(ratesOf(key, undefined, of('m'), find))[0]).toEqual(['api_key', 4, 3, 9])
})

test('rates of one model are no rates of another, and may stand in its budget', () => {
  const perModel = { ...NO_LIMITS.perModel, maxBudget: { m: { budget_limit: 1, rpm_limit: 8 } } }
  const key = principal({ limits: { ...NO_LIMITS, perModel } })
  const kinds = (model: string): readonly unknown[] => told(ratesOf(key, undefined, of(model), find)).flat()
  expect(kinds('m')).toContain('model_per_key')
  expect(kinds('other')).not.toContain('model_per_key')
  expect(kinds('toString')).not.toContain('model_per_key')
})

test('rates of one model are kept of users and organisations as well, which may have them', () => {
  const perModel = { maxBudget: undefined, tokensPerMinute: { m: 5 }, requestsPerMinute: { m: 4 } }
  const budget = makeBudget('org', { limits: { ...NO_LIMITS, perModel } })
  const key = principal()
  const user = makeUser('ann', { limits: { ...NO_LIMITS, perModel } })
  const standing = { ...key.standing, user: { user, teams: [], organizations: [], identities: [] }, team: undefined }
  const kept = (model: string): readonly unknown[] =>
    ratesOf({ ...key, standing }, undefined, of(model), () => budget).map(({ kind, shownId, requests, tokens }) => [
      kind,
      shownId,
      requests,
      tokens,
    ])
  expect(kept('m')).toEqual([
    ['model_per_user', 'ann:m', 4, 5],
    ['model_per_organization', 'acme:m', 4, 5],
  ])
  expect(kept('other')).toEqual([])
})

test('no digest is shown', () => {
  const key = principal({ limits: limits(1) })
  for (const { shownId } of ratesOf(key, undefined, of('m'), find)) expect(shownId).not.toContain(key.key.digest)
})
