import { isObject, parseJson } from '../../../domain/json.ts'
import type { JsonValue } from '../../../domain/json.ts'
import { readMembers } from '../../1-intake/read-members.ts'
import type { Member } from '../../1-intake/read-members.ts'
import { spliceMembers } from '../splice.ts'

/** A whole answer, read as far as the books need it. */
export interface ReadReply {
  readonly id: string | undefined
  readonly usage: JsonValue | undefined
  readonly serviceTier: string | undefined
  /** The model as the upstream names it. */
  readonly model: string | undefined
  readonly text: string
  readonly members: readonly Member[]
}

const BOUNDS = { maxDepth: 512, maxNodes: Number.POSITIVE_INFINITY }

/** Undefined: not a JSON object, whatever the status says. */
export function readReply(text: string): ReadReply | undefined {
  const structure = readMembers(text, BOUNDS)
  if (!structure.ok) return undefined
  const { members } = structure
  const valueOf = (name: string): JsonValue | undefined => {
    const member = members.find((candidate) => candidate.name === name)
    return member === undefined ? undefined : parseJson(text.slice(member.valueStart, member.valueEnd))
  }
  const id = valueOf('id')
  const model = valueOf('model')
  const tier = valueOf('service_tier')
  return {
    id: typeof id === 'string' ? id : undefined,
    usage: valueOf('usage'),
    serviceTier: typeof tier === 'string' ? tier : undefined,
    model: typeof model === 'string' ? model : undefined,
    text,
    members,
  }
}

/** The answer as the client gets it: some values are ours (the shown model, our ids), every other byte is the upstream's. */
export function writeReply(reply: ReadReply, changes: ReadonlyMap<string, string>): string {
  const kept = reply.members.every(({ name, valueStart, valueEnd }) => {
    const change = changes.get(name)
    return change === undefined || change === reply.text.slice(valueStart, valueEnd)
  })
  return kept ? reply.text : spliceMembers(reply.text, reply.members, changes)
}

/** The part of an answer that the model wrote, for an estimate where the upstream counts nothing. */
export function writtenPart(text: string): string {
  const value = parseJson(text)
  if (!isObject(value)) return text
  return JSON.stringify(value['choices'] ?? value['output'] ?? '')
}
