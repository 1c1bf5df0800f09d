/** The way back to the client. The edge implements it; the journey decides what goes through. */
export interface Reply {
  /** Once, before anything else. Names and values of the headers in turn. */
  head(status: number, headers: readonly string[]): void
  /** False: the client reads slower than we write; wait for `whenDrained`. */
  write(part: string | Uint8Array): boolean
  end(part?: string | Uint8Array): void
  /** Breaks the answer off, so that nobody takes what there is of it for the whole. */
  cut(): void
  /** Calls back each time that everything written has left. */
  whenDrained(go: () => void): void
  /** Calls back once, when the client is gone before the end; at once if it is gone already. */
  whenGone(tell: () => void): void
}
