import type { Denied } from '../../domain/decision.ts'
import { isObject } from '../../domain/json.ts'
import type { JsonObject } from '../../domain/json.ts'
import { decideTools } from '../4-authorise/decide-tools.ts'
import { boundPrompt, measurePrompt } from '../5-meter/bound-prompt.ts'
import { readClientEvent } from './read-client-event.ts'
import { errorOf } from './session-events.ts'
import type { SessionError } from './session-events.ts'
import type { SessionState } from './session-state.ts'

const SOUND = 'input_audio_buffer.append'
/** How much more the bound of a prompt is than its likely count: for sound in the usual format, and for words. */
const SOUND_ROUNDNESS = 6.4
const ROUNDNESS = 2

export type HeardFromClient =
  | { readonly is: 'passed'; readonly text: string }
  /** Nobody hears of it but the client, and the session goes on. */
  | { readonly is: 'refused'; readonly error: SessionError; readonly about: string | null }
  | { readonly is: 'over'; readonly denied: Denied }

/** What a client says, before it goes upstream: understood, permitted, and paid for if it can make the upstream speak. */
export async function hearClient(text: string, state: SessionState): Promise<HeardFromClient> {
  const { models, meter, rates, book, attempt } = state
  const { nextTurn, clock } = attempt.ports
  const read = await readClientEvent(text, nextTurn)
  if (read.verdict === 'deny') return { is: 'refused', error: errorOf(read), about: null }

  const { type, id, value } = read.granted
  const permitted = models.decide(value, state.principal, state.catalogue())
  if (permitted.verdict === 'deny') return { is: 'refused', error: errorOf(permitted), about: id }

  const tools = decideTools(state.principal, placesOfTools(value))
  if (tools.verdict === 'deny') return { is: 'refused', error: errorOf(tools), about: id }

  const window = { name: models.current.upstreamModel, maxInputTokens: undefined }
  const most = boundPrompt(await measurePrompt(value, nextTurn), window)
  meter.add(most, most / (type === SOUND ? SOUND_ROUNDNESS : ROUNDNESS))
  const asks = type === 'response.create'
  const limited = asks ? await rates.take(book.underWay + 1, clock.now()) : undefined
  if (limited !== undefined) return { is: 'refused', error: errorOf(limited), about: id }
  const denied = await meter.cover(Math.max(1, book.underWay + (asks ? 1 : 0)))
  if (denied !== undefined) return { is: 'over', denied }
  if (asks) book.asked()
  return { is: 'passed', text: permitted.granted === value ? text : JSON.stringify(permitted.granted) }
}

/** Where an event may offer tools, for a session or for one response, as a request would (AT-222). */
function placesOfTools(event: JsonObject): readonly JsonObject[] {
  return [event, ...Object.values(event).filter(isObject)]
}
