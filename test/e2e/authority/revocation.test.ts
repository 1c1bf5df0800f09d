import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bearer, MASTER_KEY } from '../../support/gateway.ts'
import { CHAT, chatBody } from '../hostile/support/stand.ts'
import type { Caller } from './support/caller.ts'
import { DEAD, callerOf, good } from './support/caller.ts'
import { freshKey, freshName } from './support/fresh.ts'
import type { Twins } from './support/realm.ts'
import { startTwins } from './support/realm.ts'

let twins: Twins

beforeAll(async () => {
  twins = await startTwins()
})

afterAll(() => twins.close())

const SPREAD_MS = 1_000
const STREAM_MS = 5_000

interface World {
  readonly user: string
  readonly team: string
  readonly org: string
  readonly personal: string
  readonly inTeam: string
  readonly ofTeam: string
}

type Credential = 'personal' | 'inTeam' | 'ofTeam'

/** A user in a team in an organisation, with a key for each way in which a key can hang on them. */
async function makeWorld(): Promise<World> {
  const { master } = twins.cast
  const [user, team, org] = [freshName('user', 'amber'), freshName('team', 'amber'), freshName('org', 'amber')]
  good(await master.post('/organization/new', { organization_id: org, organization_alias: org }))
  good(await master.post('/user/new', { user_id: user, user_role: 'internal_user', auto_create_key: false }))
  good(
    await master.post('/organization/member_add', {
      organization_id: org,
      member: { role: 'internal_user', user_id: user },
    }),
  )
  const members_with_roles = [{ role: 'user', user_id: user }]
  good(await master.post('/team/new', { team_id: team, organization_id: org, members_with_roles }))
  const key = async (body: object): Promise<string> => (await freshKey(master, body)).key
  return {
    user,
    team,
    org,
    personal: await key({ user_id: user }),
    inTeam: await key({ user_id: user, team_id: team }),
    ofTeam: await key({ team_id: team }),
  }
}

interface Ending {
  readonly name: string
  readonly act: (master: Caller, world: World) => Promise<unknown>
  readonly dies: readonly Credential[]
  readonly lives: readonly Credential[]
}

const hashOf = (key: string): string => callerOf(0, key).hash

const ENDINGS: readonly Ending[] = [
  {
    name: '/user/delete',
    act: (master, { user }) => master.post('/user/delete', { user_ids: [user] }),
    dies: ['personal', 'inTeam'],
    lives: ['ofTeam'],
  },
  {
    name: '/user/update to blocked',
    act: (master, { user }) => master.post('/user/update', { user_id: user, blocked: true }),
    dies: ['personal', 'inTeam'],
    lives: ['ofTeam'],
  },
  {
    name: '/team/delete',
    act: (master, { team }) => master.post('/team/delete', { team_ids: [team] }),
    dies: ['inTeam', 'ofTeam'],
    lives: ['personal'],
  },
  {
    name: '/team/block',
    act: (master, { team }) => master.post('/team/block', { team_id: team }),
    dies: ['inTeam', 'ofTeam'],
    lives: ['personal'],
  },
  {
    name: '/team/member_delete',
    act: (master, { team, user }) => master.post('/team/member_delete', { team_id: team, user_id: user }),
    dies: ['inTeam'],
    lives: ['personal', 'ofTeam'],
  },
  {
    name: '/organization/delete',
    act: (master, { org }) => master.remove('/organization/delete', { organization_ids: [org] }),
    dies: ['inTeam', 'ofTeam'],
    lives: [],
  },
  {
    name: '/key/delete',
    act: (master, { inTeam }) => master.post('/key/delete', { keys: [hashOf(inTeam)] }),
    dies: ['inTeam'],
    lives: ['personal', 'ofTeam'],
  },
  {
    name: '/key/block',
    act: (master, { inTeam }) => master.post('/key/block', { key: hashOf(inTeam) }),
    dies: ['inTeam'],
    lives: ['personal', 'ofTeam'],
  },
  {
    name: '/key/update to blocked',
    act: (master, { inTeam }) => master.post('/key/update', { key: hashOf(inTeam), blocked: true }),
    dies: ['inTeam'],
    lives: ['personal', 'ofTeam'],
  },
  {
    name: '/key/regenerate',
    act: (master, { inTeam }) => master.post('/key/regenerate', { key: hashOf(inTeam) }),
    dies: ['inTeam'],
    lives: ['personal', 'ofTeam'],
  },
  {
    name: 'a user who becomes a viewer',
    act: (master, { user }) => master.post('/user/update', { user_id: user, user_role: 'internal_user_viewer' }),
    dies: ['personal', 'inTeam'],
    lives: ['ofTeam'],
  },
]

const at = (port: number, key: string): Caller => callerOf(port, key)

async function isDead(caller: Caller): Promise<boolean> {
  return DEAD.includes((await caller.chat('m1')).status)
}

describe('INV-20, K-12, off-boarding: whatever ends a principal ends every credential that hangs on it', () => {
  test.each(ENDINGS)('$name: here at the next request, there within a second', async ({ act, dies, lives }) => {
    const { here, there, cast } = twins
    const world = await makeWorld()
    for (const name of ['personal', 'inTeam', 'ofTeam'] as const) {
      for (const port of [here.port, there.port]) {
        await expect.poll(async () => (await at(port, world[name]).chat('m1')).status, { timeout: 2_000 }).toBe(200)
      }
    }

    const answer = await act(cast.master, world)
    const ended = performance.now()
    expect(answer).toMatchObject({ status: 200 })

    for (const name of dies) expect.soft(await isDead(at(here.port, world[name])), `${name} here`).toBe(true)
    for (const name of dies) {
      const left = Math.max(50, SPREAD_MS - (performance.now() - ended))
      await expect.poll(() => isDead(at(there.port, world[name])), { timeout: left, interval: 20 }).toBe(true)
    }
    const called = twins.upstream.requests.total
    for (const name of dies) {
      for (const port of [here.port, there.port]) {
        for (const path of ['/v1/models', '/key/info', '/user/info', '/model/info', '/spend/logs']) {
          // A viewer reads on: it is inference that ended.
          const { status } = await at(port, world[name]).get(path)
          if (answerEndsReading(act)) expect.soft(DEAD, `${name} ${path}`).toContain(status)
        }
      }
    }
    expect(twins.upstream.requests.total).toBe(called)
    for (const name of lives) {
      for (const port of [here.port, there.port]) {
        expect.soft((await at(port, world[name]).chat('m1')).status, `${name} lives`).toBe(200)
      }
    }
  })

  test.each(ENDINGS)('$name: a running stream ends within five seconds, at both', async ({ act, dies }) => {
    const { here, there, cast } = twins
    const world = await makeWorld()
    const name = dies[0] ?? 'inTeam'
    const streams = await Promise.all([here.port, there.port].map((port) => openStream(port, world[name])))

    expect(await act(cast.master, world)).toMatchObject({ status: 200 })
    const ended = performance.now()

    for (const stream of streams) {
      const at = await stream.ended
      expect.soft(at - ended, name).toBeLessThan(STREAM_MS)
      expect.soft(stream.text(), 'an aborted stream is not a finished one').not.toContain('"finish_reason":"stop"')
    }
  })

  test.each(['known', 'not known'])(
    'a customer %s before is blocked: streams for it end, whoever asked',
    async (what) => {
      const { here, there, cast } = twins
      const user = freshName('customer', 'amber')
      if (what === 'known') good(await cast.master.post('/customer/new', { user_id: user }))
      const { key } = await freshKey(cast.master, {})
      const asking = [here.port, there.port].flatMap((port) => [key, MASTER_KEY].map((each) => [port, each] as const))
      const streams = await Promise.all(asking.map(([port, each]) => openStream(port, each, { user })))

      good(await cast.master.post('/customer/block', { user_ids: [user] }))
      const ended = performance.now()

      for (const stream of streams) {
        expect.soft((await stream.ended) - ended).toBeLessThan(STREAM_MS)
        expect.soft(stream.text()).not.toContain('"finish_reason":"stop"')
      }
    },
  )
})

function answerEndsReading(act: Ending['act']): boolean {
  return ENDINGS.find((ending) => ending.act === act)?.name !== 'a user who becomes a viewer'
}

interface Stream {
  readonly ended: Promise<number>
  readonly text: () => string
}

/** A stream of thirty seconds, with its first words there. */
async function openStream(port: number, key: string, more: object = {}): Promise<Stream> {
  const response = await fetch(`http://127.0.0.1:${port}${CHAT}`, {
    method: 'POST',
    headers: { ...bearer(key), 'content-type': 'application/json' },
    body: JSON.stringify(chatBody('m-slow', { stream: true, ...more })),
    signal: AbortSignal.timeout(60_000),
  })
  expect(response.status).toBe(200)
  const reader = response.body?.getReader()
  let text = ''
  const next = async (): Promise<boolean> => {
    const piece = await reader?.read().catch(() => undefined)
    if (piece === undefined || piece.done) return false
    text += Buffer.from(piece.value).toString()
    return true
  }
  await next()
  const drain = async (): Promise<number> => {
    while (await next());
    return performance.now()
  }
  return { ended: drain(), text: () => text }
}

describe('AC-052: a block under load', () => {
  test('two hundred requests a second on two processes: none is served a second after the block', async () => {
    const { here, there, cast } = twins
    const { key, hash } = await freshKey(cast.master, {})
    const callers = [at(here.port, key), at(there.port, key)]
    const served: { readonly port: number; readonly at: number }[] = []
    const load = new AbortController()
    const pump = async (caller: Caller, port: number): Promise<void> => {
      while (!load.signal.aborted) {
        const asked = performance.now()
        if ((await caller.get('/v1/models')).status === 200) served.push({ port, at: asked })
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    const pumps = [0, 1, 2, 3].map((i) => pump(callers[i % 2] ?? cast.master, i % 2 === 0 ? here.port : there.port))
    await expect.poll(() => served.length, { timeout: 5_000 }).toBeGreaterThan(40)
    const stream = await openStream(there.port, key)

    good(await cast.master.post('/key/block', { key: hash }))
    const blocked = performance.now()

    expect(DEAD).toContain((await at(here.port, key).get('/v1/models')).status)
    await expect.poll(() => performance.now() - blocked, { timeout: 10_000, interval: 100 }).toBeGreaterThan(2_000)
    load.abort()
    await Promise.all(pumps)
    const late = served.filter((each) => each.at > blocked)
    expect(late.filter(({ port }) => port === here.port)).toEqual([])
    expect(late.filter(({ at: asked }) => asked > blocked + SPREAD_MS)).toEqual([])
    expect((await stream.ended) - blocked).toBeLessThan(STREAM_MS)
  })

  test('AC-046: of a rotated key both secrets end there too', async () => {
    const { here, there, cast } = twins
    const { key, hash } = await freshKey(cast.master, {})
    const rotated = good(await cast.master.post('/key/regenerate', { key: hash, grace_period: '1h' }))
    const next = String(rotated['key'])
    for (const each of [key, next]) {
      await expect.poll(async () => (await at(there.port, each).chat('m1')).status, { timeout: 2_000 }).toBe(200)
    }
    good(await cast.master.post('/key/block', { key: hashOf(next) }))
    for (const each of [key, next]) {
      expect(await isDead(at(here.port, each))).toBe(true)
      await expect.poll(() => isDead(at(there.port, each)), { timeout: SPREAD_MS, interval: 20 }).toBe(true)
    }
  })

  test('a narrowed policy spreads as a block does: models, routes, role', async () => {
    const { there, cast } = twins
    const world = await makeWorld()
    const member = at(there.port, world.inTeam)
    await expect.poll(async () => (await member.chat('m2')).status, { timeout: 2_000 }).toBe(200)

    good(await cast.master.post('/team/update', { team_id: world.team, models: ['m1'] }))

    await expect
      .poll(() => member.chat('m2').then(({ status }) => DEAD.includes(status)), { timeout: SPREAD_MS, interval: 20 })
      .toBe(true)
    expect((await member.chat('m1')).status).toBe(200)
    good(await cast.master.patch('/organization/update', { organization_id: world.org, models: ['m2'] }))
    await expect.poll(() => isDead(member), { timeout: SPREAD_MS, interval: 20 }).toBe(true)
  })
})
