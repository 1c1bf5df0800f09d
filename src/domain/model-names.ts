import type { Deployment } from './deployment.ts'

/** In characters. The ledger keeps no more of a name, and what it does not keep no budget of a model could count. */
export const LONGEST_MODEL_NAME = 255

/** Longest literal text first, so that the most specific pattern wins. */
export function patternsAmong(names: Iterable<string>): readonly string[] {
  return [...names]
    .filter((name) => name.includes('*'))
    .toSorted((a, b) => b.replaceAll('*', '').length - a.replaceAll('*', '').length)
}

/** The groups that a deployment names itself, in `model_info.access_groups`. */
export function namedGroups({ entry }: Deployment): readonly string[] {
  const listed = entry.info['access_groups']
  return Array.isArray(listed) ? listed.filter((name) => typeof name === 'string') : []
}
