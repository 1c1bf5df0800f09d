import { allow } from '../domain/decision.ts'
import type { Decision } from '../domain/decision.ts'
import { parseUserId } from '../domain/ids.ts'
import { NO_MONEY } from '../domain/money.ts'
import type { KeyFilter, KeyPage, KeySort } from '../ports/virtual-keys.ts'
import { digestNamed } from './name-key.ts'
import type { ManagePorts } from './ports.ts'
import type { KeyWithSpend } from './read-key.ts'
import { malformed } from './refuse.ts'

export interface PageOfKeys {
  readonly keys: readonly KeyWithSpend[]
  readonly total: number
}

export interface KeyListAsk {
  readonly page: number
  readonly size: number
  readonly userId: string | undefined
  /** A key, in full or by its digest. */
  readonly key: string | undefined
  readonly alias: string | undefined
  /** A team, an organisation or a project. */
  readonly group: string | undefined
  readonly sort: string
  readonly order: string
  readonly status: string | undefined
}

/** No key has a budget yet, so an order by budget is any order. */
const SORTS: ReadonlyMap<string, KeySort> = new Map([
  ['spend', 'spend'],
  ['max_budget', 'created_at'],
  ['created_at', 'created_at'],
  ['updated_at', 'updated_at'],
  ['token', 'token'],
  ['key_alias', 'key_alias'],
])

const NO_KEYS: PageOfKeys = { keys: [], total: 0 }

export async function readKeyPage(ask: KeyListAsk, ports: ManagePorts): Promise<Decision<PageOfKeys>> {
  const sort = SORTS.get(ask.sort)
  if (sort === undefined) return malformed(`Invalid sort column. Must be one of: ${[...SORTS.keys()].join(', ')}`)
  const { order, page, size } = ask
  if (order !== 'asc' && order !== 'desc') return malformed('Invalid sort order. Must be one of: asc, desc')
  if (ask.status !== undefined)
    return malformed('`status`: deleted keys stay on record but cannot be listed in this version.')
  const filter = filterOf(ask, ports)
  return allow(filter === undefined ? NO_KEYS : await listKeys({ filter, sort, order, page, size }, ports))
}

export async function listKeys(page: KeyPage, ports: ManagePorts): Promise<PageOfKeys> {
  const { keys, total } = await ports.keys.list(page)
  const spend = await ports.ledger.spendOfKeys(keys.map((row) => row.digest))
  return { keys: keys.map((row) => ({ row, spend: spend.get(row.digest) ?? NO_MONEY })), total }
}

const ALIASES_AT_ONCE = 1_000

export async function listAliases({ keys }: Pick<ManagePorts, 'keys'>): Promise<readonly string[]> {
  const aliases: string[] = []
  for (let page = 1; ; page += 1) {
    const found = await keys.list({ filter: {}, sort: 'key_alias', order: 'asc', page, size: ALIASES_AT_ONCE })
    for (const { alias } of found.keys) {
      if (alias !== undefined) aliases.push(alias)
    }
    // Keys without an alias come last.
    if (found.keys.length < ALIASES_AT_ONCE || found.keys.at(-1)?.alias === undefined) return aliases
  }
}

/** Undefined: no key can fit. */
function filterOf({ key, userId, alias, group }: KeyListAsk, ports: ManagePorts): KeyFilter | undefined {
  const digest = key === undefined ? undefined : digestNamed(key, ports.digests)
  const user = userId === undefined ? undefined : parseUserId(userId)
  const cannotFit = (key !== undefined && digest === undefined) || (userId !== undefined && user === undefined)
  if (cannotFit || group !== undefined) return undefined
  return {
    ...(digest === undefined ? {} : { digest }),
    ...(user === undefined ? {} : { userId: user }),
    ...(alias === undefined ? {} : { alias }),
  }
}
