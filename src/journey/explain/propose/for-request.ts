import type { JsonObject, JsonValue } from '../../../domain/json.ts'
import { isObject } from '../../../domain/json.ts'
import { missingParam } from '../../4-authorise/decide-enforced-params.ts'
import { changeBody } from '../change-request.ts'
import type { Change } from '../scene.ts'
import type { Situation } from '../situation.ts'
import { forUnknownModel } from './for-model.ts'

/** What every call has to carry here. */
export function forMissingParam(situation: Situation): readonly Change[] {
  const { scene, principal, model, enforcedParams } = situation
  if (principal === undefined) return []
  if (model === undefined || model === '') return forUnknownModel(situation)
  const { body } = scene.call
  const path = missingParam(principal, body, enforcedParams)
  // What is not among those is the name of the customer.
  const [first = 'user', ...rest] = path?.split('.') ?? []
  return [changeBody(`Send the parameter ${path ?? first}.`, { [first]: filled(body[first], rest) })]
}

function filled(current: JsonValue | undefined, [name, ...rest]: readonly string[]): JsonValue {
  if (name === undefined) return 'any'
  const object: JsonObject = isObject(current) ? current : {}
  return { ...object, [name]: filled(object[name], rest) }
}
