import { mkdir, rm, stat, statfs, writeFile } from 'node:fs/promises'
import type { Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { StoreProblem } from './store-problem.ts'

const OWNER_ONLY = 0o700

/** Written and removed again at each start: a name that nobody else gives to a file. */
export const PROBE = '.latchkey-probe'
const PROBE_BYTES = 64 * 1024

/** A new database takes some 40 MB. */
const LITTLE_ROOM = 64 * 1024 * 1024

const WHY: ReadonlyMap<string, string> = new Map([
  ['EEXIST', 'there is a file of this name'],
  ['ENOTDIR', 'a part of the path is a file'],
  ['ENOENT', 'nothing can be made there'],
  ['EACCES', 'this user may not write there'],
  ['EPERM', 'this user may not write there'],
  ['EROFS', 'it is read-only'],
  ['ENOSPC', 'there is no room left'],
  ['EDQUOT', 'there is no room left for this user'],
])

/** For what a process keeps beside a server: the directory is made when it is absent, and can be written. */
export async function makeDataDir(path: string): Promise<void> {
  await makeDirectory(path)
  await tryToWrite(path)
}

export async function makeDirectory(path: string): Promise<Stats> {
  try {
    await makeWithParents(path)
    return await stat(path)
  } catch (error) {
    throw unusable(path, error)
  }
}

/** A directory that is read-only or full is told as that, and not as what breaks first in it. */
export async function tryToWrite(path: string): Promise<void> {
  const probe = join(path, PROBE)
  try {
    await rm(probe, { force: true })
    // Never through a link that somebody else has put there.
    await writeFile(probe, Buffer.alloc(PROBE_BYTES), { mode: 0o600, flush: true, flag: 'wx' })
  } catch (error) {
    throw unusable(path, error)
  } finally {
    await rm(probe, { force: true }).catch(() => {})
  }
}

export async function hasLittleRoom(path: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize < LITTLE_ROOM
}

/** Node's own `recursive` tries for ever where a directory is there in which nothing can be made, such as `/proc`. */
async function makeWithParents(path: string): Promise<void> {
  if (await makeOne(path)) return
  const parent = dirname(path)
  if (parent !== path) await makeWithParents(parent)
  if (!(await makeOne(path))) throw Object.assign(new Error('no such directory'), { code: 'ENOENT' })
}

/** False: its parent is missing. */
async function makeOne(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: OWNER_ONLY })
    return true
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT') return false
    // Also where the file system is read-only, or its owner another.
    if ((await stat(path).catch(() => undefined))?.isDirectory() === true) return true
    throw error
  }
}

function unusable(path: string, error: unknown): StoreProblem {
  const code = codeOf(error)
  const why = WHY.get(code)
  return new StoreProblem(
    'unusable',
    `${path} cannot be used as a data directory: ${why === undefined ? code : `${why} (${code})`}. Name another place with --data-dir, or make room there.`,
  )
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
