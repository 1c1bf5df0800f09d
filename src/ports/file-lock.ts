/** Held until `release`, or until the process ends however it ends: the operating system keeps it, so none is ever stale. */
export interface FileLock {
  release(): void
}

/** Takes the lock that the file at `path` stands for (made when absent), or `undefined` while another holder has it. */
export type HoldFile = (path: string) => FileLock | undefined
