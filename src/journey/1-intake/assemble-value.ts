import { parseJson } from '../../domain/json.ts'
import type { JsonValue } from '../../domain/json.ts'
import { LONGEST_NAME, skipSpace } from './read-members.ts'
import type { LongValue, LongValues } from './read-members.ts'

/** The text is no JSON, or not what the scan took it for. */
export class NotJson extends Error {
  override readonly name = 'NotJson'
}

/** What is no long value and yet this long is white space, or a number that nobody means. */
const LONGEST_SCALAR = 512 * 1024
const ENDS_SOON = /[ \n\r\t]/

const BACKSLASH = '\\'

/**
 * `JSON.parse` of a text that a scan has passed, in pieces of about `long.from` characters: each `yield` is a place to
 * let others work. Refuses what `JSON.parse` refuses, and gives what it gives.
 */
export function* assembleValue(text: string, long: LongValues): Generator<void, JsonValue> {
  return yield* valueBetween(text, skipSpace(text, 0), text.length, long)
}

/** The one value that begins at `start`; up to `limit` nothing but white space follows it. */
function* valueBetween(text: string, start: number, limit: number, long: LongValues): Generator<void, JsonValue> {
  const found = limit - start > long.from ? long.found.get(start) : undefined
  if (found === undefined) {
    yield
    if (limit - start > LONGEST_SCALAR && !ENDS_SOON.test(text.slice(start, start + LONGEST_SCALAR)))
      throw new NotJson('a number of thousands of digits')
    return parse(text.slice(start, limit))
  }
  if (skipSpace(text, found.end) !== limit) throw new NotJson('something follows the value')
  const opening = text[start]
  if (opening === '"') return yield* stringBetween(text, start + 1, found.end - 1, long.from)
  if (opening === '[') return yield* listBetween(text, start, found, long)
  return yield* objectBetween(text, start, found, long)
}

/** Cut between escapes, never inside one. */
function* stringBetween(text: string, start: number, end: number, size: number): Generator<void, string> {
  let whole = ''
  let at = start
  let escape = nextEscape(text, start, end)
  while (at < end) {
    let cut = Math.min(at + size, end)
    while (escape < cut) {
      const after = escape + (text[escape + 1] === 'u' ? 6 : 2)
      if (after > end) throw new NotJson('an escape without an end')
      cut = Math.max(cut, after)
      escape = nextEscape(text, after, end)
    }
    const piece = parse(`"${text.slice(at, cut)}"`)
    if (typeof piece !== 'string') throw new NotJson('no string')
    whole += piece
    at = cut
    yield
  }
  return whole
}

function nextEscape(text: string, from: number, end: number): number {
  const found = text.indexOf(BACKSLASH, from)
  return found === -1 ? end : found
}

function* listBetween(text: string, start: number, found: LongValue, long: LongValues): Generator<void, JsonValue> {
  const list: JsonValue[] = []
  for (const part of partsOf(text, start, found, long.from)) {
    if (part.kind === 'long') {
      list.push(yield* valueBetween(text, skipSpace(text, part.start), part.end, long))
      continue
    }
    const values = parse(`[${text.slice(part.start, part.end)}]`)
    if (!Array.isArray(values) || values.length !== part.count) throw new NotJson('a comma too many')
    for (const value of values) list.push(value)
    yield
  }
  return list
}

function* objectBetween(text: string, start: number, found: LongValue, long: LongValues): Generator<void, JsonValue> {
  const object: Record<string, JsonValue> = {}
  for (const part of partsOf(text, start, found, long.from)) {
    if (part.kind === 'long') {
      const name = skipSpace(text, part.start)
      const { value, written } = afterName(text, name)
      object[written] = yield* valueBetween(text, value, part.end, long)
      continue
    }
    const members = parse(`{${text.slice(part.start, part.end)}}`)
    if (typeof members !== 'object' || members === null || Object.keys(members).length !== part.count)
      throw new NotJson('a comma too many')
    // No name occurs twice and none is `__proto__`: the scan has seen to that.
    Object.assign(object, members)
    yield
  }
  return object
}

/** Names are short: the scan has seen to that as well. */
function afterName(text: string, quote: number): { readonly written: string; readonly value: number } {
  const match = MEMBER_NAME.exec(text.slice(quote, quote + LONGEST_NAME))
  const written = match === null ? undefined : parse(match[0])
  if (typeof written !== 'string' || match === null) throw new NotJson('a member without a name')
  const colon = skipSpace(text, quote + match[0].length)
  if (text[colon] !== ':') throw new NotJson('a member without a value')
  return { written, value: skipSpace(text, colon + 1) }
}

const MEMBER_NAME = /^"(?:[^"\\]|\\.)*"/

type Part =
  | { readonly kind: 'long'; readonly start: number; readonly end: number }
  | { readonly kind: 'run'; readonly start: number; readonly end: number; readonly count: number }

/** The children of a container: long ones alone, neighbours of others together. */
function* partsOf(text: string, start: number, { end, commas }: LongValue, size: number): Generator<Part> {
  if (commas.length === 0 && skipSpace(text, start + 1) === end - 1) return
  let run = { start: start + 1, count: 0 }
  const edges = [...commas, end - 1]
  let from = start + 1
  for (const edge of edges) {
    const isLong = edge - from > size
    if (run.count > 0 && (isLong || edge - run.start > size)) {
      yield { kind: 'run', start: run.start, end: from - 1, count: run.count }
      run = { start: from, count: 0 }
    }
    if (isLong) {
      yield { kind: 'long', start: from, end: edge }
      run = { start: edge + 1, count: 0 }
    } else {
      run = { start: run.start, count: run.count + 1 }
    }
    from = edge + 1
  }
  if (run.count > 0) yield { kind: 'run', start: run.start, end: end - 1, count: run.count }
}

function parse(text: string): JsonValue {
  const value = parseJson(text)
  if (value === undefined) throw new NotJson('no JSON')
  return value
}
