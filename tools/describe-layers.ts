import type { Cruise } from './cruise.ts'

/** Files beside the layers that put the parts together and start them. */
const WIRING = 'wiring'
const PRODUCT = /^src\/(?!.*\.(?:test|contract)\.ts$)/

/** A diagram of the layers that import each other, in Mermaid. Single files leave no trace, so that it rarely changes. */
export function describeLayers({ modules }: Cruise): string {
  const edges = new Set<string>()
  for (const { source, dependencies } of modules) {
    if (!PRODUCT.test(source)) continue
    for (const { resolved } of dependencies) {
      if (!PRODUCT.test(resolved) || layerOf(source) === layerOf(resolved)) continue
      edges.add(`  ${layerOf(source)} --> ${layerOf(resolved)}`)
    }
  }
  return ['```mermaid', 'flowchart TD', ...[...edges].toSorted((one, other) => one.localeCompare(other)), '```'].join(
    '\n',
  )
}

function layerOf(path: string): string {
  const [, folder = '', rest] = path.split('/')
  return rest === undefined || folder === 'cli' ? WIRING : folder
}
