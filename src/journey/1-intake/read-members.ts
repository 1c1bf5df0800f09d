/** Where one member of the top-level object stands in the text. */
export interface Member {
  readonly name: string
  /** Of the opening quote of the name. */
  readonly start: number
  readonly valueStart: number
  readonly valueEnd: number
}

export interface Bounds {
  readonly maxDepth: number
  readonly maxNodes: number
}

export type Structure =
  | { readonly ok: true; readonly members: readonly Member[] }
  | { readonly ok: false; readonly flaw: StructureFlaw; readonly name?: string }

export type StructureFlaw =
  | 'not-an-object'
  | 'too-deep'
  | 'too-many-nodes'
  | 'repeated-name'
  | 'forbidden-name'
  | 'long-name'
  | 'broken'

const SPACE = 32
const NEW_LINE = 10
const RETURN = 13
const TAB = 9
const QUOTE = 34
const BACKSLASH = 92
const COMMA = 44
const COLON = 58
const OPEN_BRACE = 123
const CLOSE_BRACE = 125
const OPEN_BRACKET = 91
const CLOSE_BRACKET = 93

/** A string or a container that is too long to be parsed at one go, and where its children part. */
export interface LongValue {
  readonly end: number
  /** Of the children of a container; a string has none. */
  readonly commas: readonly number[]
}

/**
 * Finds the members of the top-level object, and refuses what two readers could understand differently or what costs
 * more than it may: names that occur twice in one object at any depth, `__proto__`, depth, number of nodes.
 *
 * It relies on nothing: any text gives an answer. It does not check the grammar of values, `JSON.parse` does; only the
 * two together make a body acceptable.
 */
export function readMembers(text: string, bounds: Bounds): Structure {
  return new MemberScan(text, bounds).run(Number.POSITIVE_INFINITY) ?? BROKEN
}

const BROKEN: Structure = { ok: false, flaw: 'broken' }
const TOO_MANY: Structure = { ok: false, flaw: 'too-many-nodes' }
const PAUSED = -2
/** With its quotes. */
export const LONGEST_NAME = 65_536

/** Values of more than `from` characters, by the position of their first one. */
export interface LongValues {
  readonly from: number
  readonly found: Map<number, LongValue>
}

/** Where a scan stands between two containers' edges. */
interface ScanState {
  readonly at: number
  readonly nodes: number
  readonly expectsName: boolean
  /** After the last character that is not white space. */
  readonly valueEnd: number
  /** The member of the top-level object whose value is being passed. */
  readonly top: Omit<Member, 'valueEnd'> | undefined
}

/** The scan behind `readMembers`, which can be left and taken up again: a long text is no reason to let others wait. */
export class MemberScan {
  readonly #text: string
  readonly #bounds: Bounds
  readonly #long: LongValues | undefined
  readonly #members: Member[] = []
  /** One entry per open container: the names seen so far, or undefined in an array. */
  readonly #open: (Names | undefined)[] = []
  readonly #marks: { readonly start: number; readonly commas: number[] }[] | undefined
  #state: ScanState | undefined
  /** Inside a string that a pause fell into: where to look on for its end. */
  #lookFrom = 0

  /** With `long`, it also notes the long values that it passes. */
  constructor(text: string, bounds: Bounds, long?: LongValues) {
    this.#text = text
    this.#bounds = bounds
    this.#long = long
    this.#marks = long === undefined ? undefined : []
  }

  /** Scans up to about `until`. Undefined: there is more to come. */
  run(until: number): Structure | undefined {
    const text = this.#text
    const members = this.#members
    const open = this.#open
    const marks = this.#marks
    const long = this.#long
    const { maxDepth, maxNodes } = this.#bounds
    const stop = Math.min(until, text.length)
    const state = this.#state ?? this.#begin()
    if (state === undefined) return { ok: false, flaw: 'not-an-object' }
    let { at, nodes, expectsName, valueEnd, top } = state

    while (at < stop) {
      const code = text.charCodeAt(at)
      switch (code) {
        case QUOTE: {
          const end = this.#endOfString(at, stop)
          if (end === -1) return BROKEN
          if (end === PAUSED) return this.#pause({ at, nodes, expectsName, valueEnd, top })
          const names = open[open.length - 1]
          if (names === undefined || !expectsName) {
            if (long !== undefined && end - at > long.from) long.found.set(at, { end, commas: [] })
            at = end
            valueEnd = end
            continue
          }
          if (end - at > LONGEST_NAME) return { ok: false, flaw: 'long-name' }
          const name = nameBetween(text, at, end)
          if (name === undefined) return BROKEN
          if (name === '__proto__') return { ok: false, flaw: 'forbidden-name', name }
          if (!names.add(name)) return { ok: false, flaw: 'repeated-name', name: name.slice(0, 64) }
          const colon = skipSpace(text, end)
          if (text.charCodeAt(colon) !== COLON) return BROKEN
          expectsName = false
          const valueStart = skipSpace(text, colon + 1)
          if (open.length === 1) top = { name, start: at, valueStart }
          if (++nodes > maxNodes) return TOO_MANY
          at = valueStart
          valueEnd = valueStart
          continue
        }
        case OPEN_BRACE:
        case OPEN_BRACKET:
          if (open.length >= maxDepth) return { ok: false, flaw: 'too-deep' }
          if (++nodes > maxNodes) return TOO_MANY
          open.push(code === OPEN_BRACE ? new Names() : undefined)
          marks?.push({ start: at, commas: [] })
          expectsName = code === OPEN_BRACE
          at += 1
          continue
        case CLOSE_BRACE:
        case CLOSE_BRACKET: {
          if ((open.pop() === undefined) === (code === CLOSE_BRACE)) return BROKEN
          const mark = marks?.pop()
          if (long !== undefined && mark !== undefined && at + 1 - mark.start > long.from)
            long.found.set(mark.start, { end: at + 1, commas: mark.commas })
          if (open.length === 0) {
            if (top !== undefined) members.push({ ...top, valueEnd })
            return skipSpace(text, at + 1) === text.length ? { ok: true, members } : BROKEN
          }
          expectsName = false
          at += 1
          valueEnd = at
          continue
        }
        case COMMA:
          marks?.[marks.length - 1]?.commas.push(at)
          if (open.length === 1 && top !== undefined) {
            members.push({ ...top, valueEnd })
            top = undefined
          }
          if (open[open.length - 1] === undefined) {
            if (++nodes > maxNodes) return TOO_MANY
          } else {
            expectsName = true
          }
          at += 1
          continue
        case SPACE:
        case NEW_LINE:
        case RETURN:
        case TAB:
          at = skipSpace(text, at + 1)
          continue
        default:
          at += 1
          valueEnd = at
      }
    }
    return at < text.length ? this.#pause({ at, nodes, expectsName, valueEnd, top }) : BROKEN
  }

  #begin(): ScanState | undefined {
    const at = skipSpace(this.#text, 0)
    if (this.#text.charCodeAt(at) !== OPEN_BRACE) return undefined
    this.#open.push(new Names())
    this.#marks?.push({ start: at, commas: [] })
    return { at: at + 1, nodes: 1, expectsName: true, valueEnd: at + 1, top: undefined }
  }

  #pause(state: ScanState): undefined {
    this.#state = state
  }

  /** The position after the closing quote of the string that opens at `quote`, or -1, or PAUSED. */
  #endOfString(quote: number, stop: number): number {
    const text = this.#text
    let from = this.#lookFrom > quote ? this.#lookFrom : quote + 1
    let end = text.indexOf('"', from)
    while (end !== -1) {
      if (text.charCodeAt(end - 1) !== BACKSLASH || !isEscaped(text, end)) return end + 1
      from = end + 1
      if (from > stop) {
        this.#lookFrom = from
        return PAUSED
      }
      end = text.indexOf('"', from)
    }
    return -1
  }
}

/** Few names are compared one by one, many go into a set: most objects have fewer than eight. */
class Names {
  #few: string[] = []
  #many: Set<string> | undefined

  add(name: string): boolean {
    if (this.#many !== undefined) {
      if (this.#many.has(name)) return false
      this.#many.add(name)
      return true
    }
    if (this.#few.includes(name)) return false
    this.#few.push(name)
    if (this.#few.length > 8) this.#many = new Set(this.#few)
    return true
  }
}

const SLASHES = '\\'.repeat(1024)

/** Whether an odd number of backslashes stands before the quote; one of them opens no string, so it stops there. */
function isEscaped(text: string, quote: number): boolean {
  let first = quote
  while (first > SLASHES.length && text.slice(first - SLASHES.length, first) === SLASHES) first -= SLASHES.length
  while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1
  return (quote - first) % 2 === 1
}

function nameBetween(text: string, quote: number, end: number): string | undefined {
  const raw = text.slice(quote + 1, end - 1)
  if (!raw.includes('\\')) return raw
  try {
    const name: unknown = JSON.parse(text.slice(quote, end))
    return typeof name === 'string' ? name : undefined
  } catch {
    return undefined
  }
}

/** White space is short as a rule; a long run of it is left to the regular expression, which is faster. */
export function skipSpace(text: string, from: number): number {
  let at = from
  while (isSpace(text.charCodeAt(at))) {
    at += 1
    if (at - from < 64) continue
    SPACES.lastIndex = at
    SPACES.test(text)
    return SPACES.lastIndex
  }
  return at
}

const SPACES = /[ \n\r\t]*/y

function isSpace(code: number): boolean {
  return code === SPACE || code === NEW_LINE || code === RETURN || code === TAB
}
