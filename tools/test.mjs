// Runs every check and every test, and ends with the line `N passed, N failed`.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHECKS, bin, runChecks } from './checks.mjs'
import { countsOf, doubtful, readOutcome, withSecondTry } from './test-outcome.mjs'

const root = join(import.meta.dirname, '..')
const home = mkdtempSync(join(tmpdir(), 'latchkey-test-'))
const only = process.argv.slice(2)

function tell(line) {
  process.stdout.write(`${line}\n`)
}

function runTests(name, filters) {
  const written = join(home, name)
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [bin('vitest', 'vitest.mjs'), 'run', ...filters], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, LATCHKEY_TEST_OUTCOME: written },
    })
    child.on('close', (code) => resolve(readOutcome(written, code ?? 1)))
  })
}

async function runEverything() {
  const first = await runTests('first.json', [])
  const again = doubtful(first)
  if (again.length === 0) return first
  tell(`\nonce more, with the machine to themselves: ${again.join(', ')}`)
  const { outcome, mended } = withSecondTry(first, await runTests('second.json', again))
  for (const test of mended) tell(`failed among the others, and passed alone: ${test}`)
  return outcome
}

const wantsAll = only.length === 0
const failedChecks = wantsAll ? await runChecks(CHECKS, process.execPath, tell) : 0
const tests = countsOf(wantsAll ? await runEverything() : await runTests('only.json', only))
rmSync(home, { recursive: true, force: true })

const passed = tests.passed + (wantsAll ? CHECKS.length - failedChecks : 0)
const failed = tests.failed + failedChecks
tell(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
