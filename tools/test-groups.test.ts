import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TestSpecification } from 'vitest/node'
import config from '../vitest.config.ts'
import { LONGEST, LongestFirst } from './longest-first.ts'

// Vitest refuses a whole run whose projects share a group and not a number of workers. `npm run check` runs one project and
// would not see it.
test('each project of tests runs in a group of its own', () => {
  const groups = (config.test?.projects ?? []).map((project) =>
    typeof project === 'object' && 'test' in project ? (project.test?.sequence?.groupOrder ?? 0) : undefined,
  )

  expect(groups).toHaveLength(3)
  expect(new Set(groups).size).toBe(groups.length)
})

const ROOT = join(import.meta.dirname, '..')

function spec(path: string, groupOrder: number): TestSpecification {
  return { moduleId: join(ROOT, path), project: { config: { sequence: { groupOrder } } } } as TestSpecification
}

test('the files that begin first are there', () => {
  expect(LONGEST.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})

test('groups run one after the other; in each of them long files begin first, then large ones', async () => {
  const [arrivals = '', keySets = '', denials = ''] = LONGEST.filter((path) => path.startsWith('test/'))
  const given = [
    spec('test/e2e/serving/mock-response.test.ts', 2),
    spec(denials, 2),
    spec('test/e2e/authority/tenants.test.ts', 2),
    spec('tools/ports.test.ts', 0),
    spec(keySets, 2),
    spec(arrivals, 1),
  ]
  expect((await new LongestFirst().sort(given)).map(({ moduleId }) => moduleId.slice(ROOT.length + 1))).toEqual([
    'tools/ports.test.ts',
    arrivals,
    keySets,
    denials,
    'test/e2e/authority/tenants.test.ts',
    'test/e2e/serving/mock-response.test.ts',
  ])
})
