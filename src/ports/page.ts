/** One page of an ordered list. */
export interface Page {
  /** From 1. */
  readonly page: number
  readonly size: number
  readonly order: 'asc' | 'desc'
}

export interface PageOf<Row> {
  readonly rows: readonly Row[]
  readonly total: number
}
