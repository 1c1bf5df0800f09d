import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** The arguments that run a package's program on the Node of package.json. */
export function bin(name, path) {
  return join(root, 'node_modules', name, path)
}

const KEPT_TYPES = ['--tsBuildInfoFile', join(root, 'node_modules', '.cache', 'types.tsbuildinfo')]

/** Written in Go, and over before what they leave lying about is in anybody's way: a third of their time went into collecting it. */
const RARELY_TIDY = { GOGC: 'off', GOMEMLIMIT: '3GiB' }

/** Each is a promise about the sources that a tool keeps. */
export const CHECKS = [
  { what: 'format', args: [bin('oxfmt', 'bin/oxfmt'), '--check'] },
  { what: 'lint', args: [bin('oxlint', 'bin/oxlint'), '--type-aware', '--deny-warnings'], env: RARELY_TIDY },
  {
    what: 'types',
    // On one thread, because the others have their own work, and from what it found the last time.
    args: [bin('typescript', 'bin/tsc'), '-p', 'tsconfig.json', '--singleThreaded', '--incremental', ...KEPT_TYPES],
    env: RARELY_TIDY,
  },
  {
    what: 'boundaries',
    args: [bin('dependency-cruiser', 'bin/dependency-cruiser.mjs'), '--config', '.dependency-cruiser.cjs', 'src'],
  },
  { what: 'dead code', args: [bin('knip', 'bin/knip.js')] },
]

/** Runs checks side by side. What one of them says stays in one piece, and is told where it fails. Gives how many did. */
export async function runChecks(checks, node, tell) {
  const codes = await Promise.all(
    checks.map(async ({ what, args, env }) => {
      const from = performance.now()
      const { code, output } = await run(node, args, env)
      const took = `${((performance.now() - from) / 1000).toFixed(1)} s`
      tell(code === 0 ? `${what}: ok (${took})` : `${output.trimEnd()}\n${what}: failed (${took})`)
      return code
    }),
  )
  return codes.filter((code) => code !== 0).length
}

function run(node, args, env) {
  return new Promise((resolve) => {
    const child = spawn(node, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const keep = (text) => (output += text)
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.on('error', (error) => resolve({ code: 1, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
