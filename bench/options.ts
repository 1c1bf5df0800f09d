import { parseArgs } from 'node:util'

/** What is put between the load generator and the mock upstream. `L0` is always measured. */
export type Level = 'L0' | 'noise' | 'L1' | 'L2' | 'L2-mapped' | 'L3' | 'L3-postgres'
const LEVELS: readonly Level[] = ['L0', 'noise', 'L1', 'L2', 'L2-mapped', 'L3', 'L3-postgres']

export interface BenchOptions {
  readonly levels: readonly Level[]
  readonly rounds: number
  readonly requests: number
  /** The first of a round, which are measured apart. */
  readonly wakingRequests: number
  /** Those that come at the same pace to everybody, and how many of them in a second. */
  readonly pacedRequests: number
  readonly perSecond: number
  readonly warmUpRequests: number
  readonly connections: number
  readonly streams: number
  /** Tokens that the gateway has never seen, for what one costs. */
  readonly freshTokens: number
  readonly openStreams: number
  /** Requests of the memory run; 0 leaves it out. */
  readonly soakRequests: number
  /** How long memory is left alone before it is read. */
  readonly settleMs: number
  readonly json: boolean
  readonly isQuick: boolean
  /** Instead of the levels: ten keys against a hundred thousand, on these stores. Empty: the levels. */
  readonly scale: readonly ScaleStore[]
  /** Of those: only how fast lists answer. */
  readonly isListsOnly: boolean
}

export type ScaleStore = 'server' | 'embedded'
const STORES: readonly ScaleStore[] = ['server', 'embedded']

const NORMAL = {
  rounds: 15,
  requests: 8_000,
  wakingRequests: 4_000,
  pacedRequests: 4_000,
  warmUpRequests: 30_000,
  streams: 400,
  freshTokens: 4_000,
  openStreams: 1_000,
  settleMs: 2_000,
}
const QUICK = {
  rounds: 2,
  requests: 400,
  wakingRequests: 400,
  pacedRequests: 400,
  warmUpRequests: 400,
  streams: 40,
  freshTokens: 40,
  openStreams: 40,
  settleMs: 100,
}

/** About half of what one core carries with everything on. */
const PER_SECOND = 2_000

export const USAGE = `npm run bench -- [options]
  --levels L1,L3      which levels to hold against the bare forwarder (L1, L2, L2-mapped, L3, L3-postgres, noise)
  --postgres          adds L3-postgres (also when DATABASE_URL is set)
  --rounds N          interleaved rounds (${NORMAL.rounds})
  --requests N        requests per level and round (${NORMAL.requests})
  --per-second N      the pace at which every level is held against the forwarder as well (${PER_SECOND})
  --connections N     connections of the load generator (32)
  --streams N         streamed answers per level and round (${NORMAL.streams})
  --open-streams N    streams held open at once (${NORMAL.openStreams})
  --soak N            also watches memory over N requests
  --scale             instead: ten keys against 100,000, and how fast lists answer; see docs/bench.md
  --stores server     of --scale: only this store (server, embedded)
  --lists             of --scale: only how fast lists answer
  --quick             a few seconds in all: shows that it works, measures nothing
  --json              prints the results as JSON instead of a table`

export function readOptions(args: readonly string[], databaseUrl: string | undefined): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      levels: { type: 'string', default: 'L1,L2,L3' },
      postgres: { type: 'boolean', default: databaseUrl !== undefined },
      rounds: { type: 'string' },
      requests: { type: 'string' },
      connections: { type: 'string' },
      'per-second': { type: 'string' },
      streams: { type: 'string' },
      'open-streams': { type: 'string' },
      soak: { type: 'string' },
      scale: { type: 'boolean', default: false },
      stores: { type: 'string', default: STORES.join() },
      lists: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const defaults = values.quick ? QUICK : NORMAL
  const levels = readNames('levels', values.levels, LEVELS)
  const withPostgres = values.postgres && levels.includes('L3')
  return {
    levels: [...new Set<Level>(['L0', ...levels, ...(withPostgres ? (['L3-postgres'] as const) : [])])],
    rounds: readCount('rounds', values.rounds, defaults.rounds),
    requests: readCount('requests', values.requests, defaults.requests),
    wakingRequests: defaults.wakingRequests,
    pacedRequests: defaults.pacedRequests,
    perSecond: readCount('per-second', values['per-second'], PER_SECOND),
    warmUpRequests: defaults.warmUpRequests,
    connections: readCount('connections', values.connections, 32),
    streams: readCount('streams', values.streams, defaults.streams),
    freshTokens: defaults.freshTokens,
    openStreams: readCount('open-streams', values['open-streams'], defaults.openStreams),
    soakRequests: values.soak === undefined ? 0 : readCount('soak', values.soak, 0),
    settleMs: defaults.settleMs,
    json: values.json,
    isQuick: values.quick,
    scale: values.scale ? readNames('stores', values.stores, STORES) : [],
    isListsOnly: values.lists,
  }
}

function readNames<Name extends string>(option: string, raw: string, known: readonly Name[]): readonly Name[] {
  return raw.split(',').map((name) => {
    const found = known.find((each) => each === name)
    if (found === undefined) throw new Error(`--${option}: there is no '${name}'\n${USAGE}`)
    return found
  })
}

function readCount(name: string, raw: string | undefined, whenAbsent: number): number {
  if (raw === undefined) return whenAbsent
  const count = Number(raw)
  if (!Number.isSafeInteger(count) || count < 1) throw new Error(`--${name}: not a positive whole number: ${raw}`)
  return count
}
