import { runCheck } from './run-check.ts'

export interface Cruise {
  readonly modules: readonly CruisedModule[]
  readonly summary: { readonly violations: readonly Violation[] }
}

interface CruisedModule {
  readonly source: string
  readonly dependencies: readonly { readonly resolved: string }[]
}

interface Violation {
  readonly from: string
  readonly to: string
  readonly rule: { readonly name: string }
}

/** What the boundaries check of a folder sees. */
export function cruise(folder: string): Cruise {
  const run = runCheck('boundaries', folder, ['--output-type', 'json'])
  try {
    return JSON.parse(run.stdout) as Cruise
  } catch (cause) {
    throw new Error(`the boundaries check did not report: ${run.stderr.slice(0, 2_000)}`, { cause })
  }
}
