// Runs on whatever Node the machine has; everything after it runs on the Node that package.json asks for.
import { spawnSync, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync, mkdirSync, cpSync, rmSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { CHECKS, bin, runChecks } from './checks.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const startedAt = performance.now()
const [task = 'start', ...rest] = process.argv.slice(2)
const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`
const tell = (text) => process.stderr.write(`latchkey: ${text}\n`)

function fail(text) {
  tell(text)
  process.exit(1)
}

function lockDigest() {
  const hash = createHash('sha256')
  for (const name of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(root, name)))
  return hash.digest('hex')
}

/** Runs a command, with a line every five seconds while it is silent for so long. */
function runShowing(what, command, args) {
  return new Promise((resolve) => {
    tell(`${what} …`)
    const beat = setInterval(() => tell(`${what} … ${seconds()}`), 5_000)
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    })
    let output = ''
    const keep = (chunk) => (output = (output + chunk).slice(-8_000))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', (error) => {
      clearInterval(beat)
      resolve({ code: 1, output: error.message })
    })
    child.on('close', (code) => {
      clearInterval(beat)
      resolve({ code: code ?? 1, output })
    })
  })
}

async function install() {
  const stamp = join(root, 'node_modules', '.latchkey-installed')
  const digest = lockDigest()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return
  let result = await runShowing('installing packages (once)', 'npm', ['ci', '--no-audit', '--no-fund'])
  // A lock file written on one platform can lack another platform's optional parts; `install` fills them in.
  if (result.code !== 0)
    result = await runShowing('installing packages', 'npm', ['install', '--no-save', '--no-audit', '--no-fund'])
  if (result.code !== 0) fail(`npm could not install the packages:\n${result.output}`)
  if (nodeBinary() === undefined) {
    // npm was told not to run install scripts; this one fetches the Node binary from the registry.
    spawnSync(process.execPath, ['installArchSpecificPackage.js'], {
      cwd: join(root, 'node_modules', 'node'),
      stdio: 'ignore',
    })
  }
  if (nodeBinary() === undefined) fail('no Node 24 or newer was found, and the npm package `node` did not bring one')
  writeFileSync(stamp, digest)
  tell(`packages installed (${seconds()})`)
}

function nodeBinary() {
  const own = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(own)) return own
  return Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : undefined
}

/** npm tells its shell to end, and many a shell does so without a word to us. Our parent is another one then. */
function endWithNpm(end) {
  if (process.env.npm_lifecycle_event === undefined) return
  const shell = process.ppid
  let hungUp = false
  process.on('SIGHUP', () => (hungUp = true))
  const watch = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(watch)
    if (!hungUp) end()
  }, 250)
  watch.unref()
}

async function run(args, { quiet = false, env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(nodeBinary(), args, {
      cwd: root,
      stdio: quiet ? 'ignore' : 'inherit',
      env: { ...process.env, ...env },
    })
    const pass = (signal) => child.kill(signal)
    const onInterrupt = () => {} // the terminal sends it to the child too
    process.on('SIGTERM', pass)
    process.on('SIGHUP', pass)
    endWithNpm(() => pass('SIGTERM'))
    process.on('SIGINT', onInterrupt)
    child.on('error', (error) => fail(error.message))
    child.on('close', (code, signal) => resolve(signal === null ? (code ?? 1) : 1))
  })
}

async function build() {
  const digestFile = join(root, 'dist', '.built-from')
  const sources = sourceDigest()
  if (existsSync(digestFile) && readFileSync(digestFile, 'utf8') === sources) return
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const code = await run([bin('typescript', 'bin/tsc'), '-p', 'tsconfig.build.json'])
  if (code !== 0) fail('the sources do not compile')
  cpSync(join(root, 'src', 'adapters', 'sql', 'migrations'), join(root, 'dist', 'adapters', 'sql', 'migrations'), {
    recursive: true,
  })
  writeFileSync(digestFile, sources)
  tell(`built (${seconds()})`)
}

function sourceDigest() {
  const listing = spawnSync(nodeBinary(), ['tools/source-digest.mjs'], { cwd: root, encoding: 'utf8' })
  return listing.stdout.trim()
}

const UNIT_TESTS = { what: 'unit tests', args: [bin('vitest', 'vitest.mjs'), 'run', '--project', 'unit'] }

async function check() {
  const failed = await runChecks([...CHECKS, UNIT_TESTS], nodeBinary(), tell)
  if (failed > 0) fail(`${failed} of ${CHECKS.length + 1} checks failed (${seconds()})`)
  tell(`everything is ok (${seconds()})`)
}

const tasks = {
  async start() {
    await install()
    await build()
    process.exitCode = await run(['dist/cli.js', 'serve', ...rest], {
      env: { LATCHKEY_STARTED_MS_AGO: String(Math.round(performance.now())) },
    })
  },
  async build() {
    await install()
    await build()
  },
  async check() {
    await install()
    await check()
  },
  async format() {
    await install()
    process.exitCode = await run([bin('oxfmt', 'bin/oxfmt'), ...rest])
  },
  async test() {
    await install()
    await build()
    mkdirSync(join(root, 'node_modules', '.cache'), { recursive: true })
    process.exitCode = await run(['tools/test.mjs', ...rest])
  },
  async bench() {
    await install()
    await build()
    process.exitCode = await run(['bench/main.ts', ...rest])
  },
}

if (!Object.hasOwn(tasks, task)) fail(`unknown task '${task}'; one of ${Object.keys(tasks).join(', ')}`)
await tasks[task]()
