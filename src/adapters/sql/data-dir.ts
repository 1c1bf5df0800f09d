import { chmod, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PROBE, makeDirectory, tryToWrite } from './make-data-dir.ts'
import { StoreProblem } from './store-problem.ts'

const OWNER_ONLY = 0o700
const OTHERS = 0o077

/** The directory of an embedded store: `pgdata`, and beside it a marker that says a first set-up was completed. */
export interface DataDir {
  readonly path: string
  readonly lockFile: string
  readonly pgdata: string
}

export type DataDirState =
  | { readonly is: 'fresh' }
  /** A first set-up began and never finished; nothing was ever served from it. */
  | { readonly is: 'half-made' }
  | { readonly is: 'installed'; readonly installationId: string }

/** Makes the directory when it is absent, and makes sure that it can be written, and that nobody else can read it. */
export async function openDataDir(path: string): Promise<DataDir> {
  const { uid, mode } = await makeDirectory(path)
  if (process.getuid !== undefined && uid !== process.getuid()) {
    throw new StoreProblem(
      'not-private',
      `The data directory ${path} belongs to another user. Start as its owner, or name another directory.`,
    )
  }
  const isPrivate = (mode & OTHERS) === 0
  if (!isPrivate && !(await isOursOrEmpty(path))) {
    throw new StoreProblem(
      'not-private',
      `The data directory ${path} can be read by other users and holds other files. Run: chmod 700 ${path}, or name another directory.`,
    )
  }
  await tryToWrite(path)
  if (!isPrivate) await chmod(path, OWNER_ONLY)
  return { path, lockFile: join(path, 'lock'), pgdata: join(path, 'pgdata') }
}

/** Tells a first start from a loss: only a directory without any trace of an installation is fresh. Call under the lock. */
export async function inspectDataDir(dir: DataDir): Promise<DataDirState> {
  const installationId = (await readIfThere(join(dir.path, 'installation')))?.trim()
  const isBegun = (await readIfThere(join(dir.path, 'installing'))) !== undefined
  const database = await inspectDatabase(dir.pgdata)

  if (installationId !== undefined) {
    if (database === 'whole') return { is: 'installed', installationId }
    throw new StoreProblem(
      'damaged',
      `The data directory ${dir.path} was in use, but its database is ${database}. Restore ${dir.pgdata} from a backup; a new, empty installation is only made in a directory without the file "installation".`,
    )
  }
  if (isBegun) return { is: 'half-made' }
  if (database === 'missing') return { is: 'fresh' }
  throw new StoreProblem(
    'unfinished',
    `There is a database in ${dir.pgdata}, but the file "installation" beside it is missing, so it is not certain whose it is. Restore that file from a backup, or move ${dir.pgdata} away to start anew.`,
  )
}

/** Before the first file of the database: what is found with this mark and without the other was never served. */
export async function beginInstallation(dir: DataDir): Promise<void> {
  await rm(dir.pgdata, { recursive: true, force: true })
  await writeSynced(join(dir.path, 'installing'), '')
  await mkdir(dir.pgdata, { mode: OWNER_ONLY })
}

export async function finishInstallation(dir: DataDir, installationId: string): Promise<void> {
  await writeSynced(join(dir.path, 'installing'), `${installationId}\n`)
  await rename(join(dir.path, 'installing'), join(dir.path, 'installation'))
  await syncDirectory(dir.path)
}

async function inspectDatabase(pgdata: string): Promise<'whole' | 'missing' | 'damaged'> {
  const names = await readdir(pgdata).catch(undefinedIfAbsent)
  if (names === undefined || names.length === 0) return 'missing'
  const parts = ['PG_VERSION', 'global/pg_control', 'base', 'pg_wal', 'pg_xact'].map((name) => stat(join(pgdata, name)))
  const isWhole = (await Promise.allSettled(parts)).every(({ status }) => status === 'fulfilled')
  return isWhole ? 'whole' : 'damaged'
}

const OURS = new Set([
  'audit-checkpoint-key.pem',
  'audit-checkpoints.jsonl',
  'installation',
  'installing',
  'lock',
  'lock-journal',
  'pgdata',
  PROBE,
  'sealing-key',
  'spool',
])

async function isOursOrEmpty(path: string): Promise<boolean> {
  return (await readdir(path)).every((name) => OURS.has(name))
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(undefinedIfAbsent)
}

function undefinedIfAbsent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
  throw error
}

async function writeSynced(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600, flush: true })
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
