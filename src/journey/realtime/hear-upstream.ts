import { deny } from '../../domain/decision.ts'
import type { Denied } from '../../domain/decision.ts'
import { isObject, parseJson } from '../../domain/json.ts'
import type { JsonObject } from '../../domain/json.ts'
import { redactAll } from '../7-provider/redact.ts'
import { responseIn } from './response-book.ts'
import { reportedModel } from './session-models.ts'
import type { SessionState } from './session-state.ts'
import { lineOf, settleDone, settleTranscript } from './settle-response.ts'

export type HeardFromUpstream =
  /** `denied`: and that was the last of it. */
  | { readonly is: 'passed'; readonly text: string; readonly denied?: Denied | undefined }
  | { readonly is: 'over'; readonly denied: Denied }
  | { readonly is: 'unreadable' }

/** What an upstream says, before the client hears it: the end of a response waits until its line is kept. */
export async function hearUpstream(text: string, state: SessionState): Promise<HeardFromUpstream> {
  const event = parseJson(text)
  if (!isObject(event)) return { is: 'unreadable' }
  const type = typeof event['type'] === 'string' ? event['type'] : ''
  const { book, meter, rates, models, attempt } = state
  const now = attempt.ports.clock.now()
  switch (type) {
    case 'response.created':
      book.began(responseIn(event), now)
      meter.begin()
      // One that nobody asked for is counted now.
      return { is: 'passed', text, denied: await rates.take(book.underWay, now) }
    case 'response.done':
      return { is: 'passed', text, denied: await endResponse(event, state) }
    case 'conversation.item.input_audio_transcription.completed':
      if (isObject(event['usage'])) await settleTranscript(state, event['item_id'], event['usage'])
      return { is: 'passed', text }
    case 'error':
      book.refused()
      return {
        is: 'passed',
        text: JSON.stringify({ ...event, error: redactAll(event['error'] ?? null, state.secrets) }),
      }
  }
  if (isObject(event['session'])) return { is: 'passed', text: JSON.stringify(showSession(event, state)) }
  if (type.endsWith('.delta')) {
    const weight = book.wrote(type, event, now)
    if (weight > meter.mostWeight(models.current.deployment.id)) return { is: 'over', denied: OVERSPENT }
  }
  return { is: 'passed', text }
}

/** Why there will be no other response. */
async function endResponse(event: JsonObject, state: SessionState): Promise<Denied | undefined> {
  const { attempt, book, meter } = state
  const response = responseIn(event)
  const open = book.close(response, attempt.ports.clock.now())
  const { entry } = await settleDone(lineOf(state), open, response)
  if (entry.usageFrom === 'upstream') meter.learn(entry.usage.inputTokens + entry.usage.outputTokens)
  return meter.cover(Math.max(1, book.underWay))
}

function showSession(event: JsonObject, state: SessionState): JsonObject {
  state.reportedModel = reportedModel(event) ?? state.reportedModel
  const before = state.models.current
  const shown = state.models.show(event)
  if (state.models.current !== before) state.meter.moved()
  const { session } = shown
  if (isObject(session)) state.book.speaksAs(session)
  // It would open the provider's door without us.
  return isObject(session) && 'client_secret' in session
    ? { ...shown, session: { ...session, client_secret: null } }
    : shown
}

/** Z-35: the upstream goes on beyond what was reserved. */
const OVERSPENT = deny(
  'budget-exceeded',
  'budget_exceeded',
  'Budget has been exceeded! The session was ended where a response reached what was reserved for it.',
)
