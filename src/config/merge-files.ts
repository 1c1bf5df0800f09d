import type { Findings, Place } from './finding.ts'
import type { Located, LocatedEntry, LocatedMap } from './located.ts'
import { showKey } from './show-name.ts'

/** Lists are joined in the order of the files; of a map's members the last one written counts, and that is said. */
export function mergeFiles(files: readonly LocatedMap[], findings: Findings): LocatedMap {
  const entries = new Map<string, LocatedEntry>()
  for (const file of files) {
    for (const [name, entry] of file.entries) {
      if (name === 'include') continue
      const earlier = entries.get(name)
      entries.set(name, earlier === undefined ? entry : mergeEntry(name, earlier, entry, findings))
    }
  }
  return { kind: 'map', place: files[0]?.place ?? {}, entries }
}

function mergeEntry(name: string, earlier: LocatedEntry, later: LocatedEntry, findings: Findings): LocatedEntry {
  return { place: earlier.place, value: mergeValue(showKey(name), earlier.value, later, findings) }
}

function mergeValue(key: string, earlier: Located, later: LocatedEntry, findings: Findings): Located {
  const { value } = later
  if (earlier.kind === 'list' && value.kind === 'list') {
    return { kind: 'list', place: earlier.place, items: [...earlier.items, ...value.items] }
  }
  if (earlier.kind === 'map' && value.kind === 'map') {
    for (const [member, entry] of value.entries) {
      const replaced = earlier.entries.get(member)
      if (replaced !== undefined) noteReplaced(`${key}.${showKey(member)}`, replaced.place, entry.place, findings)
    }
    return { kind: 'map', place: earlier.place, entries: new Map([...earlier.entries, ...value.entries]) }
  }
  noteReplaced(key, earlier.place, later.place, findings)
  return value
}

function noteReplaced(key: string, earlier: Place, later: Place, findings: Findings): void {
  findings.note(earlier, key, `Replaced by ${later.file ?? 'a later file'}:${later.line ?? 0}.`)
}
