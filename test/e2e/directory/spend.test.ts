import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { CHAT_COST, hashOf, openDesk, query, unique } from '../management/support/desk.ts'
import type { Answer, Desk } from '../management/support/desk.ts'

const DAY = 86_400_000
const dayAt = (shift: number): string => new Date(Date.now() + shift * DAY).toISOString().slice(0, 10)
/** From yesterday to tomorrow, so that midnight does no harm. */
const DATES = { start_date: dayAt(-1), end_date: dayAt(1) }

interface Person {
  readonly id: string
  readonly key: string
}

let desk: Desk
const org = { id: '' }
const team = { id: unique('team'), other: unique('team') }
let owner: Person
let boss: Person
let member: Person
let guest: Person
let stranger: Person
let service: string
const tag = unique('tag')
const customer = unique('customer')

/** One call each: by a personal key of each person, by keys of the team, and by one of another team. */
beforeAll(async () => {
  desk = await openDesk()
  org.id = (await desk.done('/organization/new', { organization_alias: unique('org') })).organization_id
  await desk.newTeam({ team_id: team.id, organization_id: org.id, team_alias: 'search' })
  await desk.newTeam({ team_id: team.other })
  owner = await desk.newUser()
  boss = await desk.newUser()
  member = await desk.newUser()
  guest = await desk.newUser()
  stranger = await desk.newUser()
  await desk.done('/organization/member_add', {
    organization_id: org.id,
    member: { role: 'org_admin', user_id: owner.id },
  })
  const join = (user_id: string, role: string): Promise<unknown> =>
    desk.done('/team/member_add', { team_id: team.id, member: { role, user_id } })
  await join(boss.id, 'admin')
  await join(member.id, 'user')
  await join(guest.id, 'user')
  service = await desk.newKey({ team_id: team.id, key_alias: unique('svc') })
  const ofMember = await desk.newKey({ team_id: team.id, user_id: member.id })
  const elsewhere = await desk.newKey({ team_id: team.other })
  const keys = [boss.key, member.key, guest.key, stranger.key, ofMember, elsewhere]
  for (const key of keys) expect((await desk.chat('gpt-4o', key)).status).toBe(200)
  const more = { user: customer, metadata: { tags: [tag, `${tag}-2`] } }
  expect((await desk.chat('gpt-4o-mini', service, more)).status).toBe(200)
  await vi.waitFor(async () => expect(await desk.read('/spend/logs')).toHaveLength(7), { timeout: 10_000 })
})

afterAll(() => desk.close())

/** Calls in a daily report, or the status that there is instead. */
async function calls(path: string, filter: Readonly<Record<string, string>>, key?: string): Promise<number> {
  const { status, json } = await desk.get(query(path, { ...DATES, ...filter }), key)
  return status === 200 ? json.metadata.total_api_requests : status
}

describe('who sees which lines', () => {
  test('everybody their own, admins of a team or an organisation all of it', async () => {
    const seen = async (key?: string): Promise<number> => (await desk.read('/spend/logs', key)).length
    expect(await seen()).toBe(7)
    expect(await seen(stranger.key)).toBe(1)
    expect(await seen(member.key)).toBe(2)
    expect(await seen(boss.key)).toBe(3)
    expect(await seen(owner.key)).toBe(2)
    expect(await seen(service)).toBe(1)
  })

  test('INV-14: what is foreign is no different from what does not exist', async () => {
    const [line] = await desk.read(`/spend/logs?user_id=${stranger.id}`)
    const foreign = [
      [`user_id=${stranger.id}`, 'user_id=nobody'],
      [`team_id=${team.other}`, 'team_id=none'],
      [`api_key=${hashOf(stranger.key)}`, `api_key=${'0'.repeat(64)}`],
      [`request_id=${line.request_id}`, 'request_id=none'],
    ] as const
    for (const [there, nowhere] of foreign) {
      for (const key of [boss.key, owner.key, member.key, service]) {
        const answers = [await desk.get(`/spend/logs?${there}`, key), await desk.get(`/spend/logs?${nowhere}`, key)]
        expect(answers.map(({ status, text }) => [status, text])).toEqual([
          [200, '[]'],
          [200, '[]'],
        ])
      }
    }
  })

  test('a daily sum has only what the caller sees', async () => {
    const days = await desk.read(query('/spend/logs', DATES), member.key)
    const sums = days.map(({ spend, users }: Answer['json']) => [spend, Object.keys(users)])
    expect(sums).toContainEqual([expect.closeTo(2 * CHAT_COST, 9), [member.id]])
  })

  test('a team may let its plain members see the lines of all of them', async () => {
    const seen = async (): Promise<number> => (await desk.read('/spend/logs', guest.key)).length
    const activity = (): Promise<number> => calls('/team/daily/activity', { team_ids: team.id }, guest.key)
    const permit = (...routes: readonly string[]): Promise<unknown> =>
      desk.done('/team/permissions_update', { team_id: team.id, team_member_permissions: routes })
    expect([await seen(), await activity()]).toEqual([1, 0])
    await permit('/spend/logs')
    expect([await seen(), await activity()]).toEqual([3, 0])
    await permit('/team/daily/activity')
    expect([await seen(), await activity()]).toEqual([1, 2])
    await permit('/key/info')
    expect([await seen(), await activity()]).toEqual([1, 0])
  })
})

describe('pages of lines', () => {
  const MOMENTS = { start_date: `${dayAt(-1)} 00:00:00`, end_date: `${dayAt(1)} 23:59:59` }
  const page = (filter: object, key?: string): Promise<Answer> =>
    desk.get(query('/spend/logs/v2', { ...MOMENTS, ...filter }), key)

  test('have the envelope, and counts only of what the caller sees', async () => {
    expect((await page({ page_size: 2, page: 2 })).json).toMatchObject({
      total: 7,
      page: 2,
      page_size: 2,
      total_pages: 4,
      data: [{ status: 'success' }, { status: 'success' }],
    })
    const { json } = await page({}, member.key)
    expect([json.total, json.data.length]).toEqual([2, 2])
    expect((await page({ team_id: team.other }, member.key)).json).toEqual({
      data: [],
      total: 0,
      page: 1,
      page_size: 50,
      total_pages: 0,
    })
    expect((await desk.get(query('/spend/logs/ui', MOMENTS), stranger.key)).json.total).toBe(1)
  })

  test.each([
    ['model', () => ({ model: 'gpt-4o-mini' }), 1],
    ['customer', () => ({ end_user: customer }), 1],
    ['team', () => ({ team_id: team.id }), 2],
    ['user and team', () => ({ team_id: team.id, user_id: member.id }), 1],
    ['key', () => ({ api_key: hashOf(stranger.key) }), 1],
    ['deployment', () => ({ model_id: 'gpt-4o-mini-deployment' }), 1],
    ['least spend', () => ({ min_spend: 0.000001, max_spend: 1 }), 7],
    ['most spend', () => ({ max_spend: 0.000001 }), 0],
    ['status', () => ({ status_filter: 'failure' }), 0],
    ['error', () => ({ error_code: '500', error_message: 'timeout' }), 0],
    ['session', () => ({ session_id: 'none' }), 0],
  ] as const)('are filtered by %s', async (_, filter, total) => {
    const { status, json } = await page(filter())
    expect([status, json.total]).toEqual([200, total])
  })

  test('dates are needed and orders are known ones', async () => {
    for (const path of ['/spend/logs/v2', '/spend/logs/v2?start_date=2026-01-01&end_date=2026-13-01']) {
      expect((await desk.get(path)).status).toBe(400)
    }
    expect((await page({ sort_by: 'spend; drop table x' })).status).toBe(400)
    expect((await page({ sort_order: 'up' })).status).toBe(400)
    for (const sort_by of ['spend', 'total_tokens', 'startTime', 'endTime']) {
      expect((await page({ sort_by, sort_order: 'asc' })).status).toBe(200)
    }
  })
})

describe('daily activity', () => {
  test('of users: oneself; of others only what one administers', async () => {
    const of = (user: Person, asker: Person): Promise<number> =>
      calls('/user/daily/activity', { user_id: user.id }, asker.key)
    expect(await of(member, member)).toBe(2)
    expect(await of(member, boss)).toBe(1)
    expect(await of(member, owner)).toBe(1)
    expect(await of(stranger, boss)).toBe(404)
    expect(await calls('/user/daily/activity', {}, boss.key)).toBe(1)
    expect(await calls('/user/daily/activity', {})).toBe(7)
    expect(await calls('/user/daily/activity', {}, service)).toBe(1)
  })

  test('of teams: all of it for their admins, their own part for members', async () => {
    const of = (key: string, ids: string = team.id): Promise<number> =>
      calls('/team/daily/activity', { team_ids: ids }, key)
    expect(await of(boss.key)).toBe(2)
    expect(await of(owner.key)).toBe(2)
    expect(await of(member.key)).toBe(1)
    expect(await of(guest.key)).toBe(0)
    expect(await of(service)).toBe(1)
    expect(await of(stranger.key)).toBe(404)
    expect(await of(boss.key, `${team.id},${team.other}`)).toBe(404)
    expect(await calls('/team/daily/activity', {}, boss.key)).toBe(2)
    expect(await calls('/team/daily/activity', {})).toBe(3)
    expect(await calls('/team/daily/activity', { exclude_team_ids: team.id })).toBe(1)
  })

  test('Z-02: a foreign team and none get one answer', async () => {
    const answers = await Promise.all(
      [team.other, 'team-none'].map(async (id) => {
        const { status, text } = await desk.get(query('/team/daily/activity', { ...DATES, team_ids: id }), member.key)
        return [status, text.replaceAll(id, 'id')]
      }),
    )
    expect(answers[0]).toEqual(answers[1])
  })

  test('of organisations: for their admins', async () => {
    const of = (key: string): Promise<number> =>
      calls('/organization/daily/activity', { organization_ids: org.id }, key)
    expect(await of(owner.key)).toBe(2)
    expect(await of(boss.key)).toBe(404)
    expect(await of(member.key)).toBe(404)
  })

  test('of customers and tags: in the lines that one sees', async () => {
    for (const [path, filter] of [
      ['/customer/daily/activity', { end_user_ids: customer }],
      ['/end_user/daily/activity', { end_user_ids: customer }],
      ['/tag/daily/activity', { tags: tag }],
    ] as const) {
      expect(await calls(path, filter, boss.key)).toBe(1)
      expect(await calls(path, filter, stranger.key)).toBe(0)
      expect(await calls(path, filter)).toBe(1)
    }
  })

  test('a call with two tags is one call, and one of each', async () => {
    const { results } = await desk.read(query('/tag/daily/activity', DATES))
    const [day] = results
    expect(day.metrics.api_requests).toBe(1)
    const counts = Object.entries(day.breakdown.entities).map(([name, { metrics }]: Answer['json']) => [
      name,
      metrics.api_requests,
    ])
    expect(Object.fromEntries(counts)).toEqual({ [tag]: 1, [`${tag}-2`]: 1 })
    expect(day.breakdown).toMatchObject({
      mcp_servers: {},
      model_groups: { 'gpt-4o-mini': { metrics: { api_requests: 1 } } },
      endpoints: { '/chat/completions': { metrics: { api_requests: 1 } } },
      api_keys: { [hashOf(service)]: { metadata: { team_id: team.id } } },
    })
  })

  test('pages of one row each add up to the whole, and past the last one there is nothing', async () => {
    const page = (number: number, page_size: number): Promise<Answer['json']> =>
      desk.read(query('/user/daily/activity', { ...DATES, page_size, page: number }))
    const whole = await page(1, 1_000)
    expect(whole.metadata).toMatchObject({ total_pages: 1, has_more: false })
    const { total_pages: pages } = (await page(1, 1)).metadata
    expect(pages).toBeGreaterThan(2)
    let calls = 0
    const keys = new Set<string>()
    for (let number = 1; number <= pages; number += 1) {
      const { results, metadata } = await page(number, 1)
      expect(metadata).toMatchObject({ page: number, total_pages: pages, has_more: number < pages })
      calls += metadata.total_api_requests
      for (const { breakdown } of results) for (const key of Object.keys(breakdown.api_keys)) keys.add(key)
    }
    expect(calls).toBe(whole.metadata.total_api_requests)
    expect(keys).toEqual(
      new Set(whole.results.flatMap(({ breakdown }: Answer['json']) => Object.keys(breakdown.api_keys))),
    )
    for (const beyond of [pages + 1, 999_999_999_999_999]) {
      expect(await page(beyond, 1)).toMatchObject({
        results: [],
        metadata: { page: beyond, total_pages: pages, total_api_requests: 0, has_more: false },
      })
    }
  })

  test('what a key spent before it was rotated is shown as its own', async () => {
    const old = await desk.newKey()
    expect((await desk.chat('gpt-4o', old)).status).toBe(200)
    const { key } = await desk.done('/key/regenerate', { key: old })
    await expect.poll(() => calls('/user/daily/activity', { api_key: hashOf(key) }), { timeout: 10_000 }).toBe(1)
    const { results } = await desk.read(query('/user/daily/activity', { ...DATES, api_key: hashOf(key) }))
    expect(Object.keys(results[0].breakdown.api_keys)).toEqual([hashOf(key)])
  })
})

describe('totals', () => {
  const names = (rows: Answer['json'], member_: string): readonly string[] =>
    rows.map((row: Record<string, string>) => row[member_])

  test('of keys, users and tags, as far as one sees them', async () => {
    expect(names(await desk.read('/spend/keys', boss.key), 'token')).toContain(hashOf(service))
    expect(names(await desk.read('/spend/keys', member.key), 'token')).not.toContain(hashOf(service))
    expect(names(await desk.read('/spend/users', stranger.key), 'user_id')).toEqual([stranger.id])
    expect(names(await desk.read(`/spend/users?user_id=${member.id}`), 'user_id')).toEqual([member.id])
    expect(await desk.read(`/spend/users?user_id=${member.id}`, stranger.key)).toEqual([])
    const users = await desk.read('/spend/users', boss.key)
    expect(names(users, 'user_id').toSorted()).toEqual([boss.id, member.id].toSorted())
    for (const { spend } of users) expect(spend).toBeCloseTo(CHAT_COST, 9)
    expect(await desk.read('/spend/tags', stranger.key)).toEqual([])
    expect(await desk.read(`/spend/tags?tags=${tag}`, boss.key)).toEqual([
      { individual_request_tag: tag, log_count: 1, total_spend: expect.closeTo(CHAT_COST, 4) },
    ])
    expect((await desk.get('/spend/keys', service)).status).toBe(401)
  })

  test.each([
    '/global/spend',
    '/global/spend/logs',
    '/global/spend/keys',
    '/global/spend/models',
    '/global/spend/teams',
    '/global/spend/tags',
    '/global/spend/provider',
    '/global/spend/all_tag_names',
    '/global/activity',
    '/global/activity/model',
    query('/global/spend/report', DATES),
  ])('%s is for administrators and viewers', async (path) => {
    const viewer = await desk.newUser({ user_role: 'proxy_admin_viewer' })
    expect((await desk.get(path, viewer.key)).text).toBe((await desk.get(path)).text)
    for (const { key } of [boss, owner, member]) expect((await desk.get(path, key)).status).toBe(401)
  })

  test('of all, by what they are asked for', async () => {
    const read = (path: string): Promise<Answer['json']> => desk.read(`/global/spend${path}`)
    expect(names(await read('/models?limit=1'), 'model')).toEqual(['gpt-4o'])
    expect(names(await read('/provider'), 'provider')).toEqual(['openai'])
    expect(names(await read('/keys'), 'api_key')).toContain(hashOf(stranger.key))
    const teams = await read('/teams')
    expect(teams.teams.toSorted()).toEqual([team.other, 'search'].toSorted())
    expect(teams.daily_spend[0]).toMatchObject({ search: expect.any(Number), [team.other]: expect.any(Number) })
    expect((await read('/all_tag_names')).tag_names).toEqual([tag, `${tag}-2`])
    expect((await read(`/tags?tags=${tag}`)).spend_per_tag).toMatchObject([{ name: tag, log_count: 1 }])
    expect(await desk.done('/global/spend/end_users', {})).toMatchObject([{ end_user: customer, total_count: 1 }])
  })

  test('calls and tokens by the day, of all and of each model', async () => {
    // Seven tokens in, eight out; midnight may lie between two of the calls.
    const sums = (calls: number) => ({ sum_api_requests: calls, sum_total_tokens: calls * 15 })
    const all = await desk.read(query('/global/activity', DATES))
    const made = (await desk.read('/spend/logs')).length
    expect(all).toMatchObject(sums(made))
    for (const { date } of all.daily_data)
      expect(date).toMatch(/^(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d\d$/)
    const add = (name: string): number =>
      all.daily_data.reduce((sum: number, day: Record<string, number>) => sum + (day[name] ?? 0), 0)
    expect([add('api_requests'), add('total_tokens')]).toEqual([made, made * 15])
    expect(await desk.read('/global/activity')).toEqual(all)

    const models = await desk.read('/global/activity/model')
    expect(names(models, 'model')).toEqual(['gpt-4o', 'gpt-4o-mini'])
    expect(models).toMatchObject([sums(made - 1), { ...sums(1), daily_data: [{ api_requests: 1, total_tokens: 15 }] }])
    const before = query('/global/activity', { start_date: '2020-01-01', end_date: '2020-01-31' })
    expect(await desk.read(before)).toEqual({ daily_data: [], ...sums(0) })
    expect((await desk.get('/global/activity?start_date=2020-01-01')).status).toBe(400)
  })

  test('of each tag, as far as one sees the lines', async () => {
    const row = (name: string) => ({
      tag: name,
      total_requests: 1,
      successful_requests: 1,
      failed_requests: 0,
      total_tokens: 15,
      total_spend: expect.any(Number),
    })
    const sorted = ({ results }: Answer['json']) =>
      results.toSorted((one: { tag: string }, other: { tag: string }) => (one.tag < other.tag ? -1 : 1))
    expect(sorted(await desk.read('/tag/summary'))).toEqual([row(tag), row(`${tag}-2`)])
    expect(await desk.read(query('/tag/summary', { ...DATES, tags: tag }))).toEqual({ results: [row(tag)] })
    for (const { key } of [boss, owner]) expect(sorted(await desk.read('/tag/summary', key))).toHaveLength(2)
    for (const { key } of [member, stranger]) expect((await desk.get('/tag/summary', key)).status).toBe(401)
  })

  test('reports by team, customer, key and person', async () => {
    const report = (more: object): Promise<Answer['json']> =>
      desk.read(query('/global/spend/report', { ...DATES, ...more }))
    expect((await desk.get('/global/spend/report')).status).toBe(400)
    const [day] = await report({ group_by: 'team', team_id: team.id })
    expect(day.teams).toMatchObject([{ team_name: 'search', metadata: expect.any(Array) }])
    const [other] = await report({ group_by: 'customer' })
    expect(other.customers).toMatchObject([{ customer, metadata: [{ model: 'gpt-4o-mini', total_tokens: 15 }] }])
    expect(await report({ api_key: hashOf(stranger.key) })).toMatchObject([
      {
        api_key: hashOf(stranger.key),
        total_input_tokens: 7,
        total_output_tokens: 8,
        model_details: [{ model: 'gpt-4o' }],
      },
    ])
    expect(names(await report({ internal_user_id: stranger.id }), 'api_key')).toEqual([hashOf(stranger.key)])
  })
})

describe('POST /spend/calculate', () => {
  const messages = [{ role: 'user', content: 'Hello there' }]

  test('prices a prompt or a whole answer, and calls nobody', async () => {
    const before = (await desk.read('/spend/logs')).length
    const prompt = await desk.done('/spend/calculate', { model: 'gpt-4o', messages }, member.key)
    expect(prompt.cost).toBeGreaterThan(0)
    const completion_response = { model: 'gpt-4o', usage: { prompt_tokens: 7, completion_tokens: 8, total_tokens: 15 } }
    const answer = await desk.done('/spend/calculate', { completion_response }, member.key)
    expect(answer.cost).toBeCloseTo(CHAT_COST, 9)
    expect((await desk.read('/spend/logs')).length).toBe(before)
  })

  test('needs something to price, and a price', async () => {
    for (const body of [{}, { model: 'gpt-4o' }, { messages }, { model: 'no-such-model', messages }]) {
      expect((await desk.post('/spend/calculate', body)).status).toBe(400)
    }
  })
})
