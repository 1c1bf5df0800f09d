import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf, makeKey, NOON } from '../../../test/support/entries.ts'
import {
  budgetId,
  endUserId,
  makeBudget,
  makeEndUser,
  makeOrganization,
  makeTeam,
  makeUser,
  organizationId,
  teamId,
  userId,
} from '../../../test/support/rows.ts'
import { type EpochMs, epochMs } from '../../domain/ids.ts'
import type { MappedKey } from '../../domain/key-mapping.ts'
import { stampedNew } from '../../domain/stamps.ts'
import { revocationName } from '../../domain/token-revocation.ts'
import type { TokenRevocation } from '../../domain/token-revocation.ts'
import type { Team } from '../../domain/team.ts'
import type { User, UserFacts } from '../../domain/user.ts'
import type { Directory, FoundKey } from '../../ports/directory.ts'
import type { ChangedFact, FactChanges, FactKind } from '../../ports/fact-changes.ts'
import { CachedDirectory } from './cached-directory.ts'

const ANA = userId('ana')
const TEAM = teamId('team')
const ORG = organizationId('org')
const BUDGET = budgetId('budget')
const CUSTOMER = endUserId('customer')
const BOB = userId('bob')
const NO_MEMBER: UserFacts = { user: makeUser('bob'), teams: [], organizations: [], identities: [] }

/** A directory in which ana may be a member of one team and bob is of none, and whose changes are announced by hand. */
class World implements FactChanges {
  time: EpochMs = NOON
  watch: number | undefined = undefined
  completeUntil: EpochMs = epochMs(0)
  reads = 0
  isFailing = false
  /** When set, reads stay open until it is called. */
  hold: (() => Promise<void>) | undefined
  readonly keys = new Map<string, FoundKey>()
  /** By the value of a claim. */
  readonly mappings = new Map<string, readonly MappedKey[]>()
  revocations: readonly TokenRevocation[] = []
  user: User | undefined
  team: Team | undefined
  isMember = false
  readonly #subscribers: { kind: FactKind; one: (id: string) => void; all: () => void }[] = []
  readonly cache: CachedDirectory

  constructor() {
    const directory: Directory = {
      findKey: (digest, now) =>
        this.#answer(() => {
          const found = this.keys.get(digest)
          return found?.graceEndsAt !== undefined && found.graceEndsAt <= now ? undefined : found
        }),
      findUser: (id) => this.#answer(() => (id === BOB ? NO_MEMBER : this.userFacts())),
      findTeam: () => this.#answer(() => this.team),
      findOrganization: () => this.#answer(() => makeOrganization('org', 'budget')),
      findEndUser: () => this.#answer(() => makeEndUser('customer')),
      findBudget: () => this.#answer(() => makeBudget('budget')),
      findTagBudgets: () => this.#answer(() => new Map([['paid', BUDGET]])),
      findIdentity: ({ issuer, subject }) =>
        this.#answer(() => (issuer === 'i' && subject === 's' ? { userId: ANA, isDeleted: false } : undefined)),
      findFormerUser: (id) => this.#answer(() => (id === ANA ? { mergedInto: undefined } : undefined)),
      findUsersByEmail: (email) => this.#answer(() => (email === 'ana@example.com' ? [ANA] : [])),
      findUserBySsoSubject: (subject) =>
        this.#answer(() => (subject === 's' ? { userId: ANA, isDeleted: false } : undefined)),
      findTeamsByAlias: (alias) => this.#answer(() => (alias === 'Red' ? [TEAM] : [])),
      findOrganizationsByAlias: (alias) => this.#answer(() => (alias === 'Acme' ? [ORG] : [])),
      findKeyMappings: ({ value }) => this.#answer(() => this.mappings.get(value) ?? []),
      hasRevocations: () => this.#answer(() => this.revocations.length > 0),
      findRevocations: (names) =>
        this.#answer(() => this.revocations.filter(({ target }) => names.includes(revocationName(target)))),
    }
    const clock = { now: () => this.time }
    this.cache = new CachedDirectory({ directory, changes: this, clock, maxPresent: 100, maxAbsent: 100 })
  }

  async #answer<Fact>(read: () => Fact): Promise<Fact> {
    this.reads += 1
    const { isFailing, hold } = this
    const answer = read()
    await hold?.()
    if (isFailing) throw new Error('the store is away')
    return answer
  }

  userFacts(): UserFacts | undefined {
    const { user, team } = this
    if (user === undefined) return undefined
    const standing = {
      teamId: TEAM,
      userId: ANA,
      role: 'user',
      budgetId: undefined,
      organizationId: ORG,
      permissions: team?.memberPermissions ?? [],
      source: undefined,
    } as const
    return { user, teams: team === undefined || !this.isMember ? [] : [standing], organizations: [], identities: [] }
  }

  subscribe(kind: FactKind, one: (id: string) => void, all: () => void): void {
    this.#subscribers.push({ kind, one, all })
  }

  announce({ kind, id }: ChangedFact): void {
    for (const subscriber of this.#subscribers.filter((each) => each.kind === kind)) {
      if (id === '*') subscriber.all()
      else subscriber.one(id)
    }
  }

  pass(ms: number): void {
    this.time = epochMs(this.time + ms)
  }

  beat(): void {
    this.completeUntil = this.time
  }

  findKey(number: number): Promise<FoundKey | undefined> {
    return this.cache.findKey(digestOf(number), this.time)
  }

  peekKey(number: number) {
    return this.cache.peekKey(digestOf(number), this.time)
  }
}

const KINDS: readonly {
  readonly fact: ChangedFact
  readonly find: (cache: CachedDirectory) => Promise<unknown>
  readonly peek: (cache: CachedDirectory) => unknown
}[] = [
  {
    fact: { kind: 'key', id: digestOf(1) },
    find: (cache) => cache.findKey(digestOf(1), NOON),
    peek: (cache) => cache.peekKey(digestOf(1), NOON),
  },
  { fact: { kind: 'user', id: ANA }, find: (cache) => cache.findUser(ANA), peek: (cache) => cache.peekUser(ANA) },
  { fact: { kind: 'team', id: TEAM }, find: (cache) => cache.findTeam(TEAM), peek: (cache) => cache.peekTeam(TEAM) },
  {
    fact: { kind: 'organization', id: ORG },
    find: (cache) => cache.findOrganization(ORG),
    peek: (cache) => cache.peekOrganization(ORG),
  },
  {
    fact: { kind: 'end_user', id: CUSTOMER },
    find: (cache) => cache.findEndUser(CUSTOMER),
    peek: (cache) => cache.peekEndUser(CUSTOMER),
  },
  {
    fact: { kind: 'budget', id: BUDGET },
    find: (cache) => cache.findBudget(BUDGET),
    peek: (cache) => cache.peekBudget(BUDGET),
  },
  {
    fact: { kind: 'tag', id: 'whichever' },
    find: (cache) => cache.findTagBudgets(),
    peek: (cache) => cache.peekTagBudgets(),
  },
  {
    fact: { kind: 'user', id: ANA },
    find: (cache) => cache.findFormerUser(ANA),
    peek: (cache) => cache.peekFormerUser(ANA),
  },
  {
    fact: { kind: 'identity', id: 'i\ns' },
    find: (cache) => cache.findIdentity({ issuer: 'i', subject: 's' }),
    peek: (cache) => cache.peekIdentity({ issuer: 'i', subject: 's' }),
  },
  {
    fact: { kind: 'email', id: 'ana@example.com' },
    find: (cache) => cache.findUsersByEmail(' Ana@Example.COM'),
    peek: (cache) => cache.peekUsersByEmail('ANA@example.com'),
  },
  {
    fact: { kind: 'sso_subject', id: 's' },
    find: (cache) => cache.findUserBySsoSubject('s'),
    peek: (cache) => cache.peekUserBySsoSubject('s'),
  },
  {
    fact: { kind: 'team_alias', id: 'Red' },
    find: (cache) => cache.findTeamsByAlias('Red'),
    peek: (cache) => cache.peekTeamsByAlias('Red'),
  },
  {
    fact: { kind: 'organization_alias', id: 'Acme' },
    find: (cache) => cache.findOrganizationsByAlias('Acme'),
    peek: (cache) => cache.peekOrganizationsByAlias('Acme'),
  },
]

describe.each(KINDS)('a cached $fact.kind', ({ fact, find, peek }) => {
  test('is the answer of the store, given again without asking until the fact is announced as changed', async () => {
    const world = new World()
    write(world, 'key 1', 1)
    write(world, 'ana', 1)
    write(world, 'team', 1)
    expect(peek(world.cache)).toBe('ask')
    const answer = await find(world.cache)
    expect(answer).toBeDefined()
    expect([peek(world.cache), await find(world.cache), world.reads]).toEqual([answer, answer, 1])
    world.announce({ ...fact, id: 'another' })
    world.announce({ ...fact, id: fact.id })
    expect(peek(world.cache)).toBe('ask')
  })

  test('is forgotten when this process changed it, and when anything of its kind may have changed', async () => {
    const world = new World()
    await find(world.cache)
    world.cache.forget([fact])
    expect(peek(world.cache)).toBe('ask')
    await find(world.cache)
    world.announce({ ...fact, id: '*' })
    expect(peek(world.cache)).toBe('ask')
  })

  test('is an error while the store does not answer, and never an absence', async () => {
    const world = new World()
    world.isFailing = true
    await expect(find(world.cache)).rejects.toThrow('the store is away')
    expect(peek(world.cache)).toBe('ask')
  })
})

describe('N-42: a key that was seen', () => {
  test('stays known to have been there while it is changed, until it is gone', async () => {
    const world = new World()
    const digest = digestOf(1)
    expect(world.cache.hasSeenKey(digest)).toBe(false)
    write(world, 'key 1', 1)
    await world.findKey(1)
    expect(world.cache.hasSeenKey(digest)).toBe(true)
    world.announce({ kind: 'key', id: digest })
    world.announce({ kind: 'key', id: '*' })
    expect([world.peekKey(1), world.cache.hasSeenKey(digest)]).toEqual(['ask', true])
    world.keys.delete(digest)
    await world.findKey(1)
    expect(world.cache.hasSeenKey(digest)).toBe(false)
  })
})

describe('names that callers say', () => {
  test('nobody of a name is known as well, until somebody has it', async () => {
    const { cache } = new World()
    expect(await cache.findTeamsByAlias('Blue')).toEqual([])
    expect(cache.peekTeamsByAlias('Blue')).toEqual([])
    cache.forget([{ kind: 'team_alias', id: 'Blue' }])
    expect(cache.peekTeamsByAlias('Blue')).toBe('ask')
  })

  test('a name too long to be remembered is asked for each time', async () => {
    const world = new World()
    const long = 'x'.repeat(1_025)
    await world.cache.findTeamsByAlias(long)
    expect(world.cache.peekTeamsByAlias(long)).toBe('ask')
    expect(await world.cache.findTeamsByAlias(long)).toEqual([])
    expect(world.reads).toBe(2)
  })

  test('AT-142: a subject that spells another fact is an id of its own kind', async () => {
    const world = new World()
    write(world, 'team', 1)
    await world.cache.findTeam(TEAM)
    for (const subject of ['team_id:team', 'team:team', 'team', '*']) {
      expect(await world.cache.findIdentity({ issuer: 'i', subject })).toBeUndefined()
      world.announce({ kind: 'identity', id: subject })
    }
    expect(world.cache.peekTeam(TEAM)).toEqual(world.team)
  })

  test('two links of the same text are two facts', async () => {
    const { cache } = new World()
    expect(await cache.findIdentity({ issuer: 'i', subject: 's' })).toBeDefined()
    expect(await cache.findIdentity({ issuer: 'is', subject: '' })).toBeUndefined()
    expect(await cache.findIdentity({ issuer: '', subject: 'is' })).toBeUndefined()
  })
})

describe('what is known of a user', () => {
  test.each([
    ['this process changed it', (world: World) => world.cache.forget([{ kind: 'team', id: TEAM }])],
    ['it was announced', (world: World) => world.announce({ kind: 'team', id: TEAM })],
    ['all teams may have changed', (world: World) => world.announce({ kind: 'team', id: '*' })],
    [
      'its organization changed with it here',
      (world: World) => world.cache.forget([{ kind: 'organization', id: ORG }]),
    ],
    ['its organization was announced', (world: World) => world.announce({ kind: 'organization', id: ORG })],
  ])('ends with a change of a team, when %s', async (_, tell) => {
    const world = new World()
    write(world, 'ana', 1)
    write(world, 'team', 1)
    write(world, 'membership', 1)
    await world.cache.findUser(ANA)
    write(world, 'team', 2)
    tell(world)
    expect((await world.cache.findUser(ANA))?.teams[0]?.permissions).toEqual(['2'])
  })

  test.each([
    ['this process changed one', (world: World, id: string) => world.cache.forget([{ kind: 'team', id }])],
    ['one was announced', (world: World, id: string) => world.announce({ kind: 'team', id })],
  ])('outlasts changes of teams that it does not name, when %s', async (_, tell) => {
    const world = new World()
    for (const subject of ['ana', 'team', 'membership'] as const) write(world, subject, 1)
    await world.cache.findUser(ANA)
    await world.cache.findUser(BOB)
    tell(world, 'another')
    expect([world.cache.peekUser(ANA), world.cache.peekUser(BOB)]).toEqual([world.userFacts(), NO_MEMBER])
    tell(world, TEAM)
    expect([world.cache.peekUser(ANA), world.cache.peekUser(BOB)]).toEqual(['ask', NO_MEMBER])
    await world.cache.findUser(ANA)
    write(world, 'membership', 0)
    world.announce({ kind: 'user', id: ANA })
    await world.cache.findUser(ANA)
    tell(world, TEAM)
    expect(world.cache.peekUser(ANA)).toEqual({ ...world.userFacts(), teams: [] })
  })
})

test('K-09: an earlier digest ends with its grace period, and with any change of the row it leads to', async () => {
  const world = new World()
  const graceEndsAt = epochMs(world.time + 500)
  world.keys.set(digestOf(1), { key: makeKey(2), graceEndsAt })
  expect((await world.findKey(1))?.key.digest).toBe(digestOf(2))
  world.pass(499)
  expect(world.peekKey(1)).toEqual({ key: makeKey(2), graceEndsAt })
  world.announce({ kind: 'key', id: digestOf(2) })
  expect(world.peekKey(1)).toBe('ask')
  await world.findKey(1)
  world.pass(1)
  expect(world.peekKey(1)).toBeUndefined()
  expect(await world.findKey(1)).toBeUndefined()
})

type Subject = 'key 1' | 'key 2' | 'ana' | 'team' | 'membership'

type Step =
  | { readonly do: 'read' | 'start-slow-read'; readonly of: Subject }
  | { readonly do: 'write-here' | 'write-elsewhere'; readonly of: Subject; readonly state: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'hear' | 'lose-watch' | 'regain-watch' | 'fail' | 'recover' | 'end-slow-reads' }

const of = fc.constantFrom<Subject>('key 1', 'key 2', 'ana', 'team', 'membership')
const state = fc.integer({ min: 0, max: 3 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('read' as const), of }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('start-slow-read' as const), of }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('write-here' as const, 'write-elsewhere' as const), of, state }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 300, 700, 1_000, 1_001, 11_000, 70_000),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('hear', 'hear', 'lose-watch', 'regain-watch', 'fail', 'recover', 'end-slow-reads'),
    }),
  },
)

/** What the store would have said about each subject, and from when. */
class History {
  readonly #states = new Map<Subject, { readonly from: number; readonly state: string }[]>()

  write(subject: Subject, at: number, written: string): void {
    this.#states.set(subject, [...this.of(subject), { from: at, state: written }])
  }

  of(subject: Subject): readonly { readonly from: number; readonly state: string }[] {
    return this.#states.get(subject) ?? [{ from: 0, state: 'absent' }]
  }

  /** Every state that was true at some moment between the two, both included. */
  between(subject: Subject, from: number, until: number): ReadonlySet<string> {
    const states = this.of(subject)
    return new Set(
      states.filter((s, i) => s.from <= until && (states[i + 1]?.from ?? Infinity) >= from).map((s) => s.state),
    )
  }
}

/** How each subject is announced. The team's rights are part of what is known of ana while she is its member. */
const ANNOUNCED: Readonly<Record<Subject, ChangedFact>> = {
  'key 1': { kind: 'key', id: digestOf(1) },
  'key 2': { kind: 'key', id: digestOf(2) },
  ana: { kind: 'user', id: 'ana' },
  team: { kind: 'team', id: 'team' },
  membership: { kind: 'user', id: 'ana' },
}

/** What a reader of a subject is told, as the history has it. */
const TOLD: Readonly<Record<Subject, (world: World) => Promise<string>>> = {
  'key 1': async (world) => stateOfKey(await world.findKey(1)),
  'key 2': async (world) => stateOfKey(await world.findKey(2)),
  ana: async (world) => stateOfUser(await world.cache.findUser(ANA)),
  team: async (world) => stateOfTeam(await world.cache.findTeam(TEAM)),
  membership: async (world) => stateOfUser(await world.cache.findUser(ANA)),
}

function stateOfKey(found: FoundKey | undefined): string {
  return found?.key.tags[0] ?? 'absent'
}

function stateOfTeam(team: Team | undefined): string {
  return team?.tags[0] ?? 'absent'
}

function stateOfUser(facts: UserFacts | undefined): string {
  if (facts === undefined) return 'absent'
  return `${facts.user.alias} in ${facts.teams.map(({ permissions }) => permissions.join()).join()}`
}

/** Puts a subject into a state; 0 takes it away. Tells whose answers are other ones from now on. */
function write(world: World, subject: Subject, state: number): readonly (readonly [Subject, string])[] {
  if (subject === 'key 1' || subject === 'key 2') {
    const key = makeKey(subject === 'key 1' ? 1 : 2, { tags: [`${state}`] })
    if (state === 0) world.keys.delete(key.digest)
    else world.keys.set(key.digest, { key, graceEndsAt: undefined })
    return [[subject, stateOfKey(world.keys.get(key.digest))]]
  }
  if (subject === 'ana') world.user = state === 0 ? undefined : makeUser('ana', { alias: `${state}` })
  else if (subject === 'team')
    world.team = state === 0 ? undefined : makeTeam('team', { tags: [`${state}`], memberPermissions: [`${state}`] })
  // Nobody is a member of no team, nor comes back with it.
  if (subject === 'membership') world.isMember = state > 0
  world.isMember &&= world.team !== undefined
  const ana = stateOfUser(world.userFacts())
  const said = [['ana', ana] as const, ['membership', ana] as const]
  return subject === 'team' ? [...said, ['team', stateOfTeam(world.team)]] : said
}

test('INV-03: whatever happens, an answer was true within the last second, this process sees its own writes, and an error is never an absence', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80, size: 'max' }), async (steps) => {
      const world = new World()
      const history = new History()
      /** How many states there had been with the last one that this process wrote. */
      const ownWrites = new Map<Subject, number>()
      /** The same of what is known of ana because this process wrote to the team: it says nothing of who is its member. */
      const ownTeamWrites = new Map<Subject, number>()
      const unheard: ChangedFact[] = []
      let watches = 0
      let gate = Promise.withResolvers<void>()
      const slow: Promise<unknown>[] = []

      function writeDown(subject: Subject, to: number): readonly Subject[] {
        const changed = write(world, subject, to)
        for (const [about, said] of changed) history.write(about, world.time, said)
        return changed.map(([about]) => about)
      }

      async function read(subject: Subject): Promise<void> {
        const begun = world.time
        const own = ownWrites.get(subject)
        const ownTeam = ownTeamWrites.get(subject)
        const wasFailing = world.isFailing
        const readsBefore = world.reads
        const pending = TOLD[subject](world)
        const hasAsked = world.reads > readsBefore
        const said = await pending.catch(() => 'error' as const)
        expect(said === 'error' || !(wasFailing && hasAsked)).toBe(true)
        if (said === 'error') return
        expect(history.between(subject, begun - 1_000, world.time)).toContain(said)
        const sinceOwnWrite = own === undefined ? history.of(subject) : history.of(subject).slice(own - 1)
        expect(sinceOwnWrite.map((past) => past.state)).toContain(said)
        if (ownTeam === undefined || !/ in ./.test(said)) return
        const sinceOwnTeamWrite = history.of(subject).slice(ownTeam - 1)
        expect(sinceOwnTeamWrite.map((past) => past.state)).toContain(said)
      }

      for (const now of steps) {
        switch (now.do) {
          case 'read':
            if (slow.length === 0) await read(now.of)
            else slow.push(read(now.of))
            break
          case 'write-here':
            for (const about of writeDown(now.of, now.state)) {
              const writes = now.of === 'team' && about !== 'team' ? ownTeamWrites : ownWrites
              writes.set(about, history.of(about).length)
            }
            world.cache.forget([ANNOUNCED[now.of]])
            break
          case 'write-elsewhere':
            writeDown(now.of, now.state)
            if (world.watch !== undefined) unheard.push(ANNOUNCED[now.of])
            break
          case 'pass':
            world.pass(now.ms)
            break
          case 'hear':
            if (world.watch === undefined) break
            for (const fact of unheard.splice(0)) world.announce(fact)
            world.beat()
            break
          case 'lose-watch':
            world.watch = undefined
            unheard.length = 0
            break
          case 'regain-watch':
            if (world.watch !== undefined) break
            watches += 1
            world.watch = watches
            world.beat()
            break
          case 'fail':
            world.isFailing = true
            break
          case 'recover':
            world.isFailing = false
            break
          case 'start-slow-read': {
            const { promise } = gate
            world.hold = () => promise
            slow.push(read(now.of))
            world.hold = undefined
            break
          }
          case 'end-slow-reads':
            gate.resolve()
            await Promise.all(slow.splice(0))
            gate = Promise.withResolvers<void>()
            break
        }
      }
      gate.resolve()
      await Promise.all(slow)
    }),
    { numRuns: 300 },
  )
})

describe('J-31: revocations', () => {
  const NAMES = ['token\n\none', 'jti\ni\nj', 'subject\ni\ns']
  const revoked = (digest: string): TokenRevocation => ({
    id: digest,
    target: { is: 'token', digest },
    reason: undefined,
    endsAt: undefined,
    ...stampedNew('root', NOON),
  })

  test('while there are none, whether there are any is all that is asked', async () => {
    const world = new World()
    world.watch = 1
    expect(world.cache.peekRevocations(NAMES)).toBe('ask')
    expect(await world.cache.findRevocations(NAMES)).toEqual([])
    expect([world.cache.peekRevocations(['token\n\nother']), world.reads]).toEqual([[], 1])
    world.pass(59_000)
    world.beat()
    expect([world.cache.peekRevocations(NAMES), world.reads]).toEqual([[], 1])
  })

  test('one that is made is known by the next look, whichever of its names is announced', async () => {
    const world = new World()
    await world.cache.findRevocations(NAMES)
    world.revocations = [revoked('one')]
    world.announce({ kind: 'revocation', id: 'token\n\none' })
    expect(world.cache.peekRevocations(NAMES)).toBe('ask')
    expect(await world.cache.findRevocations(NAMES)).toEqual([revoked('one')])
    expect(world.cache.peekRevocations(NAMES)).toEqual([revoked('one')])
  })

  test('what stands against nobody stays known when others are revoked', async () => {
    const world = new World()
    world.revocations = [revoked('other')]
    expect(await world.cache.findRevocations(NAMES)).toEqual([])
    const { reads } = world
    world.announce({ kind: 'revocation', id: 'token\n\nyet another' })
    await world.cache.findRevocations(NAMES)
    expect(world.reads).toBe(reads + 1)
    world.revocations = [revoked('other'), { ...revoked('one'), target: { is: 'jti', issuer: 'i', jti: 'j' } }]
    world.announce({ kind: 'revocation', id: 'jti\ni\nj' })
    expect(await world.cache.findRevocations(NAMES)).toHaveLength(1)
  })

  test('without word of changes, an absence is no older than a second', async () => {
    const world = new World()
    await world.cache.findRevocations(NAMES)
    world.pass(1_001)
    expect(world.cache.peekRevocations(NAMES)).toBe('ask')
  })

  test('a store that is away is no absence', async () => {
    const world = new World()
    world.isFailing = true
    await expect(world.cache.findRevocations(NAMES)).rejects.toThrow('the store is away')
    expect(world.cache.peekRevocations(NAMES)).toBe('ask')
  })
})

describe('AT-137: what a name has just led to is there, before the word of its making arrives', () => {
  const names: readonly (readonly [string, (world: World) => Promise<unknown>])[] = [
    ['a link', ({ cache }) => cache.findIdentity({ issuer: 'i', subject: 's' })],
    ['an SSO subject', ({ cache }) => cache.findUserBySsoSubject('s')],
    ['an address', ({ cache }) => cache.findUsersByEmail('ana@example.com')],
  ]

  test.each(names)('%s', async (_, follow) => {
    const world = new World()
    expect(await world.cache.findUser(ANA)).toBeUndefined()
    world.user = makeUser('ana')
    expect(await world.cache.findUser(ANA)).toBeUndefined()
    await follow(world)
    expect((await world.cache.findUser(ANA))?.user.id).toBe(ANA)
  })

  test.each(names)('%s, while an older question is under way', async (_, follow) => {
    const world = new World()
    const held = Promise.withResolvers<void>()
    world.hold = () => held.promise
    const older = world.cache.findUser(ANA)
    world.hold = undefined
    world.user = makeUser('ana')
    await follow(world)
    expect((await world.cache.findUser(ANA))?.user.id).toBe(ANA)
    held.resolve()
    await older
    expect((await world.cache.findUser(ANA))?.user.id).toBe(ANA)
  })

  test('the alias of a team', async () => {
    const world = new World()
    expect(await world.cache.findTeam(TEAM)).toBeUndefined()
    world.team = makeTeam('team')
    await world.cache.findTeamsByAlias('Red')
    expect((await world.cache.findTeam(TEAM))?.id).toBe(TEAM)
  })
})
