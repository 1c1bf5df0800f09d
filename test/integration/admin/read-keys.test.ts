import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MASTER_KEY, openAdminApp } from '../../support/admin-app.ts'
import type { AdminApp } from '../../support/admin-app.ts'

const CHOSEN = 'sk-Zt7wQ2nB9xKe4LmVr8PdHs3GuYc6FaJ1Tb'
const digestOfKey = (key: string) => createHash('sha256').update(key).digest('hex')

const INFO_MEMBERS = `
  access_group_ids agent_id aliases allowed_cache_controls allowed_routes auto_rotate blocked
  budget_duration budget_id budget_limits budget_reset_at config created_at created_by expires
  key_alias key_name key_rotation_at last_active last_rotation_at litellm_budget_table max_budget
  max_parallel_requests metadata model_max_budget model_spend models object_permission_id organization_id
  permissions policies project_id rotation_count rotation_interval router_settings rpm_limit
  soft_budget soft_budget_cooldown spend team_id tpm_limit updated_at updated_by user_id
`
  .trim()
  .split(/\s+/)

let app: AdminApp
beforeEach(async () => {
  app = await openAdminApp()
})
afterEach(() => app.close())

describe('GET /key/info', () => {
  test('the row has every member of the compatible API', async () => {
    const key = await app.makeKey({ key_alias: 'svc-search' })
    const { status, json } = await app.get(`/key/info?key=${digestOfKey(key)}`)
    expect(status).toBe(200)
    expect(json.key).toBe(digestOfKey(key))
    expect(Object.keys(json.info).toSorted()).toEqual(INFO_MEMBERS)
  })

  test('a key reads itself, named or not', async () => {
    const key = await app.makeKey({ key_alias: 'mine' })
    for (const path of ['/key/info', '/key/info?key=', `/key/info?key=${key}`, `/key/info?key=${digestOfKey(key)}`]) {
      expect((await app.get(path, key)).json.info.key_alias).toBe('mine')
    }
  })

  test('INV-14: a key that is another’s and a key that is nobody’s get the same answer', async () => {
    const [mine, other] = [await app.makeKey(), await app.makeKey()]
    const answers = await Promise.all(
      [other, digestOfKey(other), CHOSEN, '0'.repeat(64), 'x'].map((name) => app.get(`/key/info?key=${name}`, mine)),
    )
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect([answers[0]?.status, answers[0]?.json.error]).toEqual([
      404,
      { message: 'Key not found in database', type: 'not_found_error', param: 'key', code: '404' },
    ])
  })

  test('an unknown key is a 404 to the administrator, and so is the master key', async () => {
    for (const path of [`/key/info?key=${CHOSEN}`, '/key/info?key=svc', '/key/info', `/key/info?key=${MASTER_KEY}`]) {
      const { status, json } = await app.get(path)
      expect([status, json.error]).toEqual([
        404,
        { message: 'Key not found in database', type: 'not_found_error', param: 'key', code: '404' },
      ])
    }
  })

  test('AC-045, K-08: the secret is in the answer of its creation and in no other', async () => {
    const key = await app.makeKey({ key_alias: 'svc' })
    const paths = [
      `/key/info?key=${key}`,
      `/key/info?key=${digestOfKey(key)}`,
      '/key/list',
      '/key/list?return_full_object=true',
      '/key/aliases',
      '/spend/keys',
      `/spend/logs?api_key=${key}`,
    ]
    for (const path of paths) {
      const { status, text, headers } = await app.get(path)
      expect([path, status, headers['cache-control']]).toEqual([path, 200, 'no-store'])
      expect(text).not.toContain(key)
    }
  })

  test('AC-040, INV-09: nothing that is stored or shown of a key opens anything', async () => {
    const key = await app.makeKey({ key_alias: 'svc-search', user_id: 'sk-user' })
    const row = (await app.get('/key/list?return_full_object=true')).json.keys[0]
    for (const shown of [
      row.token,
      row.key_alias,
      row.key_name,
      row.user_id,
      key.split('_')[1] ?? '',
      `sk-${row.token}`,
    ]) {
      expect((await app.get('/key/info', shown)).status).toBe(401)
    }
  })

  test('AC-050: a key in the URL is no credential, names a key unless that is switched off, and is told to no log', async () => {
    const key = await app.makeKey()
    for (const name of ['key', 'api_key']) expect((await app.get(`/key/info?${name}=${key}`, '')).status).toBe(401)
    expect((await app.get(`/key/info?key=${key}`)).status).toBe(200)
    await app.get(`/key/info?key=${CHOSEN}`)
    await app.post('/key/update', { key: CHOSEN, models: 7 })
    await app.post('/key/regenerate', { key: CHOSEN })
    expect(app.told.join('\n')).not.toContain(key)
    expect(app.told.join('\n')).not.toContain(CHOSEN)

    const strict = await openAdminApp({ strictNoSecretsInUrl: true })
    const own = await strict.makeKey()
    const paths = [`/key/info?key=${own}`, `/key/list?key_hash=${own}`, `/spend/logs?api_key=${own}`]
    for (const path of paths) expect((await strict.get(path)).status).toBe(400)
    expect((await strict.get(`/key/info?key=${own}`, own)).status).toBe(400)
    expect((await strict.post(`/key/${own}/regenerate`)).status).toBe(400)
    expect((await strict.get(`/key/info?key=${digestOfKey(own)}`)).status).toBe(200)
    await strict.close()
  })
})

describe('GET /key/list', () => {
  test('newest first, in pages of ten', async () => {
    const keys: string[] = []
    for (let n = 0; n < 12; n += 1) {
      keys.push(await app.makeKey())
      app.pass(1)
    }
    const newestFirst = keys.map(digestOfKey).toReversed()
    expect((await app.get('/key/list')).json).toEqual({
      keys: newestFirst.slice(0, 10),
      total_count: 12,
      current_page: 1,
      total_pages: 2,
    })
    expect((await app.get('/key/list?page=2')).json.keys).toEqual(newestFirst.slice(10))
    expect((await app.get('/key/list?page=4&size=5&sort_order=asc')).json).toMatchObject({ keys: [], total_pages: 3 })
  })

  test('no key, no page', async () => {
    expect((await app.get('/key/list')).json).toEqual({ keys: [], total_count: 0, current_page: 1, total_pages: 0 })
  })

  test('filters, also by a user id with a plus sign', async () => {
    const key = await app.makeKey({ key_alias: 'svc', user_id: 'ana+x@example.com' })
    await app.makeKey()
    const digest = digestOfKey(key)
    const filters = [
      'user_id=ana+x@example.com',
      'user_id=ana%2Bx%40example.com',
      'key_alias=svc',
      'key_alias=SV',
      `key_hash=${digest}`,
      `key_hash=${key}`,
    ]
    for (const filter of filters) expect((await app.get(`/key/list?${filter}`)).json.keys).toEqual([digest])
    for (const filter of ['team_id=t1', 'key_hash=svc', 'user_id=%20', 'key_alias=s%25c', 'organization_id=o1']) {
      expect((await app.get(`/key/list?${filter}`)).json.total_count).toBe(0)
    }
  })

  test('whole rows on request', async () => {
    const key = await app.makeKey({ key_alias: 'svc' })
    const { json } = await app.get('/key/list?return_full_object=True')
    expect(json.keys).toMatchObject([{ token: digestOfKey(key), key_alias: 'svc', spend: 0 }])
  })

  test('an order that is not on the list, and pages out of bounds, are refused', async () => {
    const column = await app.get('/key/list?sort_by=password')
    expect([column.status, column.json.error.message]).toEqual([
      400,
      'Invalid sort column. Must be one of: spend, max_budget, created_at, updated_at, token, key_alias',
    ])
    expect((await app.get('/key/list?sort_order=up')).status).toBe(400)
    expect((await app.get('/key/list?status=gone')).status).toBe(400)
    for (const [query, type] of [
      ['page=0', 'greater_than_equal'],
      ['size=101', 'less_than_equal'],
      ['size=many', 'int_parsing'],
    ]) {
      const { status, json } = await app.get(`/key/list?${query}`)
      expect([status, json.detail[0].type, json.detail[0].loc[0]]).toEqual([422, type, 'query'])
    }
    for (const sort of ['spend', 'max_budget', 'created_at', 'updated_at', 'token', 'key_alias']) {
      expect((await app.get(`/key/list?sort_by=${sort}`)).status).toBe(200)
    }
  })

  test('deleted keys are listed on request, and only then', async () => {
    const [gone, there] = [await app.makeKey(), await app.makeKey()]
    await app.post('/key/delete', { keys: [gone] })
    expect((await app.get('/key/list')).json.keys).toEqual([digestOfKey(there)])
    expect((await app.get('/key/list?status=deleted')).json).toMatchObject({
      keys: [digestOfKey(gone)],
      total_count: 1,
    })
  })

  test('INV-18: a key lists itself and what is its user’s, in rows, totals and aliases', async () => {
    const service = await app.makeKey({ key_alias: 'service' })
    const mine = await app.makeKey({ key_alias: 'mine', user_id: 'ana' })
    const other = await app.makeKey({ key_alias: 'other', user_id: 'ana' })
    await app.makeKey({ key_alias: 'foreign', user_id: 'bob' })
    const listed = async (path: string, key: string) => (await app.get(path, key)).json
    expect(await listed('/key/list', service)).toMatchObject({ keys: [digestOfKey(service)], total_count: 1 })
    const own = await listed('/key/list?sort_by=key_alias&sort_order=asc', mine)
    expect(own).toMatchObject({ keys: [digestOfKey(mine), digestOfKey(other)], total_count: 2 })
    expect(await listed('/key/list?key_alias=foreign', mine)).toMatchObject({ keys: [], total_count: 0 })
    expect(await listed('/key/aliases', mine)).toMatchObject({ aliases: ['mine', 'other'], total_count: 2 })
    expect(await listed('/key/aliases?search=o&size=5', mine)).toMatchObject({ aliases: ['other'], total_count: 1 })
  })

  test('INV-18: what everybody spent is for administrators; a user’s key sees its user’s keys', async () => {
    const [mine, service] = [await app.makeKey({ user_id: 'ana' }), await app.makeKey()]
    await app.makeKey({ user_id: 'bob' })
    const keys: { token: string }[] = (await app.get('/spend/keys', mine)).json
    expect(keys.map(({ token }) => token)).toEqual([digestOfKey(mine)])
    expect((await app.get('/spend/keys', service)).status).toBe(401)
    for (const key of [mine, service]) expect((await app.get('/global/spend', key)).status).toBe(401)
  })
})

test('GET /key/aliases: the aliases in use, in order, whole for who asks for no page', async () => {
  expect((await app.get('/key/aliases')).json).toEqual({
    aliases: [],
    total_count: 0,
    current_page: 1,
    total_pages: 0,
    size: 0,
  })
  for (const key_alias of ['b', undefined, 'a', 'C 100%']) await app.makeKey({ key_alias })
  const whole = { aliases: ['C 100%', 'a', 'b'], total_count: 3, current_page: 1, total_pages: 1, size: 3 }
  expect((await app.get('/key/aliases')).json).toEqual(whole)
  expect((await app.get('/key/aliases?search=&team_id=')).json).toEqual(whole)
  const page = async (query: string) => (await app.get(`/key/aliases?${query}`)).json
  expect(await page('page=2&size=2')).toEqual({
    aliases: ['b'],
    total_count: 3,
    current_page: 2,
    total_pages: 2,
    size: 2,
  })
  expect(await page('page=1')).toMatchObject({ aliases: whole.aliases, size: 50 })
  expect(await page('page=999999999999')).toMatchObject({ aliases: [], total_count: 3, current_page: 999_999_999_999 })
  expect(await page('search=c%201')).toMatchObject({ aliases: ['C 100%'], total_count: 1 })
  expect(await page('search=_')).toMatchObject({ aliases: [], total_count: 0 })
  expect(await page('team_id=nowhere')).toMatchObject({ aliases: [], total_count: 0 })
  for (const wrong of ['page=0', 'size=0', 'size=101', 'size=x', 'page=-1', 'page=1.5']) {
    expect([wrong, (await app.get(`/key/aliases?${wrong}`)).status]).toEqual([wrong, 422])
  }
})
