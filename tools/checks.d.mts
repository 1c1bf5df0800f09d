export interface Check {
  readonly what: string
  /** For the Node of package.json, from the root of the repository. */
  readonly args: readonly [program: string, ...rest: string[]]
}

export const CHECKS: readonly Check[]

export function bin(name: string, path: string): string
