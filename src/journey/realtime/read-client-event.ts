import { allow } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { NextTurn } from '../../ports/next-turn.ts'
import { INFERENCE_BOUNDS, LARGE_BODY, parseBody, parseLargeBody } from '../1-intake/parse-body.ts'

export interface ClientEvent {
  readonly type: string
  /** What the client calls it. */
  readonly id: string | null
  readonly value: JsonObject
}

/** A message of a client, understood as everybody behind us will: by the reader that bodies have. */
export async function readClientEvent(text: string, nextTurn: NextTurn): Promise<Decision<ClientEvent>> {
  const parsed =
    text.length > LARGE_BODY
      ? await parseLargeBody(text, INFERENCE_BOUNDS, nextTurn)
      : parseBody(text, INFERENCE_BOUNDS)
  if (parsed.verdict === 'deny') return parsed
  const { value } = parsed.granted
  const { type, event_id: id } = value
  return allow({
    type: typeof type === 'string' ? type : '',
    id: typeof id === 'string' ? id.slice(0, 512) : null,
    value,
  })
}
