import type { Denied } from '../../domain/decision.ts'
import { PROBLEMS } from '../../domain/problem.ts'

/** RFC 6455 §7.4.1 */
export const GOING_AWAY = 1001
export const POLICY = 1008
export const FAULT = 1011
const NO_CODE = 1005

/** What the client is told when something is not done, or nothing more is. */
export interface SessionError {
  readonly type: string
  readonly code: string
  readonly message: string
}

export function errorOf({ problem, say }: Pick<Denied, 'problem' | 'say'>): SessionError {
  const { type, status, say: usual } = PROBLEMS[problem]
  const usualType = status === 429 ? 'throttling_error' : 'invalid_request_error'
  return { type: type === 'None' ? usualType : type, code: String(status), message: say ?? usual }
}

/** As the API itself reports an error. `about`: the client's own name for the event that was wrong. */
export function writeError(eventId: string, error: SessionError, about: string | null = null): string {
  return JSON.stringify({ type: 'error', event_id: eventId, error: { ...error, param: null, event_id: about } })
}

/** How the end of one side is told to the other; undefined: without a code. */
export function codeToCarry(code: number): number | undefined {
  if (code === NO_CODE) return undefined
  const isSendable = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code < 5000)
  return isSendable ? code : FAULT
}
