import type { IncomingMessage } from 'node:http'
import { deny } from '../../domain/decision.ts'
import type { Denied } from '../../domain/decision.ts'
import type { ProblemCode } from '../../domain/problem.ts'
import { statusOf } from './render-problem.ts'

const KEY = /^[+/0-9A-Za-z]{22}==$/

/** RFC 6455 §4.2.1. Undefined: nothing speaks against it. */
export function judgeHandshake({ method, headers }: IncomingMessage): 'malformed' | 'other-version' | undefined {
  if (method !== 'GET' || !KEY.test(headers['sec-websocket-key'] ?? '')) return 'malformed'
  return headers['sec-websocket-version'] === '13' ? undefined : 'other-version'
}

/** S-23: browsers say which page wants to connect; pages of others may where the operator says so. */
export function judgeOrigin({ headers }: IncomingMessage, allowed: readonly string[]): Denied | undefined {
  const { origin, host } = headers
  if (origin === undefined || allowed.includes(origin)) return undefined
  const isOwn = URL.canParse(origin) && new URL(origin).host === host
  return isOwn ? undefined : deny('origin-denied', 'origin_denied')
}

/** identity.md 3.5: however a session is refused, its handshake is answered with 403. Faults are faults. */
export function handshakeStatus(problem: ProblemCode): number {
  const own = statusOf(problem)
  return own < 500 ? 403 : own
}
