import { aText } from './readers.ts'
import type { Reader } from './readers.ts'
import type { LogLevel } from './settings.ts'

const LEVELS: ReadonlyMap<string, LogLevel> = new Map([
  ['debug', 'debug'],
  ['info', 'info'],
  ['warn', 'warn'],
  ['warning', 'warn'],
  ['error', 'error'],
  ['critical', 'error'],
])

export const logLevelName: Reader<LogLevel> = {
  expects: 'one of DEBUG, INFO, WARNING, ERROR',
  read: (node, key, findings) => {
    const text = aText.read(node, key, findings)
    const level = text === undefined ? undefined : LEVELS.get(text.toLowerCase())
    if (text !== undefined && level === undefined) findings.error(node.place, key, `Expected ${logLevelName.expects}.`)
    return level
  },
}
