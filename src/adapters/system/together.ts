import type { Together } from '../../ports/together.ts'

/** A place to wait in. Those who come while others go on belong to the next turn. */
export function makeTogether(): Together {
  let waiting: (() => void)[] = []
  const goOn = (): void => {
    const ready = waiting
    waiting = []
    for (const resolve of ready) resolve()
  }
  const wait = (resolve: () => void): void => {
    if (waiting.push(resolve) === 1) setImmediate(goOn)
  }
  return () => new Promise(wait)
}
