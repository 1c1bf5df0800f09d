import { randomUUID } from 'node:crypto'
import { CachedDirectory } from '../../src/adapters/cache/cached-directory.ts'
import { digests } from '../../src/adapters/crypto/digests.ts'
import { chance, newUserId } from '../../src/adapters/system/chance.ts'
import type { Store } from '../../src/adapters/sql/open-store.ts'
import type { Claims } from '../../src/domain/claims.ts'
import type { Decision, Denied } from '../../src/domain/decision.ts'
import { epochMs } from '../../src/domain/ids.ts'
import type { UserDefaults } from '../../src/domain/key-rules.ts'
import type { TokenPrincipal } from '../../src/domain/principal.ts'
import type { Provision } from '../../src/domain/provision.ts'
import type { TokenPolicy, TokenProfile } from '../../src/domain/token-settings.ts'
import { gatherGround } from '../../src/journey/3-identify/gather-ground.ts'
import { readTokenFacts } from '../../src/journey/3-identify/read-token-facts.ts'
import { decideTokenCaller } from '../../src/journey/4-authorise/decide-token-caller.ts'
import type { FactChanges } from '../../src/ports/fact-changes.ts'
import type { Ask, ManagePorts } from '../../src/manage/ports.ts'
import { createProvisioner } from '../../src/manage/identities/provision-token.ts'
import { NO_RULES, quietPorts } from './manage-ports.ts'
import { ORIGIN } from './rows.ts'
import type { OpenedStore } from './stores.ts'
import { CHAT, makePolicy, makeProfile, makeToken } from './token-makers.ts'
import type { FieldTexts } from './token-makers.ts'

export const AS_MASTER: Ask = {
  principal: { kind: 'master' },
  reach: { scope: 'all', mayWrite: true },
  origin: ORIGIN,
}

export function granted<Value>(decision: Decision<Value>): Value {
  if (decision.verdict === 'deny') throw new Error(`${decision.problem}: ${decision.say ?? ''}`)
  return decision.granted
}

export interface DeskOptions {
  readonly policy?: Partial<TokenPolicy>
  readonly userDefaults?: UserDefaults
  /** By which it hears of others; those of the store. */
  readonly changes?: FactChanges
}

export interface Arrived {
  readonly principal: TokenPrincipal
  readonly effects: readonly Provision[]
}

export interface Desk {
  readonly store: Store
  readonly ports: ManagePorts
  readonly directory: CachedDirectory
  time: { now: number }
  /** The way of a token, from its claims to what it left behind, as the journey goes it. */
  arrive(claims: Claims, profile?: TokenProfile): Promise<Arrived | Denied>
}

const FIELDS: FieldTexts = { userId: 'sub', email: 'email', teamIds: 'teams' }

export function issuer(name: string, overrides: Partial<TokenProfile> = {}): TokenProfile {
  const url = `https://${name}.example`
  return makeProfile(FIELDS, { id: url, issuer: url, ...overrides })
}

/** One replica in front of a store: a cache, the verbs of management and what tokens do. */
export function openDesk({ store }: Pick<OpenedStore, 'store'>, options: DeskOptions = {}): Desk {
  const { userDefaults = {} } = options
  const policy = makePolicy({ createsUsers: true, ...options.policy })
  const time = { now: Date.now() }
  const clock = { now: () => epochMs(time.now) }
  const directory = new CachedDirectory({
    directory: store.directory,
    changes: options.changes ?? store.changes,
    clock,
  })
  const registry = store.openRegistry(randomUUID, async (facts) => directory.forget(facts))
  const ports: ManagePorts = {
    registry,
    ledger: store.readLedger(async () => {}),
    budgets: store.openBudgets(async () => {}),
    digests,
    chance,
    clock,
    masterKey: digests.digestKey('sk-master'),
    ...quietPorts(),
    rules: NO_RULES,
  }
  const provisioner = createProvisioner({ registry, clock, newId: randomUUID, userDefaults, chance, digests })
  const through = { route: CHAT.path, requestId: 'call-1', clientAddress: undefined }

  async function arrive(claims: Claims, profile = issuer('idp')): Promise<Arrived | Denied> {
    const token = makeToken(claims, profile)
    const facts = readTokenFacts(token, policy)
    if (facts.verdict === 'deny') return facts
    const ask = { policy, profile, teamHeader: undefined, userDefaults, newId: newUserId, now: clock.now() }
    const decide = async () => {
      const { result: ground } = await gatherGround(facts.granted, ask, directory)
      return decideTokenCaller(token, facts.granted, ground, { policy, teamHeader: undefined, route: CHAT })
    }
    const first = await decide()
    if (first.verdict === 'deny') return first
    const { effects } = first.granted
    if (effects.length === 0) return first.granted
    const made = await provisioner.carryOut(effects, token, through)
    if (made.verdict === 'deny') return made
    const second = await decide()
    return second.verdict === 'deny' ? second : { ...second.granted, effects }
  }
  return { store, ports, directory, time, arrive }
}

export function idOf(arrived: Arrived | Denied): string {
  if ('verdict' in arrived) throw new Error(`${arrived.because}: ${arrived.say ?? ''}`)
  return arrived.principal.standing.user?.user.id ?? 'nobody'
}
