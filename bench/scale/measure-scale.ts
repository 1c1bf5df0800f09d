import { join } from 'node:path'
import { openStore } from '../../src/adapters/sql/open-store.ts'
import { holdFile } from '../../src/adapters/system/hold-file.ts'
import { clock } from '../../src/adapters/system/clock.ts'
import { Secret } from '../../src/domain/secret.ts'
import { openStatementTap } from '../../test/support/statement-tap.ts'
import { runSql } from '../../test/support/stores.ts'
import type { Load } from '../measure.ts'
import type { BenchOptions, ScaleStore } from '../options.ts'
import { rssMibOf } from '../process-stats.ts'
import { dataDirOf, startBareGateway } from '../subjects.ts'
import type { Surroundings } from '../subjects.ts'
import { medianOf } from '../summarise.ts'
import { LARGE, SMALL, fillStore, newSalt } from './fill-store.ts'
import type { ScaleSize } from './fill-store.ts'
import { measureLists } from './measure-lists.ts'
import type { MeasuredList } from './measure-lists.ts'
import { loadsOf, measureWarm } from './measure-warm.ts'
import type { WarmRound } from './measure-warm.ts'
import type { ScaleSubject } from './scale-subject.ts'

export interface ScaleResults {
  readonly store: ScaleStore
  readonly keys: number
  readonly fillMs: number
  /** Undefined: only lists were measured. */
  readonly warm: WarmResults | undefined
  readonly lists: readonly MeasuredList[]
}

export interface WarmResults {
  readonly loads: readonly WarmResult[]
  readonly rssMib: { readonly few: number; readonly many: number }
}

export interface WarmResult {
  readonly title: string
  readonly cpuUsPerRequest: number
  /** To the first of its table, within a round. */
  readonly ratio: number
  /** Undefined where the store is in the process itself. */
  readonly askedPerRequest: number | undefined
  readonly rounds: readonly WarmRound[]
}

const QUICK_SIZE: ScaleSize = { ...LARGE, keys: 10_000, users: 1_000, teams: 100, lines: 2_000, records: 200 }
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined }

export async function measureScale(
  store: ScaleStore,
  options: BenchOptions,
  around: Surroundings,
  load: Load,
  tell: (text: string) => void,
): Promise<ScaleResults> {
  const large = options.isQuick ? QUICK_SIZE : LARGE
  const subjects: ScaleSubject[] = []
  let fillMs = 0
  try {
    for (const size of options.isListsOnly ? [large] : [SMALL, large]) {
      tell(`${store}: a store with ${size.keys} keys`)
      const from = performance.now()
      subjects.push(await startFilled(store, size, !options.isListsOnly, around))
      fillMs = performance.now() - from
    }
    const [few, many = few] = subjects
    if (few === undefined || many === undefined) throw new Error('no gateway')
    const warm = few === many ? undefined : await measureCalls(few, many, options, load, tell)
    tell(`${store}: lists`)
    const lists = await measureLists(many, options.isQuick)
    return { store, keys: large.keys, fillMs, warm, lists }
  } finally {
    for (const { tap } of subjects) await tap?.close()
  }
}

async function measureCalls(
  few: ScaleSubject,
  many: ScaleSubject,
  options: BenchOptions,
  load: Load,
  tell: (text: string) => void,
): Promise<WarmResults> {
  const loads = loadsOf(few, many)
  const rounds = await measureWarm(loads, options, load, tell)
  const [base = []] = rounds
  return {
    loads: loads.map(({ title }, i) => summarise(title, rounds[i] ?? [], base)),
    rssMib: { few: rssMibOf(few.pid), many: rssMibOf(many.pid) },
  }
}

/** What counts statements stands between the gateway and its database; lists are measured without it where nothing is counted. */
async function startFilled(
  store: ScaleStore,
  size: ScaleSize,
  isCounted: boolean,
  around: Surroundings,
): Promise<ScaleSubject> {
  const name = `${store}-${size.keys}`
  const salt = newSalt()
  if (store === 'embedded') {
    await fill(size, salt, dataDirOf(around.folder, name), undefined)
    return { ...(await startBareGateway(name, [], {}, around)), size, salt, tap: undefined }
  }
  const database = new URL(around.databaseUrl ?? '')
  const databaseName = `latchkey_bench_${salt}`
  await runSql(database.href, `create database ${databaseName}`)
  database.pathname = `/${databaseName}`
  await fill(size, salt, join(around.folder, 'unused'), database.href)
  const tap = isCounted ? await openStatementTap(database.href) : undefined
  const settings = { database_url: tap?.url ?? database.href }
  return { ...(await startBareGateway(name, [], settings, around)), size, salt, tap }
}

async function fill(size: ScaleSize, salt: string, dataDir: string, url: string | undefined): Promise<void> {
  const databaseUrl = url === undefined ? {} : { databaseUrl: new Secret(url) }
  const store = await openStore({ ...databaseUrl, poolSize: 2, dataDir, clock, log: SILENT, holdFile })
  try {
    await fillStore(store, size, salt)
  } finally {
    await store.close()
  }
}

function summarise(title: string, rounds: readonly WarmRound[], base: readonly WarmRound[]): WarmResult {
  const ratios = rounds.flatMap((round) => {
    const first = base.find(({ number }) => number === round.number)
    return first === undefined ? [] : [round.cpuUsPerRequest / first.cpuUsPerRequest]
  })
  const asked = rounds.flatMap(({ askedPerRequest }) => askedPerRequest ?? [])
  return {
    title,
    cpuUsPerRequest: medianOf(rounds.map(({ cpuUsPerRequest }) => cpuUsPerRequest)),
    ratio: medianOf(ratios),
    askedPerRequest: asked.length === 0 ? undefined : medianOf(asked),
    rounds,
  }
}
