import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Members } from '../../support/raw-token.ts'
import { rawToken } from '../../support/raw-token.ts'
import type { Ask } from '../hostile/support/stand.ts'
import { chatAsk, read } from './support/asks.ts'
import { join, newOrganization, newTeam, newUser, update } from './support/people.ts'
import type { Town } from './support/town.ts'
import { fresh, openTown } from './support/town.ts'

const AUTH = {
  user_id_jwt_field: 'uid',
  user_email_jwt_field: 'email',
  team_ids_jwt_field: 'groups',
  org_id_jwt_field: 'org',
  roles_jwt_field: 'roles',
  role_mappings: [{ role: 'svc', internal_role: 'team' }],
  scope_mappings: [
    { scope: 'small', models: ['m1'] },
    { scope: 'large', models: ['m1', 'm2', 'm3'] },
  ],
  enforce_scope_based_access: true,
  user_allowed_email_domain: 'example.com',
}

interface Scene {
  readonly name: string
  readonly claims: Members
  readonly ask: Ask
}

let town: Town
let scenes: readonly Scene[]

beforeAll(async () => {
  town = await openTown({ auth: AUTH })
  const [ann, bob, blocked, root] = [
    await newUser(town),
    await newUser(town, { models: ['m1'] }),
    await newUser(town),
    await newUser(town, { user_role: 'proxy_admin' }),
  ]
  await update(town, '/user/update', { user_id: blocked, blocked: true })
  const [narrow, wide, poor] = [
    await newTeam(town, { models: ['m1'] }),
    await newTeam(town),
    await newTeam(town, { max_budget: 1e-9 }),
  ]
  await join(town, wide, bob)
  const org = await newOrganization(town)
  const base = { email: 'x@example.com', email_verified: true, scope: 'openid large' }
  const of = (uid: string, more: Members = {}): Members => ({ ...base, sub: uid, uid, ...more })
  const list: Ask = { path: '/v1/models' }
  scenes = [
    ['somebody', of(ann), chatAsk()],
    ['nobody', of(fresh('nobody')), chatAsk()],
    ['somebody blocked', of(blocked), chatAsk()],
    ['one team of several', of(ann, { groups: [narrow, wide] }), chatAsk({ model: 'm2' })],
    ['the first of two', of(ann, { groups: [narrow, wide] }), chatAsk({ model: 'm1' })],
    ['a team that cannot', of(ann, { groups: [narrow] }), chatAsk({ model: 'm2' })],
    ['a team that there is not', of(ann, { groups: [fresh('nowhere')] }), chatAsk()],
    ['a team by header', of(ann, { groups: [narrow, wide] }), chatAsk({ team: wide })],
    ['a team of others by header', of(ann, { groups: [narrow] }), chatAsk({ team: wide })],
    ['a spent team', of(ann, { groups: [poor] }), chatAsk()],
    ['a stored team', of(bob), chatAsk({ model: 'm2' })],
    ['an organisation', of(ann, { org }), chatAsk()],
    ['an organisation that there is not', of(ann, { org: fresh('nowhere') }), chatAsk()],
    ['a small scope', of(ann, { scope: 'small' }), chatAsk({ model: 'm2' })],
    ['no scope', of(ann, { scope: undefined }), chatAsk()],
    ['an administrator at work', of(ann, { scope: 'litellm_proxy_admin' }), { path: '/user/list' }],
    ['an administrator who calls', of(ann, { scope: 'litellm_proxy_admin large' }), chatAsk()],
    ['a stored administrator', of(root), { path: '/user/list' }],
    ['somebody who lists', of(ann, { groups: [narrow] }), list],
    ['another domain', of(ann, { email: 'x@other.com' }), chatAsk()],
    ['a wrong type', of(ann, { groups: 5 }), chatAsk()],
    ['another audience', of(ann, { aud: 'x' }), chatAsk()],
    ['a manager of nothing', of(ann), { method: 'POST', path: '/team/new', body: {} }],
  ].map(([name, claims, ask]) => ({ name, claims, ask }) as Scene)
})

afterAll(() => town.close())

/** Name and value, in this order. */
function written(pairs: readonly (readonly [string, unknown])[]): string {
  const said = pairs.filter(([, value]) => value !== undefined)
  return `{${said.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`
}

type Pairs = (pairs: readonly (readonly [string, unknown])[]) => readonly (readonly [string, unknown])[]

function tokenOf({ claims }: Scene, turn: Pairs = (pairs) => pairs): string {
  const { RS256: key } = town.idp.keys
  const header = { alg: 'RS256', kid: key.kid, typ: 'at+jwt' }
  const all = { ...town.idp.claims(), ...claims }
  return rawToken({ header: written(turn(Object.entries(header))), payload: written(turn(Object.entries(all))), key })
}

interface Told {
  readonly status: number
  readonly reason: string | undefined
  readonly message: string
  readonly team: unknown
}

async function told(place: Pick<Town, 'holder'>, token: string, { ask }: Scene): Promise<Told> {
  const verdict = read(await place.holder(token).ask(ask))
  const { status, reason, message } = verdict
  return { status, reason, message, team: verdict.answer.headers['x-litellm-team-id'] }
}

const scene = (index: number): Scene => {
  const found = scenes[index]
  if (found === undefined) throw new Error(`no scene ${index}`)
  return found
}

const COUNT = 23
const NUMBERS = Array.from({ length: COUNT }, (_, index) => index)

test('the scenes are what they say', async () => {
  expect(scenes).toHaveLength(COUNT)
  const statuses = await Promise.all(scenes.map(async (one) => (await told(town, tokenOf(one), one)).status))
  expect(new Set(statuses)).toEqual(new Set([200, 401, 403, 429]))
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(8)
})

describe('INV-03: the same scene gets the same answer', () => {
  test('of a gateway that knows nothing yet, of one that knows all, and of one whose caches were swept between', async () => {
    const wanted = new Map<string, Told>()
    for (const one of scenes) wanted.set(one.name, await told(town, tokenOf(one), one))
    for (const one of scenes)
      expect([one.name, await told(town, tokenOf(one), one)]).toEqual([one.name, wanted.get(one.name)])

    const other = await openTown({ idp: town.idp, auth: AUTH, databaseUrl: town.databaseUrl })
    try {
      for (const one of scenes.toReversed()) {
        expect([one.name, await told(other, tokenOf(one), one)]).toEqual([one.name, wanted.get(one.name)])
      }
      // A change of any team sweeps what is known of users: some facts are new, others old.
      for (const [index, one] of scenes.entries()) {
        if (index % 3 === 0) await newTeam(town)
        if (index % 4 === 0) await newUser(town)
        expect([one.name, await told(other, tokenOf(one), one)]).toEqual([one.name, wanted.get(one.name)])
        expect([one.name, await told(town, tokenOf(one), one)]).toEqual([one.name, wanted.get(one.name)])
      }
    } finally {
      await other.close()
    }
  })

  test('to all at once', async () => {
    const wanted = await Promise.all(scenes.map((one) => told(town, tokenOf(one), one)))
    const crowd = Array.from({ length: 4 }, () => scenes).flat()
    const answers = await Promise.all(crowd.map((one) => told(town, tokenOf(one), one)))
    for (const [index, answer] of answers.entries()) expect(answer).toEqual(wanted[index % scenes.length])
  })
})

describe('what a token does not mean to say means nothing', () => {
  const UNRELATED: readonly (readonly [string, unknown])[] = [
    ['_litellm_user_id', 'default_user_id'],
    ['_litellm_team_ids', ['x']],
    ['user_id', 'default_user_id'],
    ['team_id', 'x'],
    ['user_role', 'proxy_admin'],
    ['scp', 'litellm_proxy_admin'],
    ['permissions', ['*']],
    ['metadata', { groups: ['x'], uid: 'root' }],
    ['uid.x', 'root'],
    ['GROUPS', ['x']],
    ['jti', 'j'],
    ['ver', '2.0'],
  ]

  test.each(NUMBERS)('scene %d: order of claims, order of the header, unrelated claims', async (index) => {
    const one = scene(index)
    const wanted = await told(town, tokenOf(one), one)
    const turns: readonly Pairs[] = [
      (pairs) => pairs.toReversed(),
      (pairs) => pairs.toSorted(([a], [b]) => a.localeCompare(b)),
      (pairs) => [...UNRELATED, ...pairs],
      (pairs) => [...pairs, ...UNRELATED.toReversed()],
      (pairs) => [...pairs.slice(2), ...UNRELATED.slice(0, 5), ...pairs.slice(0, 2)],
    ]
    for (const [at, turn] of turns.entries())
      expect([at, await told(town, tokenOf(one, turn), one)]).toEqual([at, wanted])
  })
})

describe('more claims take no restriction away', () => {
  test.each(NUMBERS)('scene %d: nothing refused is let through by a claim that limits', async (index) => {
    const one = scene(index)
    const wanted = await told(town, tokenOf(one), one)
    const org = await newOrganization(town)
    for (const more of [
      { org },
      { org: fresh('nowhere') },
      { email: 'x@other.com' },
      { nonce: 'n' },
      { cnf: {} },
      { roles: ['svc'] },
    ]) {
      const answer = await told(town, tokenOf({ ...one, claims: { ...more, ...one.claims } }), one)
      if (wanted.status !== 200) expect([more, answer.status]).not.toEqual([more, 200])
      if (answer.status === 200) expect(answer.team).toBe(wanted.team)
    }
  })
})
