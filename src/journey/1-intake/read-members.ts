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
  | 'broken'

const QUOTE = 34
const BACKSLASH = 92
const COMMA = 44
const COLON = 58
const OPEN_BRACE = 123
const CLOSE_BRACE = 125
const OPEN_BRACKET = 91
const CLOSE_BRACKET = 93

/**
 * Finds the members of the top-level object, and refuses what two readers could understand differently or what costs
 * more than it may: names that occur twice in one object at any depth, `__proto__`, depth, number of nodes.
 *
 * It relies on nothing: any text gives an answer. It does not check the grammar of values, `JSON.parse` does; only the
 * two together make a body acceptable.
 */
export function readMembers(text: string, bounds: Bounds): Structure {
  let at = skipSpace(text, 0)
  if (text.charCodeAt(at) !== OPEN_BRACE) return { ok: false, flaw: 'not-an-object' }

  const members: Member[] = []
  // One entry per open container: the names seen so far, or undefined in an array.
  const open: (Names | undefined)[] = [new Names()]
  let nodes = 1
  let expectsName = true
  let topName: { name: string; start: number; valueStart: number } | undefined
  at += 1

  while (at < text.length) {
    const code = text.charCodeAt(at)
    switch (code) {
      case QUOTE: {
        const end = endOfString(text, at)
        if (end === -1) return { ok: false, flaw: 'broken' }
        const names = open[open.length - 1]
        if (names !== undefined && expectsName) {
          const name = nameBetween(text, at, end)
          if (name === undefined) return { ok: false, flaw: 'broken' }
          if (name === '__proto__') return { ok: false, flaw: 'forbidden-name', name }
          if (!names.add(name)) return { ok: false, flaw: 'repeated-name', name: name.slice(0, 64) }
          const colon = skipSpace(text, end)
          if (text.charCodeAt(colon) !== COLON) return { ok: false, flaw: 'broken' }
          expectsName = false
          const valueStart = skipSpace(text, colon + 1)
          if (open.length === 1) topName = { name, start: at, valueStart }
          if (++nodes > bounds.maxNodes) return { ok: false, flaw: 'too-many-nodes' }
          at = valueStart
        } else {
          at = end
        }
        continue
      }
      case OPEN_BRACE:
      case OPEN_BRACKET:
        if (open.length >= bounds.maxDepth) return { ok: false, flaw: 'too-deep' }
        if (++nodes > bounds.maxNodes) return { ok: false, flaw: 'too-many-nodes' }
        open.push(code === OPEN_BRACE ? new Names() : undefined)
        expectsName = code === OPEN_BRACE
        at += 1
        continue
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if ((open.pop() === undefined) === (code === CLOSE_BRACE)) return { ok: false, flaw: 'broken' }
        if (open.length === 0) {
          if (topName !== undefined) members.push({ ...topName, valueEnd: trimEnd(text, at) })
          return skipSpace(text, at + 1) === text.length ? { ok: true, members } : { ok: false, flaw: 'broken' }
        }
        expectsName = false
        at += 1
        continue
      case COMMA:
        if (open.length === 1 && topName !== undefined) {
          members.push({ ...topName, valueEnd: trimEnd(text, at) })
          topName = undefined
        }
        if (open[open.length - 1] === undefined) {
          if (++nodes > bounds.maxNodes) return { ok: false, flaw: 'too-many-nodes' }
        } else {
          expectsName = true
        }
        at += 1
        continue
      default:
        at += 1
    }
  }
  return { ok: false, flaw: 'broken' }
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

/** The position after the closing quote of the string that opens at `quote`, or -1. */
function endOfString(text: string, quote: number): number {
  let end = text.indexOf('"', quote + 1)
  while (end !== -1) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1
    if (slashes % 2 === 0) return end + 1
    end = text.indexOf('"', end + 1)
  }
  return -1
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

function skipSpace(text: string, from: number): number {
  let at = from
  while (isSpace(text.charCodeAt(at))) at += 1
  return at
}

function trimEnd(text: string, end: number): number {
  let at = end
  while (isSpace(text.charCodeAt(at - 1))) at -= 1
  return at
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9
}
