import { digests } from '../../src/adapters/crypto/digests.ts'
import { emptyKeyRegister } from '../../src/adapters/memory/key-register.ts'
import { memoryLedger } from '../../src/adapters/memory/ledger.ts'
import { memoryVirtualKeys } from '../../src/adapters/memory/virtual-keys.ts'
import { chance, newCallId } from '../../src/adapters/system/chance.ts'
import type { EpochMs } from '../../src/domain/ids.ts'
import { epochMs } from '../../src/domain/ids.ts'
import type { LedgerEntry } from '../../src/domain/ledger-entry.ts'
import { keyRoutes } from '../../src/http/admin/keys.routes.ts'
import { spendRoutes } from '../../src/http/admin/spend.routes.ts'
import type { EdgePorts } from '../../src/http/route.ts'
import { buildServer } from '../../src/http/server.ts'
import { ClientAddresses } from '../../src/http/wire/client-address.ts'
import { BodyBudget } from '../../src/http/wire/read-body.ts'
import type { JourneyPorts } from '../../src/journey/journey.ts'
import type { KeyRules, ManagePorts } from '../../src/manage/ports.ts'
import { NOON } from './entries.ts'

export const MASTER_KEY = 'sk-the-master-key-of-these-tests-4Qz8'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  // eslint-disable-next-line typescript/no-explicit-any
  readonly json: any
}

export interface AdminApp {
  readonly manage: ManagePorts
  /** Everything that this edge would have told a log. */
  readonly told: string[]
  get(path: string, key?: string): Promise<Answer>
  post(path: string, body?: unknown, key?: string, headers?: Record<string, string>): Promise<Answer>
  /** A new key, as the administrator makes it. */
  makeKey(body?: object): Promise<string>
  charge(entry: LedgerEntry): void
  pass(ms: number): void
  close(): Promise<void>
}

/** The management routes over stores in memory, with a clock that the test moves. */
export function openAdminApp(
  rules: Partial<KeyRules> = {},
  change: (ports: ManagePorts) => ManagePorts = (same) => same,
): AdminApp {
  let now: EpochMs = NOON
  const clock = { now: () => now }
  const register = emptyKeyRegister()
  const keys = memoryVirtualKeys(register)
  const ledger = memoryLedger(register)
  const told: string[] = []
  const manage = change({
    keys,
    ledger,
    digests,
    chance,
    clock,
    masterKey: digests.digestKey(MASTER_KEY),
    rules: { allowCustomKeys: true, keyDefaults: {}, keyUpperBounds: {}, strictNoSecretsInUrl: false, ...rules },
  })
  const app = buildServer({
    newCallId,
    onFault: (error, about) =>
      told.push(JSON.stringify([error instanceof Error ? (error.stack ?? '') : String(error), about])),
    onProblem: (problem, about) => told.push(JSON.stringify([problem.code, problem.say, problem.detail, about])),
    corsOrigins: [],
  })
  const edge: EdgePorts = {
    journey: {
      clock,
      credentials: {
        digests,
        keys: { findKey: (...of: Parameters<typeof keys.findKey>) => keys.findKey(...of), peek: () => 'ask' },
        masterKey: manage.masterKey,
      },
      settings: { keyHeader: undefined, enforcedParams: [], routes: { served: undefined, adminOnly: [] } },
    } as unknown as JourneyPorts,
    observer: {
      finished: () => undefined,
      refused: (denied, about) => told.push(JSON.stringify([denied, about])),
      attempted: () => undefined,
      rested: () => undefined,
    },
    bodies: new BodyBudget(1 << 26),
    addresses: new ClientAddresses([]),
    limits: { inferenceBytes: 1 << 20, managementBytes: 1 << 20 },
    exposeRejectReason: false,
  }
  keyRoutes(app, edge, manage)
  spendRoutes(app, edge, manage)

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
    told,
    get: (path, key = MASTER_KEY) => send('GET', path, key, {}, undefined),
    post,
    makeKey: async (body = {}) => {
      const made = await post('/key/generate', body)
      if (made.status !== 200) throw new Error(made.text + told.join(' '))
      return String(made.json.key)
    },
    charge: (entry) => ledger.append(entry),
    pass: (ms) => {
      now = epochMs(now + ms)
    },
    close: () => app.close(),
  }
}
