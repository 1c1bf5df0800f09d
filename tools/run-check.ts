import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { CHECKS } from './checks.mjs'

export const ROOT = join(import.meta.dirname, '..')

export interface CheckRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a check as `npm run check` does, in a folder of the caller's choice and with further arguments. A guard that called
 * the tool in its own way could pass while the check itself looks at nothing.
 */
export function runCheck(what: string, folder: string, more: readonly string[]): CheckRun {
  const check = CHECKS.find((each) => each.what === what)
  if (check === undefined) throw new Error(`there is no check '${what}'`)
  const { status, stdout, stderr } = spawnSync(process.execPath, [...check.args, ...more], {
    cwd: folder,
    env: { ...process.env, ...check.env },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  return { code: status, stdout, stderr }
}

/** A small repository of its own beside the real one, with the packages of the real one in reach. */
export class Fixture {
  readonly root = mkdtempSync(join(tmpdir(), 'latchkey-guard-'))

  constructor(files: ReadonlyMap<string, string>) {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(this.root, path)), { recursive: true })
      writeFileSync(join(this.root, path), text)
    }
    symlinkSync(join(ROOT, 'node_modules'), join(this.root, 'node_modules'), 'junction')
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}
