import { expect, test } from 'vitest'
import { runChecks } from './checks.mjs'

const node = (what: string, script: string): { what: string; args: readonly [string, string] } => ({
  what,
  args: ['-e', script],
})

test('checks run side by side; of one that fails all is told in one piece, and it counts', async () => {
  const told: string[] = []
  const checks = [
    node('good', "console.log('nobody asks')"),
    node('bad', "console.error('one'); console.error('two'); process.exitCode = 3"),
    node('killed', "process.kill(process.pid, 'SIGKILL')"),
  ]
  expect(await runChecks(checks, process.execPath, (line) => told.push(line))).toBe(2)
  expect(told.toSorted()).toEqual([
    expect.stringMatching(/^\nkilled: failed \([\d.]+ s\)$/),
    expect.stringMatching(/^good: ok \([\d.]+ s\)$/),
    expect.stringMatching(/^one\ntwo\nbad: failed \([\d.]+ s\)$/),
  ])
})

test('a program that is not there is a check that fails', async () => {
  const told: string[] = []
  expect(await runChecks([node('gone', '')], '/nowhere/node', (line) => told.push(line))).toBe(1)
  expect(told.join()).toContain('gone: failed')
})
