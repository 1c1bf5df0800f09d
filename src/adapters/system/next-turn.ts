import type { NextTurn } from '../../ports/next-turn.ts'

const waiting: (() => void)[] = []

export const nextTurn: NextTurn = () =>
  new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) setImmediate(goOn)
  })

/** Those who wait are let on one by one, in the order in which they came. */
function goOn(): void {
  waiting.shift()?.()
  // What is set in this phase comes in the next turn, after timers and sockets.
  if (waiting.length > 0) setImmediate(goOn)
}
