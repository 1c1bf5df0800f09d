import { randomBytes } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** A secret that occurs nowhere else, and how it would look if somebody had encoded it. */
export class Canaries {
  readonly #planted = new Map<string, string>()

  /** The prefix makes it look like a credential; without one it is a plain word that no pattern recognises. */
  plant(name: string, prefix = 'canary'): string {
    const value = `${prefix}${randomBytes(20).toString('hex')}`
    this.#planted.set(name, value)
    return value
  }

  watch(name: string, value: string): void {
    this.#planted.set(name, value)
  }

  /** The names of those that occur in a text, raw or in base64, hexadecimal or percent-encoded. */
  foundIn(text: string): readonly string[] {
    return [...this.#planted].flatMap(([name, value]) =>
      formsOf(value)
        .filter(({ bytes }) => text.includes(bytes))
        .map(({ form }) => `${name} (${form})`),
    )
  }
}

interface Form {
  readonly form: string
  readonly bytes: string
}

function formsOf(value: string): readonly Form[] {
  const raw = Buffer.from(value)
  const percent = [...raw].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  return [
    { form: 'raw', bytes: value },
    { form: 'hexadecimal', bytes: raw.toString('hex') },
    { form: 'hexadecimal', bytes: raw.toString('hex').toUpperCase() },
    { form: 'percent-encoded', bytes: percent },
    { form: 'UTF-16', bytes: Buffer.from(value, 'utf16le').toString('latin1') },
    ...[0, 1, 2].flatMap((shift) => base64At(raw, shift)),
  ]
}

/** Base64 of a part of a longer text begins at one of three places in a group; the borders depend on the neighbours. */
function base64At(raw: Buffer, shift: number): readonly Form[] {
  const padded = Buffer.concat([Buffer.alloc(shift), raw])
  const inner = (text: string): string => text.replaceAll('=', '').slice(shift === 0 ? 0 : 4, -4)
  return [
    { form: 'base64', bytes: inner(padded.toString('base64')) },
    { form: 'base64url', bytes: inner(padded.toString('base64url')) },
  ]
}

export function readAll(directory: string): string {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')
}
