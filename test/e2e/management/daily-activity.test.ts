import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHAT_COST, hashOf, openDesk, query, unique } from './support/desk.ts'
import type { Answer, Desk } from './support/desk.ts'
import { expectFailure } from './support/expectations.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
})

afterAll(() => desk.close())

const DAY = 86_400_000

/** From yesterday to tomorrow, so that midnight does no harm. */
function range(): { readonly start_date: string; readonly end_date: string } {
  const day = (shift: number): string => new Date(Date.now() + shift * DAY).toISOString().slice(0, 10)
  return { start_date: day(-1), end_date: day(1) }
}

const METRICS = {
  spend: expect.closeTo(CHAT_COST, 8),
  prompt_tokens: 7,
  completion_tokens: 8,
  total_tokens: 15,
  successful_requests: 1,
  failed_requests: 0,
  api_requests: 1,
}

/** The report once the call is in it. */
async function reported(path: string, filter: Readonly<Record<string, string>>, key?: string): Promise<Answer['json']> {
  let report: Answer['json']
  await expect
    .poll(
      async () => {
        report = await desk.read(query(path, { ...range(), ...filter }), key)
        return report.metadata.total_api_requests
      },
      { timeout: 10_000 },
    )
    .toBe(1)
  return report
}

test('GET /user/daily/activity: one call in every break-down', async () => {
  const { id, key } = await desk.newUser()
  const key_alias = unique('svc')
  await desk.done('/key/update', { key, key_alias })
  expect((await desk.chat('gpt-4o', key)).status).toBe(200)
  for (const asker of [undefined, key]) {
    const report = await reported('/user/daily/activity', { user_id: id }, asker)
    expect(report.results).toMatchObject([
      {
        date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
        metrics: METRICS,
        breakdown: {
          models: { 'gpt-4o': { metrics: METRICS, api_key_breakdown: { [hashOf(key)]: { metrics: METRICS } } } },
          providers: { openai: { metrics: METRICS } },
          api_keys: { [hashOf(key)]: { metrics: METRICS, metadata: { key_alias } } },
          entities: { [id]: { metrics: METRICS } },
        },
      },
    ])
    expect(report.metadata).toMatchObject({
      total_spend: expect.closeTo(CHAT_COST, 8),
      total_prompt_tokens: 7,
      total_completion_tokens: 8,
      total_tokens: 15,
      total_api_requests: 1,
      total_successful_requests: 1,
      total_failed_requests: 0,
      page: 1,
      total_pages: 1,
      has_more: false,
    })
  }
  const whole = await desk.read(query('/user/daily/activity/aggregated', { ...range(), user_id: id }))
  expect(whole.metadata).toMatchObject({ total_api_requests: 1, total_tokens: 15 })
})

test('GET /team/daily/activity: by team, with its alias', async () => {
  const team_alias = unique('search')
  const team_id = await desk.newTeam({ team_alias })
  expect((await desk.chat('gpt-4o', await desk.newKey({ team_id }))).status).toBe(200)
  const report = await reported('/team/daily/activity', { team_ids: team_id })
  expect(report.results).toMatchObject([
    { breakdown: { entities: { [team_id]: { metrics: METRICS, metadata: { alias: team_alias } } } } },
  ])
})

test('of organisations, customers and tags', async () => {
  const { organization_id } = await desk.done('/organization/new', { organization_alias: unique('org') })
  const [user, tag] = [unique('customer'), unique('tag')]
  const key = await desk.newKey({ organization_id, tags: [tag] })
  expect((await desk.chat('gpt-4o', key, { user })).status).toBe(200)
  for (const [path, filter, entity] of [
    ['/organization/daily/activity', { organization_ids: organization_id }, organization_id],
    ['/customer/daily/activity', { end_user_ids: user }, user],
    ['/tag/daily/activity', { tags: tag }, tag],
  ] as const) {
    const report = await reported(path, filter)
    expect(report.results).toMatchObject([{ breakdown: { entities: { [entity]: { metrics: METRICS } } } }])
  }
})

test('dates are needed, and only one’s own is seen', async () => {
  const [one, two] = [await desk.newUser(), await desk.newUser()]
  expectFailure(await desk.get('/user/daily/activity'), 400)
  const foreign = query('/user/daily/activity', { ...range(), user_id: two.id })
  expectFailure(await desk.get(foreign, one.key), [401, 403, 404])
})

test('all days at once are told apart by the keys that spent most, and the rest is in the sums', async () => {
  const { id } = await desk.newUser()
  const keys = await Promise.all(Array.from({ length: 102 }, () => desk.newKey({ user_id: id })))
  for (const key of keys) expect((await desk.chat('gpt-4o', key)).status).toBe(200)
  const whole = (): Promise<Answer['json']> =>
    desk.read(query('/user/daily/activity/aggregated', { ...range(), user_id: id }))
  await expect.poll(async () => (await whole()).metadata.total_api_requests, { timeout: 10_000 }).toBe(keys.length)
  const { results, metadata } = await whole()
  expect(metadata).toMatchObject({ api_key_limit: 100, total_api_keys: 102, entity_limit: 100, total_entities: 1 })
  const shown = new Set(results.flatMap(({ breakdown }: Answer['json']) => Object.keys(breakdown.api_keys)))
  expect(shown.size).toBe(100)
  const calls = (of: (day: Answer['json']) => Answer['json']): number =>
    results.reduce((sum: number, day: Answer['json']) => sum + of(day).metrics.api_requests, 0)
  expect(calls((day) => day)).toBe(102)
  expect(calls(({ breakdown }) => breakdown.entities[id])).toBe(102)
  expect(calls(({ breakdown }) => breakdown.models['gpt-4o'])).toBe(102)
  const [{ breakdown }] = results
  expect(Object.keys(breakdown.models['gpt-4o'].api_key_breakdown).length).toBeLessThanOrEqual(100)
})
