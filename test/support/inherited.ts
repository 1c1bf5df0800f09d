/** Of this process's environment, what a gateway under test gets too: no secret, and where compiled code is kept. */
export function inherited(...names: readonly ('PATH' | 'HOME')[]): Record<string, string> {
  return Object.fromEntries(
    [...names, 'NODE_COMPILE_CACHE'].flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}
