import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from './support/caller.ts'
import { good } from './support/caller.ts'
import { ORG, TEAM } from './support/cast.ts'
import { freshCustomer, freshKey, freshTag, freshTeam, freshUser } from './support/fresh.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'

let realm: Realm

beforeAll(async () => {
  realm = await startRealm()
  const { master, u2, u3 } = realm.cast
  for (let i = 0; i < 12; i += 1) {
    await freshKey(master, { user_id: u2.id, team_id: TEAM.amber, key_alias: `secret-name-${i}-amber`, max_budget: i })
    await freshUser(master, 'amber')
    if (i < 3) await freshKey(master, { user_id: u3.id, key_alias: `name-${i}-cobalt` })
  }
  await freshTeam(master, 'amber')
  await freshTag(master, 'amber')
  await freshCustomer(master, 'amber')
  await realm.cast.inTeam.u2.chat('m1', { user: 'customer-seen-amber' })
  await realm.cast.inTeam.u3.chat('m1')
})

afterAll(() => realm.close())

const DATES = 'start_date=2020-01-01&end_date=2040-01-01'
const LISTS: readonly string[] = [
  '/key/list?size=100',
  '/key/list?size=100&return_full_object=true&include_team_keys=true&include_created_by_keys=true&expand=user',
  '/key/list?status=deleted',
  '/key/aliases',
  '/user/list?page_size=100',
  '/user/get_users?page_size=100',
  '/user/filter/ui?user_email=example',
  '/user/info',
  '/v2/user/info',
  '/team/list',
  '/v2/team/list?page_size=100',
  '/v2/team/list?status=deleted',
  '/team/available',
  '/team/filter/ui',
  '/organization/list',
  '/budget/list',
  '/customer/list',
  '/tag/list',
  '/tag/summary',
  '/model/info',
  '/v2/model/info',
  '/model_group/info',
  '/v1/models',
  '/spend/logs',
  `/spend/logs?${DATES}`,
  `/spend/logs/ui?${DATES}%2000:00:00`,
  '/spend/keys',
  '/spend/users',
  '/spend/tags',
  `/user/daily/activity?${DATES}`,
  `/team/daily/activity?${DATES}`,
  `/tag/daily/activity?${DATES}`,
  `/customer/daily/activity?${DATES}`,
  `/organization/daily/activity?${DATES}`,
  '/audit?page_size=100',
  '/access_group/list',
]

const STRANGERS = ['u3', 'u4', 'oa2'] as const

describe('AC-096, INV-18: nothing of one tenant is in the other’s lists', () => {
  test.each(LISTS)('%s', async (path) => {
    for (const name of STRANGERS) {
      const { status, text } = await realm.cast[name].get(path)
      expect.soft(status, name).toBeLessThan(500)
      expect.soft(text.toLowerCase(), name).not.toContain('amber')
    }
  })

  test('a filter that names the other tenant finds nothing, whatever is put into it', async () => {
    const filters = [
      `/key/list?team_id=${TEAM.amber}`,
      '/key/list?user_id=u2-amber',
      `/key/list?organization_id=${ORG.amber}`,
      '/key/list?key_alias=secret-name',
      '/key/list?key_alias=%25',
      '/user/list?user_ids=u2-amber',
      '/user/list?user_ids=u2-amber,u3-cobalt',
      '/user/list?user_email=amber',
      `/user/list?team=${TEAM.amber}`,
      `/user/list?organization_ids=${ORG.amber}`,
      '/user/list?user_email=%25',
      '/v2/team/list?team_alias=amber',
      `/v2/team/list?organization_id=${ORG.amber}`,
      `/v2/team/list?user_id=u2-amber`,
      '/team/list?user_id=u2-amber',
      `/organization/list?org_id=${ORG.amber}`,
      '/organization/list?org_alias=amber',
      '/spend/logs?user_id=u2-amber',
      `/spend/logs?team_id=${TEAM.amber}`,
      `/team/daily/activity?team_ids=${TEAM.amber}&${DATES}`,
      `/user/daily/activity?user_id=u2-amber&${DATES}`,
      `/audit?object_id=${TEAM.amber}`,
      "/key/list?key_alias=x'%20OR%20'1'='1",
      "/user/list?user_email=x'%20OR%20'1'='1",
      "/v2/team/list?team_alias=x'%20UNION%20SELECT%20*%20FROM%20latchkey.virtual_key--",
      '/key/list?sort_by=created_at;drop%20table%20latchkey.virtual_key',
      '/key/list?sort_by=(select%20token%20from%20latchkey.virtual_key)',
    ]
    for (const path of filters) {
      for (const name of STRANGERS) {
        const { status, text } = await realm.cast[name].get(path)
        const shown = text.replaceAll(/u2-amber|org-amber|team-amber/g, '')
        expect.soft(status, `${name} ${path}`).toBeLessThan(500)
        expect.soft(shown, `${name} ${path}`).not.toContain('amber')
        if (status === 200) expect.soft(totalsIn(text), `${name} ${path}`).not.toContain(12)
      }
    }
  })

  test('totals and pages count the own objects only, in every order', async () => {
    const { u3 } = realm.cast
    for (const sort_by of ['spend', 'max_budget', 'created_at', 'updated_at', 'token', 'key_alias']) {
      for (const order of ['asc', 'desc']) {
        const seen: unknown[] = []
        const first = await page(u3, sort_by, order, 1)
        for (let at = 1; at <= Number(first['total_pages']); at += 1) {
          const { keys, total_count } = await page(u3, sort_by, order, at)
          expect(total_count).toBe(first['total_count'])
          if (Array.isArray(keys)) seen.push(...keys)
        }
        expect(seen).toHaveLength(Number(first['total_count']))
        expect(new Set(seen).size).toBe(seen.length)
        expect(Number(first['total_count'])).toBeLessThan(8)
        expect((await page(u3, sort_by, order, 50))['keys']).toEqual([])
      }
    }
  })

  async function page(caller: Caller, sort: string, order: string, at: number): Promise<Record<string, unknown>> {
    return { ...good(await caller.get(`/key/list?size=2&page=${at}&sort_by=${sort}&sort_order=${order}`)) }
  }
})

function totalsIn(text: string): readonly number[] {
  return [...text.matchAll(/"(?:total|total_count|members_count|key_count)":\s*(\d+)/g)].map((match) =>
    Number(match[1]),
  )
}

test('Z-27: members see no e-mail addresses of others, and no keys of others', async () => {
  const { u2, cast } = { u2: realm.cast.u2, cast: realm.cast }
  for (const path of [`/team/info?team_id=${TEAM.amber}`, '/team/list?user_id=u2-amber', '/v2/team/list']) {
    const { text } = await u2.get(path)
    expect.soft(text, path).not.toMatch(/(u1|v1|oa1)-amber@example\.com/)
    expect.soft(text, path).not.toContain(cast.inTeam.u1.hash)
    expect.soft(text, path).not.toContain('team-key-of-u1')
  }
})
