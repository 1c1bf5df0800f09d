import { isObject, parseJson } from '../../../domain/json.ts'
import type { JsonValue } from '../../../domain/json.ts'
import { readMembers } from '../../1-intake/read-members.ts'
import type { Member } from '../../1-intake/read-members.ts'

/** A whole answer, read as far as the books need it. */
export interface ReadReply {
  readonly id: string | undefined
  readonly usage: JsonValue | undefined
  readonly serviceTier: string | undefined
  /** The model as the upstream names it. */
  readonly model: string | undefined
  /** What went wrong, where that is all the answer says, or where it belongs to the answer. */
  readonly error: JsonValue | undefined
  readonly text: string
  readonly members: readonly Member[]
}

const QUOTE = 34
export const REPLY_BOUNDS = { maxDepth: 512, maxNodes: Number.POSITIVE_INFINITY }

/** Undefined: not a JSON object, whatever the status says. */
export function readReply(text: string): ReadReply | undefined {
  const structure = readMembers(text, REPLY_BOUNDS)
  if (!structure.ok) return undefined
  const read: { -readonly [Name in keyof ReadReply]: ReadReply[Name] } = {
    id: undefined,
    usage: undefined,
    serviceTier: undefined,
    model: undefined,
    error: undefined,
    text,
    members: structure.members,
  }
  for (const { name, valueStart, valueEnd } of structure.members) {
    if (name === 'id') read.id = plainText(text, valueStart, valueEnd)
    else if (name === 'model') read.model = plainText(text, valueStart, valueEnd)
    else if (name === 'service_tier') read.serviceTier = plainText(text, valueStart, valueEnd)
    else if (name === 'usage') read.usage = parseJson(text.slice(valueStart, valueEnd))
    else if (name === 'object' && plainText(text, valueStart, valueEnd) === 'error') read.error ??= parseJson(text)
    else if (name === 'error') read.error = parseJson(text.slice(valueStart, valueEnd)) ?? read.error
  }
  return read
}

/** Undefined: no text, or an empty one, which names nothing. */
function plainText(text: string, start: number, end: number): string | undefined {
  if (text.charCodeAt(start) !== QUOTE || end - start === 2) return undefined
  const inner = text.slice(start + 1, end - 1)
  if (!inner.includes('\\')) return inner
  const value = parseJson(text.slice(start, end))
  return typeof value === 'string' ? value : undefined
}

/** The answer as the client gets it: some values are ours (the shown model, our ids), every other byte is the upstream's. */
export function writeReply(reply: ReadReply, changes: ReadonlyMap<string, string>): string {
  let written = ''
  let at = 0
  for (const { name, valueStart, valueEnd } of reply.members) {
    const change = changeOf(name, changes)
    if (change === undefined) continue
    written += reply.text.slice(at, valueStart) + change
    at = valueEnd
  }
  return written + reply.text.slice(at)
}

/** They are few, and names fresh from a text are compared sooner than looked up. */
function changeOf(name: string, changes: ReadonlyMap<string, string>): string | undefined {
  for (const [changed, change] of changes) if (changed === name) return change
  return undefined
}

/** The part of an answer that the model wrote, for an estimate where the upstream counts nothing. */
export function writtenPart(text: string): string {
  const value = parseJson(text)
  if (!isObject(value)) return text
  const written = value['choices'] ?? value['output'] ?? ''
  // An embedding has neither: nothing was written for it.
  return written === '' ? '' : JSON.stringify(written)
}
