import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const INSTALL_MS = 400_000

/** The path of Debian's Chromium. A machine that has none gets it from its package manager, which takes a minute or two. */
export async function needChromium(): Promise<string> {
  const found = onPath()
  if (found !== undefined) return found
  const failure = await install()
  const installed = onPath()
  if (installed !== undefined) return installed
  throw new Error(
    `The tests of the console need Chromium, and \`apt-get install -y chromium\` did not bring it: ${failure}`,
  )
}

function onPath(): string | undefined {
  const places = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'chromium'))
  return places.find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function install(): Promise<string> {
  const first = await aptGet('install', '-y', '--no-install-recommends', 'chromium')
  if (first === undefined) return 'there is no `chromium` on the PATH afterwards'
  // A fresh machine has no lists of packages yet.
  const failure = await aptGet('update')
  return failure ?? (await aptGet('install', '-y', '--no-install-recommends', 'chromium')) ?? first
}

/** What went wrong, or undefined. */
async function aptGet(...args: readonly string[]): Promise<string | undefined> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  try {
    await run('apt-get', [...args], { env, timeout: INSTALL_MS, maxBuffer: 64 * 1024 * 1024 })
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message.slice(-2_000) : String(error)
  }
}
