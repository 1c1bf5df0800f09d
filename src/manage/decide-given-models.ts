import { allow } from '../domain/decision.ts'
import type { Decision } from '../domain/decision.ts'
import { decideModelsWithin, isUnrestricted } from '../domain/effective.ts'
import { modelsOfKey } from './keys/own-bounds.ts'
import type { Ask, ManagePorts } from './ports.ts'
import { beyondYoursIn } from './refuse.ts'

/** INV-12: with a key that is limited to some models nobody gives others. What somebody had before may stay. */
export function decideGivenModels(
  before: readonly string[] | undefined,
  after: readonly string[],
  { principal }: Pick<Ask, 'principal'>,
  { grants }: Pick<ManagePorts, 'grants'>,
): Decision<undefined> {
  const own = modelsOfKey(principal)
  if (isUnrestricted(own)) return allow(undefined)
  const opens = isUnrestricted(after) && (before === undefined || !isUnrestricted(before))
  const added = after.filter((model) => before?.includes(model) !== true)
  const beyond = decideModelsWithin(added, [own], grants().modelGroups)
  return opens || beyond !== undefined ? beyondYoursIn('models') : allow(undefined)
}

/** The same of what somebody comes by all at once: does one of these lists open more than the caller's key does? */
export function opensBeyond(
  lists: readonly (readonly string[])[],
  { principal }: Pick<Ask, 'principal'>,
  { grants }: Pick<ManagePorts, 'grants'>,
): boolean {
  const own = modelsOfKey(principal)
  if (isUnrestricted(own)) return false
  const { modelGroups } = grants()
  return lists.some((list) => isUnrestricted(list) || decideModelsWithin(list, [own], modelGroups) !== undefined)
}
