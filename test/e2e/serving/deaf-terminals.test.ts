import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { BUILT_GATEWAY } from '../../support/built-gateway.ts'
import { bearer, MASTER_KEY } from '../../support/gateway.ts'
import { inherited } from '../../support/inherited.ts'
import { CHAT, chat } from './support/rig.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')
let home: string

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'latchkey-deaf-'))
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** Full from the start, with a reader that never reads. */
function fullPipe(): number {
  const path = join(home, 'pipe')
  execFileSync('mkfifo', [path])
  const end = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  try {
    for (;;) writeSync(end, 'x'.repeat(4_096))
  } catch {
    return end
  }
}

test.runIf(process.platform === 'linux').each([
  { name: 'is a pipe that nobody reads', open: fullPipe },
  { name: 'is on a full disk', open: () => openSync('/dev/full', 'w') },
  { name: 'was closed', open: () => undefined },
])('F-11, F-22: where the log goes $name: it serves, and ends when it is told to', async ({ open }) => {
  const sink = open()
  const port = await freePort()
  const flags = ['--port', String(port), '--data-dir', mkdtempSync(join(home, 'data-'))]
  const gateway = spawn(process.execPath, [...BUILT_GATEWAY, 'serve', ...flags, '--detailed_debug'], {
    cwd: ROOT,
    // The variable has no effect, which is told before anything else.
    env: { ...inherited(), LITELLM_MASTER_KEY: MASTER_KEY, SSL_CERT_FILE: '/nowhere' },
    stdio: sink === undefined ? ['ignore', 'pipe', 'pipe'] : ['ignore', sink, sink],
  })
  for (const end of [gateway.stdout, gateway.stderr]) end?.destroy()
  const ended = once(gateway, 'exit')
  const call = (): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${CHAT}`, {
      method: 'POST',
      headers: bearer(MASTER_KEY),
      body: JSON.stringify(chat('demo')),
    })
  const first = await vi.waitFor(call, { timeout: 90_000, interval: 100 })
  const others = await Promise.all(Array.from({ length: 20 }, call))
  expect([first, ...others].map(({ status }) => status)).toEqual(Array.from({ length: 21 }, () => 200))
  gateway.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  if (sink !== undefined) closeSync(sink)
})

async function freePort(): Promise<number> {
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const address = closed.address()
  closed.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}
