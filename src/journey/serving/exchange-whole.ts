import type { UpstreamFailure } from '../../domain/upstream-failure.ts'
import type { Timers } from '../../ports/chance.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Reply } from '../../ports/reply.ts'
import type { Upstream, UpstreamCall } from '../../ports/upstream.ts'
import { AnswerText } from '../7-provider/answer-text.ts'
import { failureOfFault, readFailure, unreadableAnswer } from '../7-provider/read-failure.ts'

export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>

export type WholeAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: AnswerHeaders; readonly text: string }
  | { readonly kind: 'failed'; readonly failure: UpstreamFailure; readonly headers: AnswerHeaders }
  | { readonly kind: 'gone' }

export interface ExchangeLimits {
  readonly maxAnswerBytes: number
  /** For the whole exchange. */
  readonly totalMs: number
}

export interface ExchangePorts {
  readonly upstream: Upstream
  readonly timers: Timers
  readonly clock: Clock
}

const NO_HEADERS: AnswerHeaders = {}
const MAX_ERROR_BYTES = 64 * 1024

/** Sends a call and takes the answer as one piece. A client that goes away ends the call upstream. */
export function exchangeWhole(
  call: UpstreamCall,
  secrets: readonly string[],
  limits: ExchangeLimits,
  reply: Reply,
  ports: ExchangePorts,
): Promise<WholeAnswer> {
  return new Promise((resolve) => {
    let status = 0
    let headers = NO_HEADERS
    const answer = new AnswerText()
    let size = 0
    let stopped: WholeAnswer | undefined

    const stop = (instead: WholeAnswer): void => {
      stopped ??= instead
      flow.abort()
    }
    const flow = ports.upstream.send(call, {
      head(upstreamStatus, upstreamHeaders) {
        status = upstreamStatus
        headers = upstreamHeaders
      },
      data(bytes) {
        size += bytes.byteLength
        if (status >= 400 && size > MAX_ERROR_BYTES) return
        if (size > limits.maxAnswerBytes)
          stop({ kind: 'failed', failure: unreadableAnswer('The answer of the upstream is too large.'), headers })
        else answer.push(bytes)
      },
      end() {
        cancel()
        const text = answer.end()
        if (status === 200 || status === 201) resolve({ kind: 'answer', status, headers, text })
        else
          resolve({ kind: 'failed', failure: readFailure(status, headers, text, secrets, ports.clock.now()), headers })
      },
      fail(fault, sent) {
        cancel()
        resolve(stopped ?? { kind: 'failed', failure: failureOfFault(fault, sent), headers })
      },
    })
    const cancel = ports.timers.after(limits.totalMs, () =>
      stop({ kind: 'failed', failure: failureOfFault('timeout', true), headers }),
    )
    reply.whenGone(() => stop({ kind: 'gone' }))
  })
}
