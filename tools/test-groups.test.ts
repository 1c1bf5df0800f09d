import { expect, test } from 'vitest'
import config from '../vitest.config.ts'

// Vitest refuses a whole run whose projects share a group and not a number of workers. `npm run check` runs one project and
// would not see it.
test('each project of tests runs in a group of its own', () => {
  const groups = (config.test?.projects ?? []).map((project) =>
    typeof project === 'object' && 'test' in project ? (project.test?.sequence?.groupOrder ?? 0) : undefined,
  )

  expect(groups).toHaveLength(3)
  expect(new Set(groups).size).toBe(groups.length)
})
