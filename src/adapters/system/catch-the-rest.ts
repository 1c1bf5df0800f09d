export interface Uncaught {
  readonly count: number
  /** From then on such a fault ends the process, as in any program. */
  stop(): void
}

/**
 * A fault that nobody caught is a mistake of ours, and must not end everybody else's calls with the one that it struck: it
 * is told and counted, and the process goes on. What that call held ends with its time limits.
 */
export function catchTheRest(tell: (fault: unknown) => void): Uncaught {
  let count = 0
  // Rejections that nobody handles come here as well.
  const take = (fault: unknown): void => {
    count += 1
    tell(fault)
  }
  process.on('uncaughtException', take)
  return {
    get count() {
      return count
    },
    stop: () => void process.off('uncaughtException', take),
  }
}
