import type { JsonValue } from '../domain/json.ts'
import type { Place } from './finding.ts'

/** A configured value that knows where it was written, free of the YAML library's types. */
export type Located = LocatedMap | LocatedList | LocatedScalar

export interface LocatedMap {
  readonly kind: 'map'
  readonly place: Place
  readonly entries: ReadonlyMap<string, LocatedEntry>
}

export interface LocatedEntry {
  readonly place: Place
  readonly value: Located
}

export interface LocatedList {
  readonly kind: 'list'
  readonly place: Place
  readonly items: readonly Located[]
}

export interface LocatedScalar {
  readonly kind: 'scalar'
  readonly place: Place
  readonly value: string | number | boolean | null
  /** As written, for numbers whose digits count. */
  readonly text: string
  /** The environment variable that supplied the value; such text may also be read as a number or a boolean. */
  readonly from?: string
}

export function isAbsent(node: Located | undefined): boolean {
  return node === undefined || (node.kind === 'scalar' && node.value === null)
}

/** Where the first of these members is written, or the whole when none is. */
export function placeOf(node: Located, ...names: readonly string[]): Place {
  if (node.kind !== 'map') return node.place
  const found = names.map((name) => node.entries.get(name)?.value).find((value) => !isAbsent(value))
  return found?.place ?? node.place
}

/** Whether the value asks for nothing: an unsupported feature that is switched off is no reason to refuse. */
export function isOff(node: Located): boolean {
  switch (node.kind) {
    case 'map':
      return node.entries.size === 0
    case 'list':
      return node.items.length === 0
    case 'scalar':
      return node.value === null || node.value === false || node.value === '' || scalarJson(node) === false
  }
}

/** What was found, in words that never repeat it. */
export function kindOf(node: Located): string {
  switch (node.kind) {
    case 'map':
      return 'a map'
    case 'list':
      return 'a list'
    case 'scalar':
      if (node.from !== undefined) return `the text of the environment variable ${node.from}`
      if (node.value === null) return 'nothing'
      if (typeof node.value === 'string') return node.value.trim() === '' ? 'empty text' : 'text'
      return typeof node.value === 'number' ? 'a number' : 'true or false'
  }
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

export function scalarJson(node: LocatedScalar): JsonValue {
  if (node.from === undefined || typeof node.value !== 'string') return node.value
  const word = node.value.trim()
  if (/^true$/i.test(word)) return true
  if (/^false$/i.test(word)) return false
  const number = JSON_NUMBER.test(word) ? Number(word) : Number.NaN
  return Number.isFinite(number) ? number : node.value
}

export function toJson(node: Located): JsonValue {
  switch (node.kind) {
    case 'scalar':
      return scalarJson(node)
    case 'list':
      return node.items.map(toJson)
    case 'map':
      // fromEntries defines own members, so that a key named __proto__ stays a member.
      return Object.fromEntries([...node.entries].map(([name, entry]) => [name, toJson(entry.value)]))
  }
}
