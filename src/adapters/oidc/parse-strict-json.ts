import type { JsonObject, JsonValue } from '../../domain/json.ts'

export type JsonFlaw = 'broken' | 'repeated-name' | 'forbidden-name' | 'too-complex'

export type StrictJson =
  | {
      readonly ok: true
      readonly value: JsonObject
      /** Numbers beyond what a double holds; whether one may stand where it does is the reader's to say. */
      readonly infinite: number
    }
  | { readonly ok: false; readonly flaw: JsonFlaw }

const MAX_DEPTH = 12
const MAX_MEMBERS = 256
const MAX_ELEMENTS = 2_000
const MAX_NAME_BYTES = 256
const FORBIDDEN = new Set(['__proto__', 'prototype', 'constructor'])

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * One object, read so that no two readers could differ about it (J-06): fatal UTF-8, no byte-order mark, no name twice in
 * one object, no lone surrogate, nothing behind the end. Its objects have no prototype. Never throws.
 */
export function parseStrictJson(bytes: Uint8Array): StrictJson {
  try {
    return new Reader(utf8.decode(bytes)).read()
  } catch (error) {
    return { ok: false, flaw: error instanceof Flawed ? error.flaw : 'broken' }
  }
}

class Flawed extends Error {
  readonly flaw: JsonFlaw

  constructor(flaw: JsonFlaw) {
    super(flaw)
    this.flaw = flaw
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

class Reader {
  readonly #text: string
  #at = 0
  #depth = 0
  #infinite = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): StrictJson {
    this.#skipSpace()
    if (this.#text[this.#at] !== '{') throw new Flawed('broken')
    const value = this.#object()
    this.#skipSpace()
    if (this.#at !== this.#text.length) throw new Flawed('broken')
    return { ok: true, value, infinite: this.#infinite }
  }

  #value(): JsonValue {
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object()
      case '[':
        return this.#array()
      case '"':
        return this.#string()
      case 't':
        return this.#word('true', true)
      case 'f':
        return this.#word('false', false)
      case 'n':
        return this.#word('null', null)
      case undefined:
        throw new Flawed('broken')
      default:
        return this.#number()
    }
  }

  #object(): JsonObject {
    const object: Record<string, JsonValue> = Object.create(null)
    this.#open()
    if (this.#closes('}')) return object
    for (let members = 1; ; members += 1) {
      if (members > MAX_MEMBERS) throw new Flawed('too-complex')
      const name = this.#name()
      if (name in object) throw new Flawed('repeated-name')
      this.#skipSpace()
      this.#expect(':')
      this.#skipSpace()
      object[name] = this.#value()
      if (this.#ends('}')) return object
    }
  }

  #array(): readonly JsonValue[] {
    const array: JsonValue[] = []
    this.#open()
    if (this.#closes(']')) return array
    for (;;) {
      if (array.length >= MAX_ELEMENTS) throw new Flawed('too-complex')
      array.push(this.#value())
      if (this.#ends(']')) return array
    }
  }

  #open(): void {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) throw new Flawed('too-complex')
    this.#at += 1
    this.#skipSpace()
  }

  #closes(bracket: '}' | ']'): boolean {
    if (this.#text[this.#at] !== bracket) return false
    this.#at += 1
    this.#depth -= 1
    return true
  }

  /** After a value: at the end, or behind the comma. */
  #ends(bracket: '}' | ']'): boolean {
    this.#skipSpace()
    if (this.#closes(bracket)) return true
    this.#expect(',')
    this.#skipSpace()
    return false
  }

  #name(): string {
    if (this.#text[this.#at] !== '"') throw new Flawed('broken')
    const name = this.#string()
    if (name.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(name) > MAX_NAME_BYTES) throw new Flawed('too-complex')
    if (FORBIDDEN.has(name)) throw new Flawed('forbidden-name')
    return name
  }

  #string(): string {
    const text = this.#text
    const start = this.#at
    let isEscaped = false
    for (let at = start + 1; at < text.length; at += 1) {
      const code = text.charCodeAt(at)
      if (code === 34) {
        this.#at = at + 1
        return isEscaped ? unescaped(text.slice(start, at + 1)) : text.slice(start + 1, at)
      }
      if (code < 32) break
      if (code !== 92) continue
      isEscaped = true
      at += 1
    }
    throw new Flawed('broken')
  }

  #number(): number {
    NUMBER.lastIndex = this.#at
    const [written] = NUMBER.exec(this.#text) ?? []
    if (written === undefined) throw new Flawed('broken')
    this.#at += written.length
    const value = Number(written)
    if (!Number.isFinite(value)) this.#infinite += 1
    return value
  }

  #word<Value>(word: string, value: Value): Value {
    if (!this.#text.startsWith(word, this.#at)) throw new Flawed('broken')
    this.#at += word.length
    return value
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) throw new Flawed('broken')
    this.#at += 1
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return
      this.#at += 1
    }
  }
}

/** With its quotes. What is no JSON string throws, and the door above says `broken`. */
function unescaped(quoted: string): string {
  const value: unknown = JSON.parse(quoted)
  if (typeof value !== 'string' || !value.isWellFormed()) throw new Flawed('broken')
  return value
}
