import { defineConfig } from 'vitest/config'
import { LongestFirst } from './tools/longest-first.ts'
import { OutcomeReporter } from './tools/outcome-reporter.ts'

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new OutcomeReporter()],
    projects: [
      {
        test: {
          name: 'unit',
          // No unit test keeps state between files, so that they may share a module graph: half the time.
          pool: 'threads',
          isolate: false,
          maxWorkers: '100%',
          // No time decides a test; this only ends one that hangs, on a busy machine too.
          testTimeout: 30_000,
          hookTimeout: 60_000,
          include: ['src/**/*.test.ts', 'tools/**/*.test.ts', 'bench/**/*.test.ts', 'test/support/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'integration',
          // The embedded database is one large module that each file loads anew: what V8 would spend on tiering it up,
          // no file lives long enough to earn back.
          execArgv: ['--wasm-tiering-budget=1000000000'],
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/setup-integration.ts', 'test/support/setup-migrated.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // Each file has databases of its own.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/setup-integration.ts', 'test/support/setup-e2e.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Each file has gateways and databases of its own, and waits for them most of the time.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
