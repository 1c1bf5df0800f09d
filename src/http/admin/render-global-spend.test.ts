import { expect, test } from 'vitest'
import { picoUsd } from '../../domain/money.ts'
import type { SummedPart } from '../../ports/spend-reports.ts'
import { renderReportByDay, renderSpendByTeam } from './render-global-spend.ts'

const TEAMS: readonly (readonly [id: string, alias: string | undefined])[] = [
  ['t1', 't2'],
  ['t2', undefined],
  ['t3', 'same'],
  ['t4', 'same'],
  ['t5', 'date'],
  ['t6', 'search'],
]

const PARTS = TEAMS.map(([id], n): SummedPart<'day' | 'entities' | 'key' | 'model'> => ({
  day: '2026-01-15',
  entities: [id],
  key: undefined,
  keyAlias: undefined,
  model: 'm',
  spend: picoUsd(1_000_000_000_000n << BigInt(n)),
  promptTokens: 0,
  completionTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  successes: 1,
  failures: 0,
}))
const REPORT = { parts: PARTS, names: { keys: new Map(), entities: new Map(TEAMS) } }
const SHOWN = { t1: 1, t2: 2, t3: 4, t4: 8, t5: 16, search: 32 }

test('each team has its own sum, whatever others are called', () => {
  expect(renderSpendByTeam(REPORT)).toEqual({
    daily_spend: [{ ...SHOWN, date: '2026-01-15' }],
    teams: Object.keys(SHOWN).toReversed(),
    total_spend_per_team: Object.entries(SHOWN)
      .map(([team_id, total_spend]) => ({ team_id, total_spend }))
      .toReversed(),
  })
})

test('and each its own name in the report of days', () => {
  const [day] = renderReportByDay('team', REPORT)
  expect(day).toMatchObject({
    teams: Object.keys(SHOWN)
      .map((team_name) => ({ team_name }))
      .toReversed(),
  })
})
