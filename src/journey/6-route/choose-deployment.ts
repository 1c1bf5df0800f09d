import type { Deployment } from '../../domain/deployment.ts'
import type { DeploymentId } from '../../domain/ids.ts'

/**
 * Picks one of the candidates: the lowest `order` first, then by weight; `chance` is a number from 0 up to 1. Prefers a
 * deployment that this request has not tried yet.
 */
export function chooseDeployment(
  candidates: readonly Deployment[],
  tried: ReadonlySet<DeploymentId>,
  chance: number,
): Deployment | undefined {
  if (candidates.length < 2) return candidates[0]
  const untried = candidates.filter((candidate) => !tried.has(candidate.id))
  const pool = lowestOrder(untried.length > 0 ? untried : candidates)
  const weights = weightsOf(pool)
  const total = weights.reduce((sum, weight) => sum + weight, 0)

  let rest = chance * total
  for (const [index, candidate] of pool.entries()) {
    rest -= weights[index] ?? 0
    if (rest < 0) return candidate
  }
  return pool[pool.length - 1]
}

function lowestOrder(candidates: readonly Deployment[]): readonly Deployment[] {
  const lowest = Math.min(...candidates.map(orderOf))
  return candidates.filter((candidate) => orderOf(candidate) === lowest)
}

function orderOf(deployment: Deployment): number {
  return deployment.entry.params.order ?? Number.MAX_SAFE_INTEGER
}

/** By `weight` where any deployment sets one, else by `rpm`, else by `tpm`, else all alike. */
function weightsOf(pool: readonly Deployment[]): readonly number[] {
  for (const measure of ['weight', 'rpm', 'tpm'] as const) {
    const values = pool.map((deployment) => deployment.entry.params[measure] ?? 0)
    if (values.some((value) => value > 0)) return values
  }
  return pool.map(() => 1)
}
