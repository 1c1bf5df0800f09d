import { setTimeout as pause } from 'node:timers/promises'
import { StoreProblem } from '../adapters/sql/store-problem.ts'

const AGAIN_AFTER_MS = 1_000

/**
 * F-02: a database that is not there yet is waited for, and the start goes on once it is. Whatever else speaks against a
 * start is for the operator to mend, and ends it.
 */
export async function awaitStore<Store>(
  open: () => Promise<Store>,
  say: (sentence: string) => void,
  waitMs = AGAIN_AFTER_MS,
): Promise<Store> {
  let said: string | undefined
  for (;;) {
    try {
      return await open()
    } catch (error) {
      if (!(error instanceof StoreProblem) || error.code !== 'unreachable') throw error
      if (error.message !== said) say(`${error.message} Trying again until it can.`)
      said = error.message
      await pause(waitMs)
    }
  }
}
