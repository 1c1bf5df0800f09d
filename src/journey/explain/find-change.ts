import type { Change, Scene } from './scene.ts'
import type { Outcome } from './run-scene.ts'

/** A call that is refused by more than this is refused for good. */
const MOST_CHANGES = 6
/** Each try is a whole journey. */
const MOST_TRIES = 80

export interface ChangePorts {
  readonly run: (scene: Scene) => Promise<Outcome>
  /** What could help against this refusal; the smallest first. */
  readonly propose: (scene: Scene, outcome: Outcome) => readonly Change[] | Promise<readonly Change[]>
}

/**
 * The changes with which the call would be allowed: each was imagined, all together were tried, and none of them can be
 * left out. Undefined: none were found.
 */
export async function findChange(
  scene: Scene,
  outcome: Outcome,
  ports: ChangePorts,
): Promise<readonly Change[] | undefined> {
  let tries = 0
  const run = async (changes: readonly Change[]): Promise<{ readonly scene: Scene; readonly outcome: Outcome }> => {
    tries += 1
    const imagined = inOrder(changes).reduce((so, change) => change.imagine(so), scene)
    return { scene: imagined, outcome: await ports.run(imagined) }
  }

  const search = async (
    taken: readonly Change[],
    at: { readonly scene: Scene; readonly outcome: Outcome },
    seen: readonly string[],
  ): Promise<readonly Change[] | undefined> => {
    if (taken.length === MOST_CHANGES) return undefined
    const nearer: (readonly [changes: readonly Change[], at: { scene: Scene; outcome: Outcome }])[] = []
    for (const change of await ports.propose(at.scene, at.outcome)) {
      if (tries >= MOST_TRIES) break
      const changes = [...taken, change]
      const next = await run(changes)
      if (next.outcome.denied === undefined) return changes
      // The next obstacle is one that was not met before; otherwise the change led nowhere.
      if (!seen.includes(obstacle(next.outcome))) nearer.push([changes, next])
    }
    for (const [changes, next] of nearer) {
      const found = await search(changes, next, [...seen, obstacle(next.outcome)])
      if (found !== undefined) return found
    }
    return undefined
  }

  const found = await search([], { scene, outcome }, [obstacle(outcome)])
  return found === undefined ? undefined : inOrder(await withoutNeedless(found, run))
}

async function withoutNeedless(
  changes: readonly Change[],
  run: (changes: readonly Change[]) => Promise<{ readonly outcome: Outcome }>,
): Promise<readonly Change[]> {
  let needed = changes
  for (const change of changes) {
    if (needed.length === 1) break
    const fewer = needed.filter((each) => each !== change)
    const { outcome } = await run(fewer)
    if (outcome.denied === undefined) needed = fewer
  }
  return needed
}

function obstacle({ denied, steps, noRoom, noRate }: Outcome): string {
  // What is said of a rate tells the time.
  const say = noRate === undefined ? denied?.say : [noRate.state.scope.kind, noRate.type]
  return JSON.stringify([steps.at(-1)?.step, denied?.because, denied?.problem, say, noRoom?.level.kind])
}

/** What others build on is there first: a team before its members, what a team may before what its key may. */
function inOrder(changes: readonly Change[]): readonly Change[] {
  return changes.toSorted((one, other) => placeOf(one) - placeOf(other))
}

const PLACES = [
  '/organization',
  '/user/new',
  '/team/new',
  '/team/update',
  '/team/unblock',
  '/user',
  '/team',
  '/budget',
  '/key',
  '/customer',
] as const

function placeOf({ steps: [step] }: Change): number {
  if (step === undefined || !('api' in step)) return PLACES.length
  const place = PLACES.findIndex((start) => step.api.path.startsWith(start))
  return place === -1 ? PLACES.length : place
}
