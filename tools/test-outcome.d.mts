export interface FileOutcome {
  readonly passed: number
  /** What did not pass, by name: a skipped test keeps no promise, and a file that can't be loaded is one failure. */
  readonly failed: readonly string[]
}

export interface Outcome {
  readonly files: Readonly<Record<string, FileOutcome>>
  /** What went wrong outside any test. */
  readonly faults: number
}

/** What a run wrote down. One that wrote nothing has failed, and so has one that says with its exit `code` that it has. */
export function readOutcome(path: string, code: number): Outcome

/** The files that are worth a second try: a few that failed in a run that went well otherwise. */
export function doubtful(outcome: Outcome): readonly string[]

/** The first outcome with the second one's word on the files that were tried again, and the tests that it mends. */
export function withSecondTry(
  first: Outcome,
  second: Outcome,
): { readonly outcome: Outcome; readonly mended: readonly string[] }

export function countsOf(outcome: Outcome): { readonly passed: number; readonly failed: number }
