import fc from 'fast-check'
import { epochMs, parseDeploymentId } from '../../src/domain/ids.ts'
import type { LedgerEntry } from '../../src/domain/ledger-entry.ts'
import { picoUsd } from '../../src/domain/money.ts'
import { NO_USAGE } from '../../src/domain/usage.ts'
import { digestOf, makeEntry, NOON } from './entries.ts'
import { endUserId, organizationId, teamId, userId } from './rows.ts'

export const DAY_MS = 86_400_000
export const MIDNIGHT = epochMs(NOON - DAY_MS / 2)
const NUMBERS = [1, 2, 3, 4, 5] as const

const maybe = <Value>(values: readonly Value[]) => fc.constantFrom(undefined, ...values)
const small = fc.integer({ min: 0, max: 3 })
const team = maybe(['red', 'blue'].map(teamId))

/** Few values of each, so that there are ties, and lines that agree. */
const line = fc.record({
  key: fc.constantFrom(undefined, ...NUMBERS),
  alias: maybe(['Größe 1', 'plain']),
  startedAt: fc.constantFrom(-1, 0, 1, DAY_MS - 1, DAY_MS).map((shift) => epochMs(MIDNIGHT + shift)),
  took: small,
  amount: small.map((amount) => picoUsd(BigInt(amount))),
  prompt: small,
  cached: small,
  userId: maybe(['ana', 'bob'].map(userId)),
  teamId: team,
  organizationId: maybe(['east'].map(organizationId)),
  endUserId: maybe(['end'].map(endUserId)),
  modelGroup: fc.constantFrom('small', 'large'),
  upstreamModel: fc.constantFrom('small', 'm"\\1'),
  deploymentId: maybe(['d1', 'd2'].flatMap((id) => parseDeploymentId(id) ?? [])),
  sessionId: maybe(['s1', 's2', `long ${'s'.repeat(9_000)}`]),
  errorClass: maybe(['upstream-Timeout', 'cancelled']),
  status: fc.constantFrom('success', 'failure'),
  httpStatus: fc.constantFrom(200, 500),
  tags: fc.uniqueArray(fc.constantFrom('a', 'b"')),
})

type Line = typeof line extends fc.Arbitrary<infer Value> ? Value : never

export function entryOf(number: number, made: Line): LedgerEntry {
  const { key, alias, took, prompt, cached, ...same } = made
  return makeEntry(number, {
    ...same,
    payer: key === undefined ? { kind: 'master' } : { kind: 'key', digest: digestOf(key), alias },
    endedAt: epochMs(made.startedAt + took),
    usage: { ...NO_USAGE, inputTokens: prompt, outputTokens: 1, cachedInputTokens: cached },
  })
}

const number = fc.constantFrom(...NUMBERS)
/** What happens to keys. */
export const step = fc.oneof(
  fc.record({
    does: fc.constant('insert'),
    number,
    teamId: team,
    at: small,
    budget: maybe([1n, 2n].map(picoUsd)),
    named: fc.boolean(),
  }),
  fc.record({ does: fc.constant('rotate'), from: number, to: number }),
  fc.record({ does: fc.constant('delete'), number }),
  fc.record({ does: fc.constant('forgive'), number }),
  fc.record({ does: fc.constant('spend'), lines: fc.array(line, { minLength: 1, maxLength: 4 }) }),
)

export type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

const page = {
  page: fc.integer({ min: 1, max: 3 }),
  size: fc.integer({ min: 1, max: 5 }),
  order: fc.constantFrom('asc', 'desc'),
}

export const EVERY_KEY = (['asc', 'desc'] as const).map(
  (order) => ({ page: 1, size: 100, order, sort: 'spend' }) as const,
)

export const keyQuery = fc.record({
  ...page,
  sort: fc.constantFrom('spend', 'max_budget', 'created_at', 'updated_at', 'token', 'key_alias'),
  teamId: team,
  aliasPart: maybe(['SVC', 'É 2', 'nowhere']),
})

const all = fc.constant({ sees: 'all' } as const)
const scope = fc.oneof(
  all,
  fc.record({
    sees: fc.constant('some'),
    organizations: fc.subarray([organizationId('east')]),
    teams: fc.subarray(['red', 'blue'].map(teamId)),
    userId: maybe(['ana'].map(userId)),
    keyDigest: maybe([1, 2].map(digestOf)),
  }),
)
const only = fc.record({ user: maybe([['ana'], ['ana', 'bob']]), team: maybe([['red']]), tag: maybe([['a'], ['b"']]) })
const asked = {
  scope,
  only: only.map(said),
  key: maybe([1, 2].map(digestOf)),
  model: maybe(['small', 'm"\\1', 'none']),
}
/** Of everybody, and nothing of it left out. */
const unasked = { scope: all, only: fc.constant({}), key: fc.constant(undefined) }
const shifted = (...shifts: readonly number[]) => fc.constantFrom(...shifts).map((shift) => epochMs(MIDNIGHT + shift))
const listed = {
  ...asked,
  ...page,
  sort: fc.constantFrom('startTime', 'endTime', 'spend', 'total_tokens'),
  status: maybe(['success', 'failure'] as const),
  from: shifted(-DAY_MS, -1, 0, 1),
  until: shifted(1, DAY_MS - 1, DAY_MS, DAY_MS + 1, 2 * DAY_MS),
}
const filteredLines = fc.record({
  ...listed,
  keyAlias: maybe(['Größe 1']),
  deploymentId: maybe(['d1']),
  sessionId: maybe(['s1', `long ${'s'.repeat(9_000)}`]),
  errorPart: maybe(['TIME']),
  httpStatus: maybe(['200', 'x']),
  leastSpend: maybe([picoUsd(1n)]),
  mostSpend: maybe([picoUsd(2n)]),
})
/** Also those that are of everybody but for one thing. */
export const lineQuery = fc.oneof(
  filteredLines,
  fc.record({ ...listed, ...unasked }),
  fc.record({ ...listed, ...unasked, scope }),
  fc.record({ ...listed, ...unasked, only: asked.only }),
  fc.record({ ...listed, ...unasked, key: asked.key }),
)

const traits = ['day', 'key', 'teamId', 'entities', 'model', 'modelGroup', 'provider', 'callType'] as const
const days = { from: shifted(-DAY_MS, 0), until: shifted(DAY_MS, 2 * DAY_MS) }
const except = fc.constantFrom<string[][]>([], ['ana', 'red'], ['a', 'end'], ['east', 'b"'])
const by = fc.constantFrom('user', 'team', 'organization', 'end_user', 'tag')
const asUsers = { except: fc.constant<string[]>([]), by: fc.constant('user' as const) }
export const dayQuery = fc.record({
  query: fc.oneof(
    fc.record({ ...asked, ...days, except, by }),
    fc.record({ ...asked, ...days, ...unasked, ...asUsers }),
    fc.record({ ...asked, ...days, ...unasked, ...asUsers, scope }),
    fc.record({ ...asked, ...days, ...unasked, ...asUsers, only: asked.only }),
    fc.record({ ...asked, ...days, ...unasked, ...asUsers, key: asked.key }),
    fc.record({ ...asked, ...days, ...unasked, except, by: asUsers.by }),
    fc.record({ ...asked, ...days, ...unasked, except: asUsers.except, by }),
  ),
  size: fc.integer({ min: 1, max: 5 }),
  apart: fc.oneof(
    fc.subarray([...traits], { minLength: 1 }),
    fc.subarray(['day', 'model', 'modelGroup', 'provider', 'callType'] as const, { minLength: 1 }),
  ),
  most: fc.integer({ min: 1, max: 3 }),
})

/** Without what is undefined, as callers ask. */
export function said<Wide extends object>(query: Wide): { [Name in keyof Wide]: Exclude<Wide[Name], undefined> } {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as never
}
