import { NO_MODELS } from '../../domain/effective.ts'
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
  const forOperators = first.forOperators === true || then.forOperators === true ? { forOperators: true as const } : {}
  return {
    say,
    steps: [...first.steps, ...then.steps],
    imagine: (scene) => then.imagine(first.imagine(scene)),
    ...forOperators,
  }
}

/** Each by itself, and last all of them: as long as one is not made, the refusal may be the same. */
export function eachOrAll(changes: readonly Change[]): readonly Change[] {
  const [first, ...others] = changes
  if (first === undefined || others.length === 0) return changes
  return [...changes, others.reduce((all, each) => together(`${all.say} ${each.say}`, all, each), first)]
}

/** A list of models that has this one as well. */
export function withModel(models: readonly string[], model: string): readonly string[] {
  return [...new Set([...models.filter((name) => name !== NO_MODELS), model])]
}
