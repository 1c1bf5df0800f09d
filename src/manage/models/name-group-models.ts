import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { ManagePorts } from '../ports.ts'
import { malformed } from '../refuse.ts'

/** Models by their names and by the ids of their deployments, all of which have to be there. */
export function nameGroupModels(
  names: readonly string[],
  ids: readonly string[],
  { catalogue }: Pick<ManagePorts, 'catalogue'>,
): Decision<readonly string[]> {
  const all = catalogue()
  if (names.length + ids.length === 0) return malformed('model_names or model_ids must name at least one model.')
  const unknown = names.filter((name) => all.resolve(name, {}) === undefined && !isOfTeam(name, all.deployments))
  const found = ids.map((id) => ({ id, name: all.deployment(id)?.group }))
  const missing = [...unknown, ...found.flatMap(({ id, name }) => (name === undefined ? [id] : []))]
  if (missing.length > 0) return malformed(`Model(s) not found: ${missing.join(', ')}`)
  return allow([...new Set([...names, ...found.flatMap(({ name }) => name ?? [])])])
}

function isOfTeam(name: string, deployments: readonly { readonly group: string }[]): boolean {
  return deployments.some(({ group }) => group === name)
}
