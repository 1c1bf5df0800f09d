import type { JsonObject } from '../../domain/json.ts'
import { imagining } from './imagined-directory.ts'
import type { ImaginedFacts } from './imagined-directory.ts'
import type { Change } from './scene.ts'

/** A call of the management API, and what the directory says after it. */
export function callOf(
  say: string,
  path: string,
  body: JsonObject,
  facts: Partial<ImaginedFacts>,
  method: 'POST' | 'PATCH' = 'POST',
): Change {
  return {
    say,
    steps: [{ api: { method, path, body } }],
    imagine: (scene) => ({ ...scene, facts: imagining(scene.facts, facts) }),
  }
}

/** Both, as one thing to do: neither helps alone. */
export function together(say: string, first: Change, then: Change): Change {
  return { say, steps: [...first.steps, ...then.steps], imagine: (scene) => then.imagine(first.imagine(scene)) }
}
