import type { CallObserver } from '../ports/call-observer.ts'

export function both(first: CallObserver | undefined, second: CallObserver): CallObserver {
  if (first === undefined) return second
  return {
    charged(entry, of) {
      first.charged(entry, of)
      second.charged(entry, of)
    },
    finished(entry, since) {
      first.finished(entry, since)
      second.finished(entry, since)
    },
    refused(denied, about) {
      first.refused(denied, about)
      second.refused(denied, about)
    },
    attempted(deployment, model, failure) {
      first.attempted(deployment, model, failure)
      second.attempted(deployment, model, failure)
    },
    rested(deployment, model, failure) {
      first.rested(deployment, model, failure)
      second.rested(deployment, model, failure)
    },
  }
}
