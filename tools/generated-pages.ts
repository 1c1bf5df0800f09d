import { join } from 'node:path'
import { describeAccess } from './describe-access.ts'
import { describeLayers } from './describe-layers.ts'
import { describeProblems } from './describe-problems.ts'
import { describeReasons } from './describe-reasons.ts'
import { ROOT } from './run-check.ts'

export interface Page {
  readonly path: string
  /** What stands between its two markers. */
  readonly part: () => string
}

/** The documents that follow from the code. `tools/write-docs.ts` writes them, a test compares them. */
export const GENERATED_PAGES: readonly Page[] = [
  { path: join(ROOT, 'docs/access.md'), part: describeAccess },
  { path: join(ROOT, 'docs/problems.md'), part: describeProblems },
  { path: join(ROOT, 'docs/reasons.md'), part: describeReasons },
]

/** Another one, which follows from what the boundaries check sees. */
export const LAYERS_PAGE = { path: join(ROOT, 'docs/journey.md'), part: describeLayers }
