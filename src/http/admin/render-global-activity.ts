import { rankBy } from '../../manage/spend/report-spend.ts'
import type { SummedPart } from '../../ports/spend-reports.ts'

/** Oldest day first. */
export function renderTotalActivity(parts: readonly SummedPart<'day'>[]) {
  const days = rankBy(parts, ({ day }) => [day]).toSorted((one, other) => one.name.localeCompare(other.name))
  const tokens = ({ promptTokens, completionTokens }: (typeof days)[number]): number => promptTokens + completionTokens
  return {
    daily_data: days.map((day) => ({
      date: DAY.format(new Date(day.name)),
      api_requests: day.calls,
      total_tokens: tokens(day),
    })),
    sum_api_requests: days.reduce((sum, { calls }) => sum + calls, 0),
    sum_total_tokens: days.reduce((sum, day) => sum + tokens(day), 0),
  }
}

/** By their public names, those on which most was spent first. */
export function renderModelActivity(parts: readonly SummedPart<'day' | 'modelGroup'>[]): readonly object[] {
  return rankBy(parts, ({ modelGroup }) => [modelGroup]).map(({ name, parts: own }) => ({
    model: name,
    ...renderTotalActivity(own),
  }))
}

/** `Jan 22`, as days are kept: in UTC. */
const DAY = new Intl.DateTimeFormat('en-US', { month: 'short', day: '2-digit', timeZone: 'UTC' })
