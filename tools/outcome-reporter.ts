import { writeFileSync } from 'node:fs'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'
import type { FileOutcome } from './test-outcome.mjs'

/** Writes what a run came to where `tools/test.mjs` will look for it. */
export class OutcomeReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], faults: readonly SerializedError[]): void {
    const path = process.env['LATCHKEY_TEST_OUTCOME']
    if (path === undefined) return
    const files = Object.fromEntries(modules.map((module) => [module.relativeModuleId, outcomeOf(module)]))
    writeFileSync(path, JSON.stringify({ files, faults: faults.length }))
  }
}

function outcomeOf(module: TestModule): FileOutcome {
  let passed = 0
  const failed: string[] = []
  for (const test of module.children.allTests()) {
    if (test.result().state === 'passed') passed += 1
    else failed.push(test.fullName)
  }
  if (failed.length === 0 && !module.ok()) failed.push('what stands around its tests')
  return { passed, failed: failed.map((name) => `${module.relativeModuleId} > ${name}`) }
}
