import type { Denied } from '../../domain/decision.ts'
import type { UpstreamFailure } from '../../domain/upstream-failure.ts'
import type { Reply } from '../../ports/reply.ts'
import type { UpstreamCall } from '../../ports/upstream.ts'
import { joinBytes } from '../7-provider/join-bytes.ts'
import { failureOfFault, readFailure } from '../7-provider/read-failure.ts'
import type { AnswerTally } from '../7-provider/pass-through/answer-tally.ts'
import { SecretMask } from '../7-provider/pass-through/secret-mask.ts'
import type { AnswerHeaders, ExchangePorts } from './exchange-whole.ts'

interface Answered {
  readonly status: number
  readonly headers: AnswerHeaders
  /** Undefined: the client has nothing of it yet. */
  readonly firstByteAt: number | undefined
}

export type RelayEnd =
  /** All of it came; the rest waits for the charge to be kept. */
  | (Answered & { readonly kind: 'whole'; readonly rest: Uint8Array })
  | (Answered & { readonly kind: 'broken'; readonly failure: UpstreamFailure })
  | (Answered & { readonly kind: 'revoked'; readonly denied: Denied })
  | (Answered & { readonly kind: 'gone' })

export interface Relaying {
  readonly secrets: readonly string[]
  readonly totalMs: number
  readonly reply: Reply
  readonly tally: AnswerTally
  /** Sends status and headers to the client, before the first bytes go. */
  readonly open: (status: number, headers: AnswerHeaders) => void
  /** Tells when the caller may no longer have the rest. Returns what ends the telling. */
  readonly watch: (revoked: (denied: Denied) => void) => () => void
}

/** What follows the last event of a stream is nothing but its end. */
const MOST_HELD = 256 * 1024

/**
 * Carries an answer from upstream to client byte for byte, at the pace of the slower of the two. The last bytes of it are
 * held back: nobody has a whole answer before it is in the books.
 */
export function relay(call: UpstreamCall, relaying: Relaying, ports: ExchangePorts): Promise<RelayEnd> {
  const { reply, tally } = relaying
  return new Promise((resolve) => {
    const mask = new SecretMask(relaying.secrets)
    let status = 0
    let headers: AnswerHeaders = {}
    let held: Uint8Array[] = []
    let heldBytes = 0
    let firstByteAt: number | undefined
    let ended = false
    let paused = false

    const finish = (end: RelayEnd): void => {
      if (ended) return
      ended = true
      cancel()
      unwatch()
      if (end.kind !== 'whole') flow.abort()
      resolve(end)
    }
    const answered = (): Answered => ({ status, headers, firstByteAt })
    const fail = (failure: UpstreamFailure): void => finish({ ...answered(), kind: 'broken', failure })
    const send = (bytes: Uint8Array): void => {
      if (bytes.byteLength === 0) return
      if (firstByteAt === undefined) {
        firstByteAt = ports.clock.now()
        relaying.open(status, headers)
      }
      if (!reply.write(bytes) && !paused) {
        paused = true
        flow.pause()
      }
    }
    const hold = (bytes: Uint8Array): void => {
      held.push(bytes)
      heldBytes += bytes.byteLength
    }
    const letGo = (): void => {
      const before = held
      held = []
      heldBytes = 0
      for (const bytes of before) send(bytes)
    }
    const complete = (): void => {
      tally.end()
      hold(mask.end())
      finish({ ...answered(), kind: 'whole', rest: joinBytes(held, heldBytes) })
    }

    const flow = ports.upstream.send(call, {
      head(upstreamStatus, upstreamHeaders) {
        status = upstreamStatus
        headers = upstreamHeaders
        // N-13: where it points is nobody's to follow with a credential of ours.
        if (status >= 300 && status < 400) return fail(readFailure(status, {}, '', [], ports.clock.now()))
        return tally.begin(String(upstreamHeaders['content-type'] ?? ''))
      },
      data(bytes) {
        if (ended) return
        tally.take(bytes)
        // Of a stream, what may be its end; of anything else, what came last.
        if (!tally.isStream) letGo()
        const masked = mask.push(bytes)
        if (!tally.isStream || tally.isOver) hold(masked)
        else send(masked)
        if (tally.isStream && heldBytes > MOST_HELD) {
          flow.abort()
          complete()
        }
      },
      end() {
        if (!ended) complete()
      },
      fail(fault, sent) {
        fail(failureOfFault(fault, sent))
      },
    })
    const cancel = ports.timers.after(relaying.totalMs, () => fail(failureOfFault('timeout', true)))
    const unwatch = relaying.watch((denied) => finish({ ...answered(), kind: 'revoked', denied }))
    reply.whenGone(() => finish({ ...answered(), kind: 'gone' }))
    reply.whenDrained(() => {
      if (!paused) return
      paused = false
      flow.resume()
    })
  })
}
