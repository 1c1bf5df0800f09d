import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** The arguments that run a package's program on the Node of package.json. */
export function bin(name, path) {
  return join(root, 'node_modules', name, path)
}

/** Each is a promise about the sources that a tool keeps. */
export const CHECKS = [
  { what: 'format', args: [bin('oxfmt', 'bin/oxfmt'), '--check'] },
  { what: 'lint', args: [bin('oxlint', 'bin/oxlint'), '--type-aware', '--deny-warnings'] },
  { what: 'types', args: [bin('typescript', 'bin/tsc'), '-p', 'tsconfig.json'] },
  {
    what: 'boundaries',
    args: [bin('dependency-cruiser', 'bin/dependency-cruiser.mjs'), '--config', '.dependency-cruiser.cjs', 'src'],
  },
  { what: 'dead code', args: [bin('knip', 'bin/knip.js')] },
]
