import type { Reader } from './readers.ts'

/** A key that has an effect here; its type is what the reader gives. */
export interface Honoured<Value> {
  readonly name: string
  readonly reader: Reader<Value>
  /** What it does, for docs/configuration.md. */
  readonly does: string
}

/** A key that we cannot honour. Values that switch the feature off are harmless, and so are those in `harmless`. */
export interface Refusal {
  readonly because: string
  readonly harmless?: readonly (string | number | boolean)[]
  /** `false` switches a protection off, and so is not harmless. */
  readonly falseMatters?: boolean
}

export interface KeyPattern {
  /** Shown in the documentation: `aws_*`. */
  readonly like: string
  readonly matches: RegExp
  readonly because: string
}

/** Every key of one section of the file: honoured, moot or unsupported, and anything else is a mistake. */
export interface KeyTable {
  readonly section: string
  readonly honoured: readonly Honoured<unknown>[]
  /** Safe to accept without effect, with the sentence that says why. */
  readonly moot: Readonly<Record<string, string>>
  readonly unsupported: Readonly<Record<string, string | Refusal>>
  readonly unsupportedPatterns?: readonly KeyPattern[]
}

export function honour<Value>(name: string, reader: Reader<Value>, does: string): Honoured<Value> {
  return { name, reader, does }
}

export type Fate =
  | { readonly is: 'honoured' }
  | { readonly is: 'moot'; readonly because: string }
  | { readonly is: 'unsupported'; readonly refusal: Refusal }
  | { readonly is: 'unknown' }

export function fateOf(name: string, table: KeyTable): Fate {
  if (table.honoured.some((key) => key.name === name)) return { is: 'honoured' }

  const moot = own(table.moot, name)
  if (moot !== undefined) return { is: 'moot', because: moot }

  const refusal = own(table.unsupported, name) ?? table.unsupportedPatterns?.find((each) => each.matches.test(name))
  if (refusal === undefined) return { is: 'unknown' }
  return { is: 'unsupported', refusal: typeof refusal === 'string' ? { because: refusal } : refusal }
}

export function knownNames(table: KeyTable): readonly string[] {
  return [...table.honoured.map((key) => key.name), ...Object.keys(table.moot), ...Object.keys(table.unsupported)]
}

function own<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}
