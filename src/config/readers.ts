import type { JsonObject } from '../domain/json.ts'
import { Secret } from '../domain/secret.ts'
import type { Findings } from './finding.ts'
import { isAbsent, kindOf, scalarJson, toJson } from './located.ts'
import type { Located } from './located.ts'
import { parseBudgetDuration } from '../domain/budget-window.ts'
import { parseDuration } from '../domain/duration.ts'
import { parseDurationMs } from './parse-duration.ts'
import { showKey } from './show-name.ts'

/** Turns a located value into a typed one; `undefined` means absent, or refused with a finding. */
export interface Reader<Value> {
  readonly expects: string
  readonly read: (node: Located, key: string, findings: Findings) => Value | undefined
}

/** A reader of one scalar, from a function that answers undefined for what it does not accept; `hint` is for no texts. */
export function reader<Value>(
  expects: string,
  parse: (node: Located) => Value | undefined,
  hint?: string,
): Reader<Value> {
  return {
    expects,
    read: (node, key, findings) => {
      if (isAbsent(node)) return undefined
      const value = parse(node)
      const about = node.kind === 'scalar' && typeof node.value === 'string' ? undefined : hint
      if (value === undefined) findings.error(node.place, key, `Expected ${expects}, found ${kindOf(node)}.`, about)
      return value
    },
  }
}

function textOf(node: Located): string | undefined {
  return node.kind === 'scalar' && typeof node.value === 'string' && node.value.trim() !== '' ? node.value : undefined
}

const QUOTES = 'Text that looks like a number or a word such as true must be put in quotes.'

export const aText: Reader<string> = reader('text that is not empty', textOf, QUOTES)

export const aSecret: Reader<Secret> = reader(
  'a secret as text',
  (node) => {
    const text = textOf(node)
    return text === undefined ? undefined : new Secret(text)
  },
  QUOTES,
)

/** What older YAML calls a boolean. */
const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['yes', true],
  ['on', true],
  ['no', false],
  ['off', false],
])

export const aFlag: Reader<boolean> = reader('true or false', (node) => {
  const value = node.kind === 'scalar' ? scalarJson(node) : undefined
  if (typeof value === 'string') return FLAGS.get(value.toLowerCase())
  return typeof value === 'boolean' ? value : undefined
})

const DIGITS = /^(?:0|[1-9]\d*(?:_\d+)*)(?:\.\d+)?$/

/** A number, also in quotes, and as older YAML groups its digits: `20_000`. */
function numberOf(node: Located): number | undefined {
  const value = node.kind === 'scalar' ? scalarJson(node) : undefined
  if (typeof value === 'string') return DIGITS.test(value) ? Number(value.replaceAll('_', '')) : undefined
  return typeof value === 'number' ? value : undefined
}

export function aNumber(least: number, most: number): Reader<number> {
  return reader(`a number from ${least} to ${most}`, (node) => {
    const value = numberOf(node)
    return value !== undefined && value >= least && value <= most ? value : undefined
  })
}

export function aWholeNumber(least: number, most: number): Reader<number> {
  return reader(`a whole number from ${least} to ${most}`, (node) => {
    const value = numberOf(node)
    const isFit = value !== undefined && Number.isSafeInteger(value) && value >= least && value <= most
    return isFit ? value : undefined
  })
}

/** Older releases answer 400 where newer ones answer 429. */
export const aBudgetStatus: Reader<400 | 429> = reader('429 or 400', (node) => {
  const value = node.kind === 'scalar' ? scalarJson(node) : undefined
  return value === 400 || value === 429 ? value : undefined
})

const DAY_SECONDS = 86_400

/** Seconds as written, milliseconds as kept. */
export const secondsAsMs: Reader<number> = reader(`a number of seconds from 0 to ${DAY_SECONDS}`, (node) => {
  const value = numberOf(node)
  const isInRange = value !== undefined && value >= 0 && value <= DAY_SECONDS
  return isInRange ? Math.round(value * 1000) : undefined
})

/** Timeouts: a timeout of zero would refuse every call. */
export const timeoutAsMs: Reader<number> = reader('a number of seconds from 0.001 to 86400', (node) => {
  const value = numberOf(node)
  const isInRange = value !== undefined && value >= 0.001 && value <= DAY_SECONDS
  return isInRange ? Math.round(value * 1000) : undefined
})

export const aDuration: Reader<string> = reader('a duration such as 30s, 12h, 30d or 1mo', (node) => {
  const text = textOf(node)
  return text !== undefined && parseDuration(text) !== undefined ? text : undefined
})

export const aBudgetDuration: Reader<string> = reader('a duration such as 30s, 12h, 30d or 1mo', (node) => {
  const text = textOf(node)
  return text === undefined ? undefined : parseBudgetDuration(text)
})

export const durationAsMs: Reader<number> = reader(aDuration.expects, (node) => parseDurationMs(textOf(node) ?? ''))

const MIB = 1024 * 1024

export const megabytesAsBytes: Reader<number> = reader('a number of megabytes from 0.001 to 1024', (node) => {
  const value = node.kind === 'scalar' ? scalarJson(node) : undefined
  const inRange = typeof value === 'number' && value >= 0.001 && value <= 1024
  return inRange ? Math.round(value * MIB) : undefined
})

export function oneOf<Word extends string>(...words: readonly Word[]): Reader<Word> {
  return reader(`one of ${words.join(', ')}`, (node) => {
    const text = textOf(node)
    return words.find((word) => word === text)
  })
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/

/** Header names compare without case, so they are kept in lower case. */
export const aHeaderName: Reader<string> = reader('the name of a header', (node) => {
  const text = textOf(node)
  return text !== undefined && HEADER_NAME.test(text) ? text.toLowerCase() : undefined
})

export function listOf<Value>(item: Reader<Value>): Reader<readonly Value[]> {
  return {
    expects: `a list, each ${item.expects}`,
    read: (node, key, findings) => {
      if (isAbsent(node)) return undefined
      if (node.kind !== 'list') {
        findings.error(node.place, key, `Expected a list, found ${kindOf(node)}.`, `Each member: ${item.expects}.`)
        return undefined
      }
      return node.items.flatMap((each, index) => {
        if (isAbsent(each)) findings.error(each.place, `${key}[${index}]`, `Expected ${item.expects}, found nothing.`)
        const value = item.read(each, `${key}[${index}]`, findings)
        return value === undefined ? [] : [value]
      })
    },
  }
}

/** A list, or one member that stands for a list of one. */
export function oneOrMore<Value>(item: Reader<Value>): Reader<readonly Value[]> {
  const many = listOf(item)
  return {
    expects: `${item.expects}, or a list of such`,
    read: (node, key, findings) => {
      if (node.kind === 'list') return many.read(node, key, findings)
      const value = item.read(node, key, findings)
      return value === undefined ? undefined : [value]
    },
  }
}

export function mapOf<Value>(member: Reader<Value>): Reader<ReadonlyMap<string, Value>> {
  return {
    expects: `a map, each member ${member.expects}`,
    read: (node, key, findings) => {
      if (isAbsent(node)) return undefined
      if (node.kind !== 'map') {
        findings.error(node.place, key, `Expected a map, found ${kindOf(node)}.`, `Each member: ${member.expects}.`)
        return undefined
      }
      const values = new Map<string, Value>()
      for (const [name, entry] of node.entries) {
        const value = member.read(entry.value, `${key}.${showKey(name)}`, findings)
        if (value !== undefined) values.set(name, value)
      }
      return values
    },
  }
}

/** Free-form members that stay as they were written. */
export const aJsonObject: Reader<JsonObject> = reader('a map', (node) => {
  return node.kind === 'map' ? Object.fromEntries([...node.entries].map(([k, e]) => [k, toJson(e.value)])) : undefined
})
