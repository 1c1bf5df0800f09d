import { statSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { TestSequencer, TestSpecification } from 'vitest/node'

const ROOT = join(import.meta.dirname, '..')

/** Files that take long among those of their group, which their size does not tell. */
export const LONGEST: readonly string[] = [
  'src/adapters/system/load-watch.test.ts',
  'src/config/secrets-stay-secret.test.ts',
  'src/config/load-never-throws.test.ts',
  'test/integration/identities/arrivals.test.ts',
  'test/integration/store/embedded-start.test.ts',
  'test/integration/store/both-stores.test.ts',
  'test/e2e/jwt/key-sets.test.ts',
  'test/e2e/explain/denials.test.ts',
  'test/e2e/authority/audit-tampering.test.ts',
  'test/e2e/jwt/start.test.ts',
  'test/e2e/pass-through/start.test.ts',
  'test/e2e/explain/command.test.ts',
  'test/e2e/serving/start.test.ts',
  'test/e2e/crash/kill.test.ts',
  'test/e2e/authority/matrix.test.ts',
  'test/e2e/jwt/unknown-keys.test.ts',
  'test/e2e/check-token.test.ts',
  'test/e2e/audit-verify.test.ts',
]

/**
 * The order in which files begin, group after group: those that take long, then large ones before small ones. A long file
 * that began last would run alone, with nothing to do for the other workers. It is the same on a clone that has never run.
 */
export class LongestFirst implements TestSequencer {
  shard(): Promise<never> {
    return Promise.reject(new Error('the tests are not run in shards'))
  }

  async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files
      .map((file) => ({
        file,
        group: file.project.config.sequence.groupOrder,
        rank: rankOf(relative(ROOT, file.moduleId).replaceAll('\\', '/')),
        size: statSync(file.moduleId).size,
      }))
      .toSorted((a, b) => a.group - b.group || a.rank - b.rank || b.size - a.size)
      .map(({ file }) => file)
  }
}

function rankOf(path: string): number {
  const at = LONGEST.indexOf(path)
  return at === -1 ? LONGEST.length : at
}
