import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answer, Ask } from '../hostile/support/stand.ts'
import type { Caller } from './support/caller.ts'
import { NOT_FOR_YOU, REFUSED, digestOf, good } from './support/caller.ts'
import { ORG, TEAM } from './support/cast.ts'
import { freshKey, freshTeam, freshUser } from './support/fresh.ts'
import type { Realm } from './support/realm.ts'
import { startRealm } from './support/realm.ts'
import { keyRow, stateOf } from './support/state.ts'

let realm: Realm
/** Objects of the foreign tenant, by what they are. */
let foreign: Readonly<Record<Kind, string>>
/** What has the same form and length and is not there. */
let absent: Readonly<Record<Kind, string>>

/** A key of the callers' team, of nobody's own. */
let teamKey: string
const NAMES = { team: 'team_id', user: 'user_id', org: 'organization_id' } as const

type Kind = 'key' | 'secret' | 'alias' | 'user' | 'team' | 'org'

beforeAll(async () => {
  realm = await startRealm()
  const { master, u3 } = realm.cast
  const alias = 'alias-of-a-key-cobalt'
  const { key, hash } = await freshKey(master, { user_id: u3.id, team_id: TEAM.cobalt, key_alias: alias })
  teamKey = (await freshKey(master, { team_id: TEAM.amber })).hash
  foreign = {
    key: hash,
    secret: key,
    alias,
    user: await freshUser(master, 'cobalt'),
    team: await freshTeam(master, 'cobalt'),
    org: ORG.cobalt,
  }
  absent = {
    key: digestOf('of nothing'),
    secret: await deadSecret(),
    alias: alias.replace('cobalt', 'cobolt'),
    user: foreign.user.replace('cobalt', 'cobolt'),
    team: foreign.team.replace('cobalt', 'cobolt'),
    org: foreign.org.replace('cobalt', 'cobolt'),
  }
})

afterAll(() => realm.close())

/** A secret of the right form that belongs to no row. */
async function deadSecret(): Promise<string> {
  const { key, hash } = await freshKey(realm.cast.master, {})
  good(await realm.cast.master.post('/key/delete', { keys: [hash] }))
  return key
}

const QUESTIONS: readonly { readonly name: string; readonly kind: Kind; readonly ask: (id: string) => Ask }[] = [
  ...(['key', 'secret', 'alias'] as const).flatMap((kind) => [
    { name: `GET /key/info by ${kind}`, kind, ask: (id: string) => ({ path: `/key/info?key=${id}` }) },
    { name: `POST /key/update by ${kind}`, kind, ask: (key: string) => posted('/key/update', { key, key_alias: 'x' }) },
    { name: `POST /key/block by ${kind}`, kind, ask: (key: string) => posted('/key/block', { key }) },
    { name: `POST /key/unblock by ${kind}`, kind, ask: (key: string) => posted('/key/unblock', { key }) },
    { name: `POST /key/regenerate by ${kind}`, kind, ask: (key: string) => posted('/key/regenerate', { key }) },
    { name: `POST /key/{key}/regenerate by ${kind}`, kind, ask: (id: string) => posted(`/key/${id}/regenerate`, {}) },
    { name: `POST /key/delete by ${kind}`, kind, ask: (id: string) => posted('/key/delete', { keys: [id] }) },
    { name: `POST /v2/key/info by ${kind}`, kind, ask: (id: string) => posted('/v2/key/info', { keys: [id] }) },
    {
      name: `POST /key/{key}/reset_spend by ${kind}`,
      kind,
      ask: (id: string) => posted(`/key/${id}/reset_spend`, { reset_to: 0 }),
    },
  ]),
  { name: 'POST /key/delete by key_aliases', kind: 'alias', ask: (id) => posted('/key/delete', { key_aliases: [id] }) },
  { name: 'GET /key/list of a user', kind: 'user', ask: (id) => ({ path: `/key/list?user_id=${id}` }) },
  {
    name: 'GET /key/list of a team',
    kind: 'team',
    ask: (id) => ({ path: `/key/list?team_id=${id}&include_team_keys=true` }),
  },
  { name: 'GET /key/list of an organisation', kind: 'org', ask: (id) => ({ path: `/key/list?organization_id=${id}` }) },
  { name: 'GET /key/list by hash', kind: 'key', ask: (id) => ({ path: `/key/list?key_hash=${id}` }) },
  { name: 'GET /key/list by alias', kind: 'alias', ask: (id) => ({ path: `/key/list?key_alias=${id}` }) },
  {
    name: 'POST /key/generate in a team',
    kind: 'team',
    ask: (team_id) => posted('/key/generate', { team_id, models: ['m1'] }),
  },
  { name: 'POST /key/generate for a user', kind: 'user', ask: (user_id) => posted('/key/generate', { user_id }) },
  {
    name: 'POST /key/generate in an organisation',
    kind: 'org',
    ask: (id) => posted('/key/generate', { organization_id: id }),
  },
  ...(['team', 'user', 'org'] as const).flatMap((kind) => [
    {
      name: `POST /key/generate in a team of one’s own with a foreign ${kind}`,
      kind,
      ask: (id: string) => posted('/key/generate', { team_id: TEAM.amber, [NAMES[kind]]: id }),
    },
    {
      name: `POST /key/update of a team’s key to a foreign ${kind}`,
      kind,
      ask: (id: string) => posted('/key/update', { key: teamKey, [NAMES[kind]]: id }),
    },
  ]),
  { name: 'GET /user/info', kind: 'user', ask: (id) => ({ path: `/user/info?user_id=${id}` }) },
  { name: 'GET /v2/user/info', kind: 'user', ask: (id) => ({ path: `/v2/user/info?user_id=${id}` }) },
  { name: 'POST /user/update', kind: 'user', ask: (user_id) => posted('/user/update', { user_id, user_alias: 'x' }) },
  { name: 'POST /user/delete', kind: 'user', ask: (id) => posted('/user/delete', { user_ids: [id] }) },
  { name: 'GET /team/info', kind: 'team', ask: (id) => ({ path: `/team/info?team_id=${id}` }) },
  { name: 'GET /team/permissions_list', kind: 'team', ask: (id) => ({ path: `/team/permissions_list?team_id=${id}` }) },
  {
    name: 'GET /team/daily/activity',
    kind: 'team',
    ask: (id) => ({ path: `/team/daily/activity?team_ids=${id}&start_date=2020-01-01&end_date=2030-01-01` }),
  },
  { name: 'GET /team/{id}/callback', kind: 'team', ask: (id) => ({ path: `/team/${id}/callback` }) },
  {
    name: 'POST /team/{id}/callback',
    kind: 'team',
    ask: (id) => posted(`/team/${id}/callback`, { callback_name: 'x' }),
  },
  { name: 'POST /team/{id}/disable_logging', kind: 'team', ask: (id) => posted(`/team/${id}/disable_logging`, {}) },
  { name: 'GET /v2/team/list', kind: 'team', ask: (id) => ({ path: `/v2/team/list?team_id=${id}` }) },
  { name: 'GET /team/list of a user', kind: 'user', ask: (id) => ({ path: `/team/list?user_id=${id}` }) },
  {
    name: 'GET /team/list of an organisation',
    kind: 'org',
    ask: (id) => ({ path: `/team/list?organization_id=${id}` }),
  },
  ...['update', 'block', 'unblock', 'permissions_update'].map((verb) => ({
    name: `POST /team/${verb}`,
    kind: 'team' as const,
    ask: (team_id: string) => posted(`/team/${verb}`, { team_id, max_budget: 1, team_member_permissions: [] }),
  })),
  { name: 'POST /team/delete', kind: 'team', ask: (id) => posted('/team/delete', { team_ids: [id] }) },
  {
    name: 'POST /team/member_add',
    kind: 'team',
    ask: (team_id) => posted('/team/member_add', { team_id, member: { role: 'admin', user_id: realm.cast.u1.id } }),
  },
  {
    name: 'POST /team/member_add of a foreign user',
    kind: 'user',
    ask: (user_id) => posted('/team/member_update', { team_id: TEAM.amber, user_id, role: 'user' }),
  },
  {
    name: 'POST /team/member_delete',
    kind: 'team',
    ask: (team_id) => posted('/team/member_delete', { team_id, user_id: 'u3-cobalt' }),
  },
  {
    name: 'POST /team/model/add',
    kind: 'team',
    ask: (team_id) => posted('/team/model/add', { team_id, models: ['m1'] }),
  },
  { name: 'GET /organization/info', kind: 'org', ask: (id) => ({ path: `/organization/info?organization_id=${id}` }) },
  { name: 'POST /organization/info', kind: 'org', ask: (id) => posted('/organization/info', { organizations: [id] }) },
  {
    name: 'POST /organization/member_add',
    kind: 'org',
    ask: (id) =>
      posted('/organization/member_add', {
        organization_id: id,
        member: { role: 'internal_user', user_id: realm.cast.u2.id },
      }),
  },
  {
    name: 'PATCH /organization/update',
    kind: 'org',
    ask: (id) => ({
      method: 'PATCH',
      path: '/organization/update',
      body: { organization_id: id, organization_alias: 'x' },
    }),
  },
  {
    name: 'DELETE /organization/delete',
    kind: 'org',
    ask: (id) => ({ method: 'DELETE', path: '/organization/delete', body: { organization_ids: [id] } }),
  },
  {
    name: 'POST /team/new in an organisation',
    kind: 'org',
    ask: (id) => posted('/team/new', { organization_id: id, team_id: 'team-of-a-stranger' }),
  },
  { name: 'POST /invitation/new', kind: 'user', ask: (user_id) => posted('/invitation/new', { user_id }) },
]

function posted(path: string, body: object): Ask {
  return { method: 'POST', path, body }
}

const CALLERS = ['u2', 'u1', 'oa1', 'v1', 'ks1'] as const

describe('INV-14, AC-082, AC-083: a foreign object looks like one that does not exist', () => {
  test.each(QUESTIONS)('$name', async ({ kind, ask }) => {
    const { cast } = realm
    const before = await stateOf(cast.master)
    for (const name of CALLERS) {
      const caller: Caller = cast[name]
      const [there, nowhere] = [await caller.ask(ask(foreign[kind])), await caller.ask(ask(absent[kind]))]

      expect.soft(blind(there, foreign[kind]), name).toEqual(blind(nowhere, absent[kind]))
      if (there.status !== 200) expect.soft(REFUSED, `${name}: ${there.text}`).toContain(there.status)
      else expect.soft(withoutId(there.text, foreign[kind]), name).not.toContain('cobalt')
    }
    expect(await stateOf(cast.master)).toBe(before)
  })

  test('and takes as long', { timeout: 60_000 }, async () => {
    const { u2 } = realm.cast
    const times: Record<'there' | 'nowhere', number[]> = { there: [], nowhere: [] }
    for (let i = 0; i < 200; i += 1) {
      for (const which of ['there', 'nowhere'] as const) {
        const started = performance.now()
        await u2.get(`/key/info?key=${which === 'there' ? foreign.key : absent.key}`)
        times[which].push(performance.now() - started)
      }
    }
    expect(Math.abs(median(times.there) - median(times.nowhere))).toBeLessThan(5)
  })
})

/** An answer without what differs between any two answers: the call id, the time, and the id that was asked for. */
function blind({ status, headers, text }: Answer, id: string): object {
  const callId = String(headers['x-litellm-call-id'] ?? 'none')
  const { date: _, 'x-litellm-call-id': __, ...rest } = headers
  const plain = Object.entries(rest).filter(([name]) => !/duration-ms$|^keep-alive$/.test(name))
  return { status, headers: Object.fromEntries(plain), text: withoutId(text, id).replaceAll(callId, '<call>') }
}

function withoutId(text: string, id: string): string {
  return text
    .replaceAll(id, '<id>')
    .replaceAll(digestOf(id), '<hash>')
    .replaceAll(`sk-...${id.slice(-4)}`, '<masked>')
    .replaceAll(`${id.slice(0, 6)}`, '<head>')
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

describe('AC-084, Z-02, Z-03: lists of ids are all or nothing', () => {
  test('one foreign key in a list saves all', async () => {
    const { master, u2 } = realm.cast
    const own = await freshKey(master, { user_id: u2.id })
    const before = await stateOf(master)
    for (const other of [foreign.key, absent.key, foreign.secret]) {
      for (const keys of [
        [own.hash, other],
        [other, own.hash],
      ]) {
        expect(NOT_FOR_YOU).toContain((await u2.post('/key/delete', { keys })).status)
      }
    }
    expect(await stateOf(master)).toBe(before)
  })

  test('one foreign key in a list of changes leaves the others as they are', async () => {
    const { master, u2 } = realm.cast
    const own = await freshKey(master, { user_id: u2.id, max_budget: 5 })
    const before = await stateOf(master)
    for (const other of [foreign.key, absent.key, foreign.secret]) {
      const changes = [own.hash, other].map((key) => ({ key, max_budget: 1 }))
      for (const keys of [changes, changes.toReversed()]) {
        expect((await u2.post('/key/bulk_update', { keys })).status).toBe(404)
      }
    }
    expect(await stateOf(master)).toBe(before)

    const alone = await u2.post('/key/bulk_update', { keys: [{ key: own.hash, max_budget: 1 }] })
    expect(good(alone)['failed_updates']).toEqual([])
    expect((await keyRow(master, own.hash))['max_budget']).toBe(1)
  })

  test('teams, users, organisations and bulk changes', async () => {
    const { master, oa1, u1 } = realm.cast
    const team = await freshTeam(master, 'amber')
    const user = await freshUser(master, 'amber')
    const before = await stateOf(master)

    for (const caller of [oa1, u1]) {
      await caller.post('/team/delete', { team_ids: [team, foreign.team] })
      await caller.post('/user/delete', { user_ids: [user, foreign.user] })
      await caller.remove('/organization/delete', { organization_ids: [ORG.amber, ORG.cobalt] })
      await caller.post('/key/bulk_update', { keys: [{ key: foreign.key, max_budget: 1 }] })
      await caller.post('/team/bulk_member_add', {
        team_id: TEAM.amber,
        members: [
          { user_id: user, role: 'proxy_admin' },
          { user_id: foreign.user, role: 'user' },
        ],
      })
    }
    expect(await stateOf(master)).toBe(before)
  })
})
