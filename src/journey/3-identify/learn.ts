import type { Peeked } from '../../ports/directory.ts'
import { Problem } from '../../domain/problem.ts'

/** Work on facts, which waits only for those that are not known here and now, and names those that are. */
export type Learning<Result> = Generator<Promise<unknown> | Sight, Result, void>

/** A fact that the directory knew without being asked, and how to see whether it still says the same. */
export interface Sight {
  readonly peek: () => unknown
  readonly fact: unknown
}

export function isStillSo({ peek, fact }: Sight): boolean {
  return peek() === fact
}

export function* learn<Fact>(
  peek: () => Peeked<Fact>,
  find: () => Promise<Fact | undefined>,
): Learning<Fact | undefined> {
  const peeked = peek()
  if (peeked !== 'ask') {
    yield { peek, fact: peeked }
    return peeked
  }
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
    if (peeked === 'ask') asked.push(find(id).then((fact) => void known.set(id, fact)))
    else {
      known.set(id, peeked)
      yield { peek: () => peek(id), fact: peeked }
    }
  }
  if (asked.length > 0) yield Promise.all(asked)
  return known
}

/** What the work came to, and all that it was made of: undefined where something had to be asked first. */
export interface Learned<Result> {
  readonly result: Result
  readonly seen: readonly Sight[] | undefined
}

/** Without a promise where nothing had to be asked. */
export function conclude<Result>(work: Learning<Result>): Result | Promise<Result> {
  const learned = concludeSeeing(work)
  return learned instanceof Promise ? learned.then(({ result }) => result) : learned.result
}

export function concludeSeeing<Result>(work: Learning<Result>): Learned<Result> | Promise<Learned<Result>> {
  const seen: Sight[] = []
  for (;;) {
    const step = work.next()
    if (step.done === true) return { result: step.value, seen }
    if (step.value instanceof Promise) return concludeLater(work, step.value)
    seen.push(step.value)
  }
}

async function concludeLater<Result>(work: Learning<Result>, first: Promise<unknown>): Promise<Learned<Result>> {
  let pending: Promise<unknown> | Sight = first
  for (;;) {
    if (pending instanceof Promise) await arrived(pending)
    const step = work.next()
    if (step.done === true) return { result: step.value, seen: undefined }
    pending = step.value
  }
}

/** An error is never an absence: who could not be read is not a stranger, and a team not one without rules. */
async function arrived(facts: Promise<unknown>): Promise<void> {
  try {
    await facts
  } catch (cause) {
    throw new Problem('store-unavailable', undefined, { because: 'store_unavailable' }, cause)
  }
}
