import type { Findings, Place } from './finding.ts'
import { fateOf, knownNames } from './key-table.ts'
import type { Honoured, KeyTable, Refusal } from './key-table.ts'
import { isAbsent, isOff, kindOf, scalarJson } from './located.ts'
import type { Located, LocatedEntry } from './located.ts'
import { nearestName } from './nearest-name.ts'
import { showKey } from './show-name.ts'

export interface Hints {
  /** More names that a mistyped one may have meant. */
  readonly names?: readonly string[]
  /** Where a name belongs that is not known here. */
  readonly homes?: ReadonlyMap<string, string>
  /** A mistyped name is answered with every name that there is. */
  readonly listsNames?: boolean
}

/** One map of the file, read by its table. Opening it settles every key that is not honoured. */
export class Section {
  readonly #entries: ReadonlyMap<string, LocatedEntry>
  readonly #findings: Findings
  readonly key: string
  readonly place: Place

  private constructor(entries: ReadonlyMap<string, LocatedEntry>, key: string, place: Place, findings: Findings) {
    this.#entries = entries
    this.key = key
    this.place = place
    this.#findings = findings
  }

  static open(node: Located | undefined, key: string, table: KeyTable, findings: Findings, hints: Hints = {}): Section {
    const entries = membersOf(node, key, findings)
    const section = new Section(entries, key, node?.place ?? {}, findings)
    for (const [name, entry] of entries) settle(name, entry, section, table, findings, hints)
    return section
  }

  take<Value>(known: Honoured<Value>): Value | undefined {
    const entry = this.#entries.get(known.name)
    return entry === undefined ? undefined : known.reader.read(entry.value, this.pathOf(known.name), this.#findings)
  }

  node(name: string): Located | undefined {
    const value = this.#entries.get(name)?.value
    return isAbsent(value) ? undefined : value
  }

  /** Where a key is written, or the section itself when it is not. */
  placeOf(known: { readonly name: string }): Place {
    return this.#entries.get(known.name)?.place ?? this.place
  }

  pathOf(name: string): string {
    return this.key === '' ? showKey(name) : `${this.key}.${showKey(name)}`
  }
}

export function membersOf(
  node: Located | undefined,
  key: string,
  findings: Findings,
): ReadonlyMap<string, LocatedEntry> {
  if (node === undefined || isAbsent(node)) return new Map()
  if (node.kind === 'map') return node.entries
  findings.error(node.place, key, `Expected a map, found ${kindOf(node)}.`)
  return new Map()
}

function settle(
  name: string,
  entry: LocatedEntry,
  section: Section,
  table: KeyTable,
  findings: Findings,
  hints: Hints,
): void {
  const key = section.pathOf(name)
  const fate = fateOf(name, table)
  switch (fate.is) {
    case 'honoured':
      return
    case 'moot':
      if (!isOff(entry.value)) findings.note(entry.place, key, `Accepted without effect: ${fate.because}`)
      return
    case 'unsupported':
      if (isHarmless(entry.value, fate.refusal)) return
      findings.error(entry.place, key, `Not supported: ${fate.refusal.because}`)
      return
    case 'unknown':
      findings.error(entry.place, key, 'There is no such setting.', suggest(name, table, hints))
  }
}

function suggest(name: string, table: KeyTable, hints: Hints): string | undefined {
  const home = hints.homes?.get(name)
  if (home !== undefined) return `This setting belongs in ${home}.`
  const nearest = nearestName(name, [...knownNames(table), ...(hints.names ?? [])])
  const parts = [
    ...(nearest === undefined ? [] : [`Did you mean ${nearest}?`]),
    ...(hints.listsNames === true ? [`Allowed are: ${table.honoured.map((key) => key.name).join(', ')}.`] : []),
  ]
  return parts.length === 0 ? undefined : parts.join(' ')
}

function isHarmless(node: Located, { harmless = [], falseMatters = false }: Refusal): boolean {
  if (isOff(node)) return !(falseMatters && node.kind === 'scalar' && scalarJson(node) === false)
  if (node.kind !== 'scalar') return false
  return harmless.some((value) => value === node.value || (node.from !== undefined && String(value) === node.text))
}
