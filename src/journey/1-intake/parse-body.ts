import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { isObject, parseJson } from '../../domain/json.ts'
import type { NextTurn } from '../../ports/next-turn.ts'
import { NotJson, assembleValue } from './assemble-value.ts'
import { LONGEST_NAME, MemberScan, readMembers } from './read-members.ts'
import type { Bounds, LongValues, Member, Structure } from './read-members.ts'

/** A body that was understood the same way by every reader, together with the bytes as they came. */
export interface ParsedBody extends ParsedObject {
  /** Of `extra_body`, when it is an object. */
  readonly extra: ParsedObject | undefined
}

export interface ParsedObject {
  readonly text: string
  readonly members: readonly Member[]
  readonly value: JsonObject
}

export const INFERENCE_BOUNDS: Bounds = { maxDepth: 64, maxNodes: 100_000 }
export const MANAGEMENT_BOUNDS: Bounds = { maxDepth: 16, maxNodes: 100_000 }

/** What can be read in one turn of the event loop without anybody noticing. */
export const LARGE_BODY = 512 * 1024
const PIECE = 256 * 1024
/** `extra_body` stands for members that a client could not put at the top. */
const INNER = 'extra_body'

export function parseBody(text: string, bounds: Bounds): Decision<ParsedBody> {
  if (text.trim() === '') return EMPTY
  const structure = readMembers(text, bounds)
  if (!structure.ok) return flawed(structure, bounds)
  return understood(text, structure.members, parseJson(text), (inner) => readMembers(inner, bounds))
}

/** As `parseBody`, for bodies that would hold everybody else up. */
export async function parseLargeBody(text: string, bounds: Bounds, nextTurn: NextTurn): Promise<Decision<ParsedBody>> {
  if (text.trim() === '') return EMPTY
  const long: LongValues = { from: PIECE, found: new Map() }
  const structure = await scanInTurns(text, bounds, nextTurn, long)
  if (!structure.ok) return flawed(structure, bounds)

  const value = await assembleInTurns(text, long, nextTurn)
  const member = structure.members.find(({ name }) => name === INNER)
  const inner = await scanInTurns(member === undefined ? '' : textOf(text, member), bounds, nextTurn)
  return understood(text, structure.members, value, () => inner)
}

async function scanInTurns(text: string, bounds: Bounds, nextTurn: NextTurn, long?: LongValues): Promise<Structure> {
  const scan = new MemberScan(text, bounds, long)
  for (let until = PIECE; ; until += PIECE) {
    const structure = scan.run(until)
    if (structure !== undefined) return structure
    await nextTurn()
  }
}

async function assembleInTurns(text: string, long: LongValues, nextTurn: NextTurn): Promise<JsonValue | undefined> {
  const steps = assembleValue(text, long)
  try {
    for (;;) {
      await nextTurn()
      const step = steps.next()
      if (step.done === true) return step.value
    }
  } catch (error) {
    if (error instanceof NotJson) return undefined
    throw error
  }
}

function understood(
  text: string,
  members: readonly Member[],
  value: JsonValue | undefined,
  readInner: (text: string) => Structure,
): Decision<ParsedBody> {
  if (!isObject(value)) return unparsable('The body is not valid JSON.')
  const member = members.find(({ name }) => name === INNER)
  const extra = value[INNER]
  if (member === undefined || !isObject(extra)) return allow({ text, members, value, extra: undefined })

  const innerText = textOf(text, member)
  const inner = readInner(innerText)
  if (!inner.ok) return unparsable('`extra_body` is not a valid JSON object.')
  return allow({ text, members, value, extra: { text: innerText, members: inner.members, value: extra } })
}

function textOf(text: string, { valueStart, valueEnd }: Member): string {
  return text.slice(valueStart, valueEnd)
}

function flawed(structure: Extract<Structure, { ok: false }>, bounds: Bounds): ReturnType<typeof deny> {
  return unparsable(flawText(structure, bounds))
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
    case 'long-name':
      return `The body has a member name of more than ${LONGEST_NAME} characters.`
    case 'broken':
      return 'The body is not valid JSON.'
  }
}

function unparsable(say: string): ReturnType<typeof deny> {
  return deny('body-unparsable', 'http_body', say)
}

const EMPTY = unparsable('The body is empty; send a JSON object.')
