import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inherited } from '../../support/inherited.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')
let home: string

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'latchkey-npm-'))
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

test.runIf(process.platform !== 'win32')(
  'what `npm start` has started ends when npm is told to, whose shell tells nobody',
  async () => {
    const start = `"${process.execPath}" tools/run.mjs start --port 0 --data-dir "${join(home, 'data')}"; true`
    const shell = spawn('/bin/sh', ['-c', start], {
      cwd: ROOT,
      env: { ...inherited('PATH', 'HOME'), npm_lifecycle_event: 'start' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    const ready = new Promise<void>((resolve) => {
      shell.stderr.on('data', (text: Buffer) => {
        said += text.toString()
        if (said.includes('"listening"')) resolve()
      })
    })
    shell.stdout.resume()
    const closed = once(shell, 'close')
    await ready
    shell.kill('SIGTERM')
    // Its output is open for as long as the gateway is there.
    await closed
    expect(said).toMatch(/"signal":"SIGTERM","msg":"stopping"[^]*"msg":"stopped"/)
  },
)
