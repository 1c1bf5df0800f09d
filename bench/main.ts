/** `npm run bench`: what each level of the gateway costs, held against a bare forwarder. Read docs/bench.md first. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startIdentityProvider } from '../test/support/identity-provider.ts'
import { findPostgres } from './find-postgres.ts'
import type { Load, OpenStreamsMemory, Round } from './measure.ts'
import { measureFirstSeen, measureOpenStreams, measureRound, measureSoak, warmUp } from './measure.ts'
import type { BenchOptions } from './options.ts'
import { readOptions } from './options.ts'
import { Processes } from './processes.ts'
import { renderTable } from './render-table.ts'
import { measureScale } from './scale/measure-scale.ts'
import type { ScaleResults } from './scale/measure-scale.ts'
import { renderScale } from './scale/render-scale.ts'
import type { Subject, Surroundings } from './subjects.ts'
import { startSubject } from './subjects.ts'
import type { Measured } from './summarise.ts'
import { summarise } from './summarise.ts'

const MOCK_UPSTREAM = fileURLToPath(new URL('../test/support/mock-upstream/main.ts', import.meta.url))
const LOAD_GENERATOR = fileURLToPath(new URL('load-generator.ts', import.meta.url))
const RESULTS = fileURLToPath(new URL('results/', import.meta.url))

const tell = (text: string): void => void process.stderr.write(`bench: ${text}\n`)

async function measureAll(subjects: readonly Subject[], options: BenchOptions, load: Load): Promise<Measured[]> {
  // First, because a process that has served has memory to spare, in which the streams would hide.
  tell(`${options.openStreams} open streams`)
  const open = new Map<Subject, OpenStreamsMemory>()
  for (const subject of subjects) open.set(subject, await measureOpenStreams(subject, options, load))

  for (const subject of subjects) {
    tell(`${subject.level}: warming up`)
    await warmUp(subject, options, load)
  }

  const rounds = new Map<Subject, Round[]>(subjects.map((subject) => [subject, []]))
  for (let round = 1; round <= options.rounds; round += 1) {
    tell(`round ${round} of ${options.rounds}`)
    // To and fro, so that a machine that gets slower or faster favours nobody.
    const turns = round % 2 === 1 ? subjects : subjects.toReversed()
    for (const subject of turns) rounds.get(subject)?.push(await measureRound(subject, options, load))
  }

  const measured: Measured[] = []
  for (const subject of subjects) {
    if (options.soakRequests > 0) tell(`${subject.level}: ${options.soakRequests} requests for its memory`)
    const soakRssMib = options.soakRequests > 0 ? await measureSoak(subject, options, load) : []
    const firstSeenUs = await measureFirstSeen(subject, options, load)
    const openStreams = open.get(subject) ?? { idleMib: 0, openMib: 0, closedMib: 0 }
    measured.push({ level: subject.level, rounds: rounds.get(subject) ?? [], openStreams, soakRssMib, firstSeenUs })
  }
  return measured
}

type Report = (isPinned: boolean) => void

async function measureLevels(options: BenchOptions, around: Surroundings, load: Load): Promise<Report> {
  const subjects: Subject[] = []
  for (const level of options.levels) subjects.push(await startSubject(level, around))
  const measured = await measureAll(subjects, options, load)
  return (isPinned) => {
    const [bare] = measured
    if (bare === undefined) return
    const summaries = measured.map((each) => summarise(each, bare))
    const results = { node: process.version, isPinned, options, summaries, measured }
    writeResults('latest.json', results, renderTable(summaries), options)
  }
}

async function measureStores(options: BenchOptions, around: Surroundings, load: Load): Promise<Report> {
  const stores: ScaleResults[] = []
  for (const store of options.scale) stores.push(await measureScale(store, options, around, load, tell))
  return (isPinned) =>
    writeResults('scale.json', { node: process.version, isPinned, options, stores }, renderScale(stores), options)
}

function writeResults(file: string, results: object, table: string, options: BenchOptions): void {
  const json = `${JSON.stringify(results, undefined, 2)}\n`
  mkdirSync(RESULTS, { recursive: true })
  writeFileSync(join(RESULTS, file), json)
  process.stdout.write(options.json ? json : table)
}

async function main(): Promise<void> {
  const databaseUrl = process.env['DATABASE_URL']
  const options = readOptions(process.argv.slice(2), databaseUrl)
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  const processes = new Processes(folder)
  // The load generator's end ends the measuring, and so the process, in the ordinary way.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void processes.stopAll())
  if (!processes.isPinned) tell('processes are not pinned to cores: expect more noise')
  const wantsPostgres =
    options.scale.length > 0 ? options.scale.includes('server') : options.levels.includes('L3-postgres')
  const provider = await startIdentityProvider()
  const postgres = wantsPostgres ? await findPostgres(databaseUrl) : undefined
  try {
    const upstream = await processes.startAnnounced('mock-upstream', 'rest', [MOCK_UPSTREAM])
    const load = processes.startLoadGenerator(LOAD_GENERATOR)
    const upstreamUrl = `http://127.0.0.1:${upstream.port}`
    const around = { processes, upstreamUrl, folder, databaseUrl: postgres?.url, provider }
    const report = await (options.scale.length > 0 ? measureStores : measureLevels)(options, around, load)
    if (processes.died.length > 0) throw new Error(`ended by itself: ${processes.died.join(', ')}`)
    report(processes.isPinned)
  } finally {
    await processes.stopAll()
    await provider.stop()
    await postgres?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

await main().catch((error: unknown) => {
  tell(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
