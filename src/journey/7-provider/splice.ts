import type { Member } from '../1-intake/read-members.ts'

/** Writes a JSON object again with some members changed: `undefined` leaves one out, the rest keep their bytes. */
export function spliceMembers(
  text: string,
  members: readonly Member[],
  changes: ReadonlyMap<string, string | undefined>,
): string {
  let written = '{'
  for (const { name, start, valueStart, valueEnd } of members) {
    if (!changes.has(name)) {
      written += (written.length > 1 ? ',' : '') + text.slice(start, valueEnd)
      continue
    }
    const change = changes.get(name)
    if (change !== undefined) written += (written.length > 1 ? ',' : '') + text.slice(start, valueStart) + change
  }
  return `${written}}`
}
