import type { Peeked } from '../../ports/directory.ts'
import { Problem } from '../../domain/problem.ts'

/** Work on facts, which waits only for those that are not known here and now. */
export type Learning<Result> = Generator<Promise<unknown>, Result, void>

export function* learn<Fact>(peeked: Peeked<Fact>, find: () => Promise<Fact | undefined>): Learning<Fact | undefined> {
  if (peeked !== 'ask') return peeked
  const answer: { fact?: Fact | undefined } = {}
  yield find().then((fact) => {
    answer.fact = fact
  })
  return answer.fact
}

/** The same for many of a kind; those that are not known are asked for at once. */
export function* learnAll<Id, Fact>(
  ids: Iterable<Id>,
  peek: (id: Id) => Peeked<Fact>,
  find: (id: Id) => Promise<Fact | undefined>,
): Learning<ReadonlyMap<Id, Fact | undefined>> {
  const known = new Map<Id, Fact | undefined>()
  const asked: Promise<void>[] = []
  for (const id of new Set(ids)) {
    const peeked = peek(id)
    if (peeked !== 'ask') known.set(id, peeked)
    else asked.push(find(id).then((fact) => void known.set(id, fact)))
  }
  if (asked.length > 0) yield Promise.all(asked)
  return known
}

/** Without a promise where nothing had to be asked. */
export function conclude<Result>(work: Learning<Result>): Result | Promise<Result> {
  const step = work.next()
  return step.done === true ? step.value : concludeLater(work, step.value)
}

async function concludeLater<Result>(work: Learning<Result>, first: Promise<unknown>): Promise<Result> {
  let pending = first
  for (;;) {
    try {
      await pending
    } catch (cause) {
      // An error is never an absence: who could not be read is not a stranger, and a team not one without rules.
      throw new Problem('store-unavailable', undefined, { because: 'store_unavailable' }, cause)
    }
    const step = work.next()
    if (step.done === true) return step.value
    pending = step.value
  }
}
