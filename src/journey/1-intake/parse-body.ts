import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { JsonObject } from '../../domain/json.ts'
import { readMembers } from './read-members.ts'
import type { Bounds, Member, Structure } from './read-members.ts'

/** A body that was understood the same way by every reader, together with the bytes as they came. */
export interface ParsedBody {
  readonly text: string
  readonly members: readonly Member[]
  readonly value: JsonObject
}

export const INFERENCE_BOUNDS: Bounds = { maxDepth: 64, maxNodes: 100_000 }
export const MANAGEMENT_BOUNDS: Bounds = { maxDepth: 16, maxNodes: 100_000 }

export function parseBody(text: string, bounds: Bounds): Decision<ParsedBody> {
  if (text.trim() === '') return unparsable('The body is empty; send a JSON object.')

  const structure = readMembers(text, bounds)
  if (!structure.ok) return unparsable(flawText(structure, bounds))
  try {
    const value: JsonObject = JSON.parse(text)
    return allow({ text, members: structure.members, value })
  } catch {
    return unparsable('The body is not valid JSON.')
  }
}

function flawText(structure: Extract<Structure, { ok: false }>, bounds: Bounds): string {
  switch (structure.flaw) {
    case 'not-an-object':
      return 'The body must be a JSON object.'
    case 'too-deep':
      return `The body is nested more than ${bounds.maxDepth} levels deep.`
    case 'too-many-nodes':
      return `The body has more than ${bounds.maxNodes} values.`
    case 'repeated-name':
      return `The member ${JSON.stringify(structure.name)} occurs twice in one object. Send it once.`
    case 'forbidden-name':
      return `The member name ${JSON.stringify(structure.name)} is not allowed.`
    case 'broken':
      return 'The body is not valid JSON.'
  }
}

function unparsable(say: string): ReturnType<typeof deny> {
  return deny('body-unparsable', 'http_body', say)
}
