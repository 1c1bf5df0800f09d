import { NO_RULES, quietPorts } from './manage-ports.ts'
import { afterAll } from 'vitest'
import { CachedDirectory } from '../../src/adapters/cache/cached-directory.ts'
import { digests } from '../../src/adapters/crypto/digests.ts'
import { loadModelFacts } from '../../src/adapters/prices/model-facts.ts'
import { chance, newCallId } from '../../src/adapters/system/chance.ts'
import type { EpochMs, KeyDigest } from '../../src/domain/ids.ts'
import { epochMs } from '../../src/domain/ids.ts'
import type { LedgerEntry } from '../../src/domain/ledger-entry.ts'
import { writeLedgerLine } from '../../src/domain/ledger-line.ts'
import { globalSpendRoutes } from '../../src/http/admin/global-spend.routes.ts'
import { keyRoutes } from '../../src/http/admin/keys.routes.ts'
import { spendRoutes } from '../../src/http/admin/spend.routes.ts'
import type { EdgePorts } from '../../src/http/route.ts'
import { buildServer } from '../../src/http/server.ts'
import { Doors } from '../../src/http/wire/doors.ts'
import { Upgrades } from '../../src/http/wire/upgrades.ts'
import { ClientAddresses } from '../../src/http/wire/client-address.ts'
import { BodyBudget } from '../../src/http/wire/body-budget.ts'
import type { JourneyPorts } from '../../src/journey/journey-ports.ts'
import type { KeyRules, ManagePorts } from '../../src/manage/ports.ts'
import type { Store } from '../../src/adapters/sql/open-store.ts'
import { NOON } from './entries.ts'
import { emptied, openEmbedded } from './stores.ts'

export const MASTER_KEY = 'sk-the-master-key-of-these-tests-4Qz8'

/** As a driver says that the database is not there. */
export function storeGone(): Error {
  return Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  // eslint-disable-next-line typescript/no-explicit-any
  readonly json: any
}

export interface AdminApp {
  readonly manage: ManagePorts
  readonly store: Store
  /** Everything that this edge would have told a log. */
  readonly told: string[]
  get(path: string, key?: string): Promise<Answer>
  post(path: string, body?: unknown, key?: string, headers?: Record<string, string>): Promise<Answer>
  /** A new key, as the administrator makes it. */
  makeKey(body?: object): Promise<string>
  charge(entry: LedgerEntry): Promise<void>
  pass(ms: number): void
  close(): Promise<void>
}

/** One database for all tests of a file: opening one takes seconds. */
const shared = emptied(openEmbedded)
afterAll(() => shared.close())

/** The management routes over an embedded database with nothing in it, with a clock that the test moves. */
export async function openAdminApp(
  rules: Partial<KeyRules> = {},
  change: (ports: ManagePorts) => ManagePorts = (same) => same,
): Promise<AdminApp> {
  let now: EpochMs = NOON
  const clock = { now: () => now }
  const store = await shared.open()
  const directory = new CachedDirectory({ directory: store.directory, changes: store.changes, clock })
  const told: string[] = []
  const ports = {
    registry: store.openRegistry(newCallId, async (facts) => directory.forget(facts)),
    ledger: store.readLedger(async () => {}),
    budgets: store.openBudgets(async () => {}),
    digests,
    chance,
    clock,
    ...quietPorts(),
    masterKey: digests.digestKey(MASTER_KEY),
    rules: { ...NO_RULES, ...rules },
  }
  const manage = change(ports)
  const app = buildServer({
    newCallId,
    exposeRejectReason: false,
    onFault: (error, about) =>
      told.push(JSON.stringify([error instanceof Error ? (error.stack ?? '') : String(error), about])),
    onProblem: (problem, about) => told.push(JSON.stringify([problem.code, problem.say, problem.detail, about])),
    corsOrigins: [],
    doors: new Doors(),
    upgrades: new Upgrades(),
  })
  const edge: EdgePorts = {
    journey: {
      clock,
      credentials: {
        digests,
        directory: {
          findKey: (digest: KeyDigest, at: EpochMs) => directory.findKey(digest, at),
          peekKey: (digest: KeyDigest, at: EpochMs) => directory.peekKey(digest, at),
          hasSeenKey: () => true,
        },
        masterKey: manage.masterKey,
      },
      directory,
      settings: {
        keyHeader: undefined,
        enforcedParams: [],
        routes: { served: undefined, adminOnly: [], opensPassThrough: false },
      },
    } as unknown as JourneyPorts,
    observer: {
      charged: () => undefined,
      finished: () => undefined,
      refused: (denied, about) => told.push(JSON.stringify([denied, about])),
      attempted: () => undefined,
      rested: () => undefined,
    },
    bodies: new BodyBudget(1 << 26),
    addresses: new ClientAddresses([]),
    limits: { inferenceBytes: 1 << 20, managementBytes: 1 << 20 },
    exposeRejectReason: false,
    refusals: { tell: async () => {} },
    described: [],
    passThroughs: [],
  }
  keyRoutes(app, edge, manage)
  spendRoutes(app, edge, manage, await loadModelFacts())
  globalSpendRoutes(app, edge, manage)

  async function send(
    method: 'GET' | 'POST',
    url: string,
    key: string,
    headers: Record<string, string>,
    body: unknown,
  ) {
    const payload = body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }
    const credential: Record<string, string> = key === '' ? {} : { authorization: `Bearer ${key}` }
    const reply = await app.inject({ method, url, headers: { ...credential, ...headers }, ...payload })
    return {
      status: reply.statusCode,
      headers: reply.headers,
      text: reply.body,
      json: reply.body === '' ? undefined : JSON.parse(reply.body),
    }
  }

  const post: AdminApp['post'] = (path, body, key = MASTER_KEY, headers = {}) =>
    send('POST', path, key, { 'content-type': 'application/json', ...headers }, body)
  return {
    manage,
    store,
    told,
    get: (path, key = MASTER_KEY) => send('GET', path, key, {}, undefined),
    post,
    makeKey: async (body = {}) => {
      const made = await post('/key/generate', body)
      if (made.status !== 200) throw new Error(made.text + told.join(' '))
      return String(made.json.key)
    },
    charge: async (entry) => {
      await store.ledger.keep([writeLedgerLine(entry)])
    },
    pass: (ms) => {
      now = epochMs(now + ms)
    },
    close: () => app.close(),
  }
}
