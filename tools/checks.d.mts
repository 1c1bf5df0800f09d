export interface Check {
  readonly what: string
  /** For the Node of package.json, from the root of the repository. */
  readonly args: readonly [program: string, ...rest: string[]]
  readonly env?: Readonly<Record<string, string>>
}

export const CHECKS: readonly Check[]

export function runChecks(checks: readonly Check[], node: string, tell: (line: string) => void): Promise<number>

export function bin(name: string, path: string): string
