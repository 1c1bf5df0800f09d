import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from './support/caller.ts'
import { DEAD, NOT_FOR_YOU, TOO_MUCH, callerOf, good, textAt } from './support/caller.ts'
import { ORG, TEAM } from './support/cast.ts'
import { freshBudget, freshKey, freshTeam, freshUser } from './support/fresh.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'
import { keyRow } from './support/state.ts'

let realm: Realm

beforeAll(async () => {
  realm = await startRealm()
})

afterAll(() => realm.close())

/** Somebody of the amber team who has more elsewhere: an organisation, another team, and keys of their own. */
async function powerfulMember(): Promise<string> {
  const { master } = realm.cast
  const id = await freshUser(master, 'amber')
  good(await master.patch('/organization/member_update', member(ORG.amber, id, 'org_admin')))
  good(await master.post('/team/member_add', { team_id: TEAM.amber, member: { role: 'user', user_id: id } }))
  return id
}

function member(organization_id: string, user_id: string, role: string): object {
  return { organization_id, user_id, role }
}

async function keyFrom(maker: Caller, body: object): Promise<Caller> {
  return callerOf(realm.port, textAt(good(await maker.post('/key/generate', body)), 'key'))
}

/** It calls models and looks at itself, and has none of its user’s rights. */
async function actsForNobody(key: Caller, userId: string): Promise<void> {
  const { master } = realm.cast
  const personal = await freshKey(master, {
    user_id: userId,
    key_alias: `personal-of-${userId}-${key.hash.slice(0, 8)}`,
  })
  const elsewhere = await freshTeam(master, 'amber')
  good(await master.post('/team/member_add', { team_id: elsewhere, member: { role: 'admin', user_id: userId } }))

  expect((await key.chat('m1')).status).toBe(200)
  expect((await key.get('/key/info')).status).toBe(200)
  for (const [path, body] of [
    [`/key/${personal.hash}/regenerate`, {}],
    ['/key/update', { key: personal.hash, key_alias: 'taken' }],
    ['/key/delete', { keys: [personal.hash] }],
    ['/key/generate', {}],
    ['/team/update', { team_id: elsewhere, team_alias: 'taken' }],
    ['/team/member_add', { team_id: elsewhere, member: { role: 'user', user_id: realm.cast.u2.id } }],
    ['/team/new', { organization_id: ORG.amber }],
    ['/user/update', { user_id: userId, user_alias: 'taken' }],
    ['/key/regenerate', {}],
    ['/key/regenerate', { key: key.hash }],
  ] as const) {
    expect.soft(NOT_FOR_YOU.concat(400), path).toContain((await key.post(path, body)).status)
  }
  for (const path of [
    '/user/list',
    `/organization/info?organization_id=${ORG.amber}`,
    `/key/info?key=${personal.hash}`,
  ]) {
    expect.soft(NOT_FOR_YOU, path).toContain((await key.get(path)).status)
  }
  expect((await key.get('/key/list?return_full_object=true')).text).not.toContain('personal-of-')
}

describe('INV-13: a key whose secret is in two hands', () => {
  test('that a team’s administrator makes for a member manages nothing', async () => {
    const id = await powerfulMember()
    await actsForNobody(await keyFrom(realm.cast.u1, { user_id: id, team_id: TEAM.amber }), id)
  })

  test('that an organisation’s administrator makes for a member manages nothing', async () => {
    const id = await powerfulMember()
    await actsForNobody(await keyFrom(realm.cast.oa1, { user_id: id, organization_id: ORG.amber }), id)
  })

  test('loses its user’s rights when somebody else rotates it, and has them again from its user’s own hand', async () => {
    const { master, u1 } = realm.cast
    const id = await powerfulMember()
    const theirs = await freshKey(master, { user_id: id, team_id: TEAM.amber })
    expect((await callerOf(realm.port, theirs.key).get('/user/list')).status).toBe(200)

    const rotated = good(await u1.post('/key/regenerate', { key: theirs.hash }))
    const given = callerOf(realm.port, textAt(rotated, 'key'))
    await actsForNobody(given, id)

    const owner = callerOf(realm.port, (await freshKey(master, { user_id: id })).key)
    const own = callerOf(realm.port, textAt(good(await owner.post('/key/regenerate', { key: given.hash })), 'key'))
    expect((await own.get('/user/list')).status).toBe(200)
  })

  test('stays so while an earlier secret of it works, which somebody else was given', async () => {
    const { master, u1 } = realm.cast
    const id = await powerfulMember()
    const owner = callerOf(realm.port, (await freshKey(master, { user_id: id })).key)
    const given = await keyFrom(u1, { user_id: id, team_id: TEAM.amber })
    const rotate = async (hash: string, more: object): Promise<Caller> =>
      callerOf(realm.port, textAt(good(await owner.post('/key/regenerate', { key: hash, ...more })), 'key'))

    const second = await rotate(given.hash, { grace_period: '1h' })
    for (const key of [given, second]) {
      expect((await key.chat('m1')).status).toBe(200)
      expect.soft(NOT_FOR_YOU).toContain((await key.get('/user/list')).status)
      expect.soft(NOT_FOR_YOU).toContain((await key.post('/key/generate', {})).status)
    }
    const third = await rotate(second.hash, { grace_period: '0s' })
    expect((await third.get('/user/list')).status).toBe(200)
    for (const key of [given, second]) expect(DEAD).toContain((await key.get('/key/info')).status)
  })

  test('is not to be had from a key of an administrator', async () => {
    const { master, oa1, u1, pa } = realm.cast
    good(await master.post('/team/member_add', { team_id: TEAM.amber, member: { role: 'user', user_id: pa.id } }))
    for (const user_id of [pa.id, 'default_user_id']) {
      const { key, hash } = await freshKey(master, { user_id, team_id: TEAM.amber })
      const before = await keyRow(master, hash)
      for (const caller of [u1, oa1]) {
        expect(TOO_MUCH).toContain((await caller.post(`/key/${hash}/regenerate`, {})).status)
        expect(TOO_MUCH).toContain((await caller.post('/key/regenerate', { key: hash, grace_period: '1h' })).status)
      }
      expect(await keyRow(master, hash)).toEqual(before)
      expect((await callerOf(realm.port, key).get('/audit')).status).toBe(200)
    }
  })

  test('tells whoever gave it out nothing of its user’s other teams and keys', async () => {
    const { master, u1, u3 } = realm.cast
    const id = await powerfulMember()
    const elsewhere = await freshTeam(master, 'cobalt')
    good(await master.post('/team/member_add', { team_id: elsewhere, member: { role: 'user', user_id: id } }))
    const team_member_permissions = ['/spend/logs', '/team/daily/activity', '/key/list']
    good(await master.post('/team/permissions_update', { team_id: elsewhere, team_member_permissions }))
    const [theirs, others] = [
      await freshKey(master, { user_id: id, team_id: elsewhere }),
      await freshKey(master, { user_id: u3.id, team_id: elsewhere }),
    ]
    for (const { key } of [theirs, others]) good(await callerOf(realm.port, key).chat('m2'))
    const given = await keyFrom(u1, { user_id: id, team_id: TEAM.amber })
    good(await given.chat('m1'))

    const days = 'start_date=2020-01-01&end_date=2040-01-01'
    const lines = `/spend/logs?team_id=${elsewhere}`
    const owner = callerOf(realm.port, (await freshKey(master, { user_id: id })).key)
    await expect.poll(async () => (await owner.get(lines)).text).toContain(others.hash)
    for (const path of [
      '/spend/logs',
      lines,
      `/spend/logs/v2?${days}`,
      `/user/daily/activity?${days}`,
      `/team/daily/activity?${days}`,
      `/team/daily/activity?${days}&team_ids=${elsewhere}`,
      `/team/info?team_id=${TEAM.amber}`,
      '/team/list',
      `/team/list?user_id=${id}`,
    ]) {
      const { text } = await given.get(path)
      for (const secret of [elsewhere, theirs.hash, others.hash, 'm2']) {
        expect.soft(text.replaceAll(`team_id=${elsewhere}`, ''), path).not.toContain(secret)
      }
    }
    for (const subject of [{ user_id: id }, { user_id: id, team_id: elsewhere }, { key: theirs.hash }]) {
      const asked = { ...subject, route: '/v1/chat/completions', model: 'm3' }
      expect((await owner.post('/authz/explain', asked)).status).toBe(200)
      expect.soft((await given.post('/authz/explain', asked)).status, JSON.stringify(subject)).toBe(404)
    }
    const itself = { key: given.hash, route: '/v1/chat/completions', model: 'm1' }
    expect(good(await given.post('/authz/explain', itself))['verdict']).toBe('allow')
  })

  test('that an organisation’s administrator gets with a new account is that account’s', async () => {
    const { oa1 } = realm.cast
    const made = good(await oa1.post('/user/new', { organizations: [ORG.amber], user_role: 'internal_user' }))
    const key = callerOf(realm.port, textAt(made, 'key'))
    expect((await key.get(`/user/info?user_id=${textAt(made, 'user_id')}`)).status).toBe(200)
  })
})

describe('INV-12: what binds a key binds what it makes', () => {
  const BOUND = {
    duration: '1h',
    enforced_params: ['user'],
    tags: ['billed'],
    metadata: { allowed_tools: ['search'] },
    model_rpm_limit: { m1: 3 },
    model_tpm_limit: { m1: 300 },
    model_max_budget: { m1: { budget_limit: 1, time_period: '1d' } },
  }

  async function boundKey(): Promise<Caller> {
    const { master, u2 } = realm.cast
    return callerOf(realm.port, (await freshKey(master, { user_id: u2.id, ...BOUND })).key)
  }

  test('without a wish: its end, tags, parameters, tools and limits of models', async () => {
    const holder = await boundKey()
    const child = await keyFrom(holder, {})
    const [own, made] = [await keyRow(realm.cast.master, holder.hash), await keyRow(realm.cast.master, child.hash)]
    for (const name of ['expires', 'metadata', 'model_max_budget']) expect.soft(made[name], name).toEqual(own[name])
  })

  test.each([
    { duration: '2h' },
    { enforced_params: ['metadata'] },
    { tags: ['other'] },
    { metadata: { allowed_tools: [] } },
    { metadata: { allowed_tools: ['search', 'buy'] } },
    { model_rpm_limit: { m1: 4 } },
    { model_tpm_limit: { m1: 301 } },
    { model_max_budget: { m1: { budget_limit: 2, time_period: '1d' } } },
    { model_max_budget: { m1: { budget_limit: 1, time_period: '1h' } } },
  ])('not beyond: %j', async (wish) => {
    expect((await (await boundKey()).post('/key/generate', wish)).status).toBe(403)
  })

  test.each([
    { duration: '30m' },
    { enforced_params: ['user', 'metadata'] },
    { tags: ['billed', 'other'] },
    { metadata: { allowed_tools: ['search'], more: 1 } },
    { model_rpm_limit: { m1: 2, m2: 9 } },
  ])('but within: %j', async (wish) => {
    expect((await (await boundKey()).post('/key/generate', wish)).status).toBe(200)
  })

  test.each([
    { metadata: {} },
    { metadata: { allowed_tools: [] } },
    { metadata: { allowed_tools: ['search', 'buy'] } },
  ])('an owner takes no tools’ limit off a key: %j', async (wish) => {
    const { master, u2 } = realm.cast
    const { hash } = await freshKey(master, { user_id: u2.id, ...BOUND })
    const before = await keyRow(master, hash)
    for (const [path, body] of [
      ['/key/update', { key: hash, ...wish }],
      ['/key/regenerate', { key: hash, ...wish }],
    ] as const) {
      expect((await u2.post(path, body)).status).toBe(403)
    }
    expect(await keyRow(master, hash)).toEqual(before)
  })

  test('K-11: a list of routes or models that is emptied is a raise', async () => {
    const { master, u1, u2, oa1 } = realm.cast
    const narrow = { allowed_routes: ['/chat/completions'], models: ['m1'] }
    const own = await freshKey(master, { user_id: u2.id, ...narrow })
    const teams = await freshKey(master, { team_id: TEAM.amber, ...narrow })
    for (const [caller, { hash }] of [
      [u2, own],
      [u1, teams],
      [oa1, teams],
    ] as const) {
      for (const wish of [{ allowed_routes: [] }, { models: [] }]) {
        expect((await caller.post('/key/update', { key: hash, ...wish })).status).toBe(403)
        expect((await caller.post('/key/regenerate', { key: hash, ...wish })).status).toBe(403)
      }
      expect(await keyRow(master, hash)).toMatchObject(narrow)
    }
  })

  test('nor does a team’s administrator off the team', async () => {
    const { master, u1 } = realm.cast
    const team_id = await freshTeam(master, 'amber', { metadata: { allowed_tools: ['search'], note: 1 } })
    for (const metadata of [{}, { note: 2 }, { allowed_tools: [] }, { allowed_tools: ['search', 'buy'] }]) {
      expect((await u1.post('/team/update', { team_id, metadata })).status).toBe(403)
    }
    expect((await u1.post('/team/update', { team_id, metadata: { allowed_tools: ['search'] } })).status).toBe(200)
  })
})

describe('Z-11, Z-15: where a key belongs', () => {
  test('a key in a team names no other organisation, so that no other one pays', async () => {
    const { master, u1, oa1, u4 } = realm.cast
    for (const caller of [u1, oa1]) {
      for (const organization_id of [ORG.cobalt, 'org-absent']) {
        expect((await caller.post('/key/generate', { team_id: TEAM.amber, organization_id })).status).toBe(403)
      }
    }
    expect((await master.post('/key/generate', { team_id: TEAM.amber, organization_id: ORG.cobalt })).status).toBe(400)
    good(await master.post('/key/generate', { team_id: TEAM.amber, organization_id: ORG.amber }))
    good(await u4.post('/key/generate', { team_id: TEAM.cobalt, organization_id: ORG.cobalt }))
    const { hash } = await freshKey(master, { team_id: TEAM.amber })
    expect((await master.post('/key/update', { key: hash, organization_id: ORG.cobalt })).status).toBe(400)
  })

  test('shared budgets are handed out by proxy administrators', async () => {
    const { master, u1, u2, oa1 } = realm.cast
    const budget_id = await freshBudget(master, 'amber')
    for (const caller of [u1, u2, oa1]) {
      for (const more of [{}, { team_id: TEAM.amber }]) {
        const [there, absent] = [
          await caller.post('/key/generate', { budget_id, ...more }),
          await caller.post('/key/generate', { budget_id: 'budget-absent', ...more }),
        ]
        expect([there.status, absent.status]).toEqual([403, 403])
        expect(there.text).toBe(absent.text)
      }
    }
  })

  test('a member makes keys of nobody’s own where the team lets its members do that, and not otherwise', async () => {
    const { master, u2 } = realm.cast
    const make = async (path: string, ...team_member_permissions: readonly string[]): Promise<number> => {
      const team_id = await freshTeam(master, 'amber', { team_member_permissions })
      return (await u2.post(path, { team_id })).status
    }
    expect(await make('/key/service-account/generate', '/key/generate')).toBe(403)
    expect(await make('/key/service-account/generate', '/key/service-account/generate')).toBe(200)
    expect(await make('/key/generate', '/key/service-account/generate')).toBe(403)
    expect(await make('/key/generate', '/key/generate')).toBe(200)
  })

  test.each(['/key/regenerate', '/key/{key_id}/regenerate'])(
    'a member rotates where the team lets it: %s',
    async (name) => {
      const { master, u2 } = realm.cast
      const team_id = await freshTeam(master, 'amber', { team_member_permissions: [name] })
      const { hash } = await freshKey(master, { team_id })
      const rotated = good(await u2.post(`/key/${hash}/regenerate`, {}))
      good(await u2.post('/key/regenerate', { key: textAt(rotated, 'token_id') }))
      const closed = await freshKey(master, { team_id: await freshTeam(master, 'amber') })
      expect(DEAD.concat(404)).toContain((await u2.post(`/key/${closed.hash}/regenerate`, {})).status)
    },
  )
})
