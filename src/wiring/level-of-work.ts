/** What a benchmark may leave out, to see what each part costs. Everything is on for everybody else. */
export interface LevelOfWork {
  readonly books: boolean
  readonly logs: boolean
}

export const WHOLE_WORK: LevelOfWork = { books: true, logs: true }

export const BENCH_LEVELS: ReadonlyMap<string, LevelOfWork> = new Map([
  ['L1', { books: false, logs: false }],
  ['L3', WHOLE_WORK],
])
