// Runs every check and every test, and ends with the line `N passed, N failed`.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHECKS, bin, runChecks } from './checks.mjs'

const root = join(import.meta.dirname, '..')
const home = mkdtempSync(join(tmpdir(), 'latchkey-test-'))
const report = join(home, 'report.json')
const only = process.argv.slice(2)

function run(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
    child.on('close', (code) => resolve(code ?? 1))
  })
}

let passed = 0
let failed = 0
if (only.length === 0) {
  failed = await runChecks(CHECKS, process.execPath, (line) => process.stdout.write(`${line}\n`))
  passed = CHECKS.length - failed
}

const code = await run([
  bin('vitest', 'vitest.mjs'),
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile=${report}`,
  ...only,
])
const outcome = readReport()
passed += outcome.passed
// A run that ended badly with every test passed (a fault outside any test, a suite that did not load) has failed too.
failed += Math.max(outcome.failed, code === 0 ? 0 : 1)
rmSync(home, { recursive: true, force: true })
process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1

function readReport() {
  try {
    const { numPassedTests, numFailedTests, numPendingTests = 0 } = JSON.parse(readFileSync(report, 'utf8'))
    // A skipped test keeps no promise.
    return { passed: numPassedTests, failed: numFailedTests + numPendingTests }
  } catch {
    return { passed: 0, failed: 1 }
  }
}
