import type { RetriesByFailure } from '../domain/router-policy.ts'
import type { FailureClass } from '../domain/upstream-failure.ts'
import { kindOf } from './located.ts'
import { nearestName } from './nearest-name.ts'
import { aFlag, aText, aWholeNumber, listOf, mapOf } from './readers.ts'
import type { Reader } from './readers.ts'
import type { GroupAlias } from '../domain/model-catalogue.ts'
import { showKey } from './show-name.ts'

type Failure = FailureClass | 'Default'

const FAILURES: readonly (readonly [name: string, failure: FailureClass])[] = [
  ['BadRequestError', 'BadRequestError'],
  ['AuthenticationError', 'AuthenticationError'],
  ['TimeoutError', 'Timeout'],
  ['RateLimitError', 'RateLimitError'],
  ['ContentPolicyViolationError', 'ContentPolicyViolationError'],
  ['InternalServerError', 'InternalServerError'],
  ['ServiceUnavailableError', 'ServiceUnavailableError'],
  ['NotFoundError', 'NotFoundError'],
]

const RETRIES: ReadonlyMap<string, Failure> = new Map([
  ...FAILURES.map(([name, failure]): [string, Failure] => [`${name}Retries`, failure]),
  ['DefaultRetries', 'Default'],
])

const ALLOWED_FAILS: ReadonlyMap<string, Failure> = new Map([
  ...FAILURES.map(([name, failure]): [string, Failure] => [`${name}AllowedFails`, failure]),
  ['BadGatewayErrorAllowedFails', 'BadGatewayError'],
])

export const retryPolicy = countsBy(RETRIES)
export const allowedFailsPolicy = countsBy(ALLOWED_FAILS)

/** A map with a closed set of names, each a number of times. */
function countsBy(failures: ReadonlyMap<string, Failure>): Reader<RetriesByFailure> {
  const counts = mapOf(aWholeNumber(0, 1_000_000))
  return {
    expects: 'a map of numbers by kind of error',
    read: (node, key, findings) => {
      const values = counts.read(node, key, findings)
      if (node.kind !== 'map' || values === undefined) return undefined
      const read = new Map<Failure, number>()
      for (const [name, entry] of node.entries) {
        const failure = failures.get(name)
        const count = values.get(name)
        if (failure !== undefined && count !== undefined) read.set(failure, count)
        if (failure !== undefined) continue
        const nearest = nearestName(name, failures.keys())
        const suggestion =
          nearest === undefined ? `Known: ${[...failures.keys()].join(', ')}.` : `Did you mean ${nearest}?`
        findings.error(entry.place, `${key}.${showKey(name)}`, 'There is no such kind of error.', suggestion)
      }
      return read
    },
  }
}

const STRATEGIES = [
  'least-busy',
  'latency-based-routing',
  'usage-based-routing',
  'usage-based-routing-v2',
  'cost-based-routing',
]

export const aStrategy: Reader<'simple-shuffle'> = {
  expects: 'simple-shuffle',
  read: (node, key, findings) => {
    const written = aText.read(node, key, findings)
    if (written === undefined || written === 'simple-shuffle') return written
    if (STRATEGIES.includes(written)) {
      const message = `Not supported: the strategy ${written} is not in this version.`
      findings.error(node.place, key, message, 'Use simple-shuffle, with weight or order in litellm_params.')
    } else {
      const nearest = nearestName(written, ['simple-shuffle', ...STRATEGIES])
      const suggestion = nearest === undefined ? 'Use simple-shuffle.' : `Did you mean ${nearest}?`
      findings.error(node.place, key, 'There is no such strategy.', suggestion)
    }
    return undefined
  },
}

const modelNames: Reader<readonly string[]> = listOf({
  expects: 'the name of a model',
  read: (node, key, findings) => {
    if (node.kind !== 'map') return aText.read(node, key, findings)
    const suggestion = 'Name a model of model_list that carries these parameters itself.'
    findings.error(node.place, key, 'Not supported: a fallback that overrides parameters.', suggestion)
    return undefined
  },
})

const fallbackMaps = listOf(mapOf(modelNames))

/** `[{group: [model, …]}, …]`, as one map. */
export const fallbackList: Reader<ReadonlyMap<string, readonly string[]>> = {
  expects: 'a list such as [{model: [other, third]}]',
  read: (node, key, findings) => {
    if (node.kind === 'map') {
      findings.error(node.place, key, `Expected ${fallbackList.expects}, found ${kindOf(node)}.`)
      return undefined
    }
    const merged = new Map<string, readonly string[]>()
    for (const each of fallbackMaps.read(node, key, findings) ?? []) {
      for (const [group, models] of each) {
        if (merged.has(group)) findings.error(node.place, key, 'One model has two lists of fallbacks.', 'Join them.')
        merged.set(group, models)
      }
    }
    return merged
  },
}

export const aGroupAlias: Reader<GroupAlias> = {
  expects: 'the name of a group, or {model, hidden}',
  read: (node, key, findings) => {
    if (node.kind !== 'map') {
      const model = aText.read(node, key, findings)
      return model === undefined ? undefined : { model, hidden: false }
    }
    for (const [name, entry] of node.entries) {
      if (name !== 'model' && name !== 'hidden') {
        findings.error(entry.place, `${key}.${showKey(name)}`, 'There is no such setting.', 'Known: model, hidden.')
      }
    }
    const modelNode = node.entries.get('model')?.value
    const hiddenNode = node.entries.get('hidden')?.value
    const model = modelNode === undefined ? undefined : aText.read(modelNode, `${key}.model`, findings)
    const hidden = hiddenNode === undefined ? undefined : aFlag.read(hiddenNode, `${key}.hidden`, findings)
    if (model === undefined) findings.error(node.place, `${key}.model`, 'An alias needs the name of its model.')
    return model === undefined ? undefined : { model, hidden: hidden ?? false }
  },
}
