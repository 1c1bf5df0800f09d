import type { Denied } from '../../domain/decision.ts'
import { PROBLEMS } from '../../domain/problem.ts'
import type { UpstreamFailure } from '../../domain/upstream-failure.ts'
import type { Reply } from '../../ports/reply.ts'
import type { UpstreamCall } from '../../ports/upstream.ts'
import { EventReader } from '../7-provider/read-events.ts'
import type { StreamEvent } from '../7-provider/read-events.ts'
import { failureOfFault, failureTold, readFailure, unreadableAnswer } from '../7-provider/read-failure.ts'
import type { StreamTranslator } from '../7-provider/translate-stream.ts'
import type { AnswerHeaders, ExchangeLimits, ExchangePorts } from './exchange-whole.ts'

export type StreamEnd =
  /** Everything came; the last frames wait for the charge to be kept. */
  | { readonly kind: 'finished'; readonly lastFrames: string; readonly firstByteAt: number }
  /** Something was sent to the client before it broke: no second try is possible. */
  | { readonly kind: 'broken'; readonly failure: UpstreamFailure; readonly firstByteAt: number }
  /** Nothing was sent to the client yet. */
  | { readonly kind: 'failed'; readonly failure: UpstreamFailure; readonly headers: AnswerHeaders }
  | { readonly kind: 'gone'; readonly firstByteAt: number | undefined }
  /** The upstream answered in one piece although a stream was asked for. */
  | { readonly kind: 'whole'; readonly status: number; readonly headers: AnswerHeaders; readonly text: string }

const MAX_ERROR_BYTES = 64 * 1024
const LINGER_MS = 1_000

interface Handling {
  readonly translator: StreamTranslator
  readonly secrets: readonly string[]
  readonly limits: ExchangeLimits
  readonly reply: Reply
  readonly maxEventLength: number
  /** Sends the client's status line and headers, when the first frame is ready. */
  readonly open: (headers: AnswerHeaders) => void
  /** Weight of what the upstream may write, whatever it was asked for. */
  readonly mostWeight: number
  /** Tells when the caller may no longer have the rest. Returns what ends the telling. */
  readonly watch: (revoked: (denied: Denied) => void) => () => void
}

/** Carries a stream from upstream to client, event by event, at the pace of the slower of the two. */
export function exchangeStream(call: UpstreamCall, handling: Handling, ports: ExchangePorts): Promise<StreamEnd> {
  const { translator, reply, limits } = handling
  return new Promise((resolve) => {
    const reader = new EventReader(handling.maxEventLength)
    const text = new TextDecoder('utf-8')
    let mode: 'head' | 'events' | 'whole' | 'error' = 'head'
    let status = 0
    let headers: AnswerHeaders = {}
    let collected = ''
    let lastFrames = ''
    let firstByteAt: number | undefined
    let ended = false
    let paused = false
    let hurry: (() => void) | undefined

    const finish = (end: StreamEnd): void => {
      if (ended) return
      ended = true
      cancel()
      unwatch()
      if (end.kind === 'finished') letGo()
      else flow.abort()
      resolve(end)
    }
    /** After the last event the connection is worth keeping, if the upstream closes the answer soon. */
    const letGo = (): void => {
      flow.resume()
      hurry = ports.timers.after(LINGER_MS, () => flow.abort())
    }
    const fail = (failure: UpstreamFailure): void =>
      finish(
        firstByteAt === undefined ? { kind: 'failed', failure, headers } : { kind: 'broken', failure, firstByteAt },
      )
    const complete = (): void =>
      firstByteAt === undefined
        ? fail(unreadableAnswer('The upstream ended its stream without an answer.'))
        : finish({ kind: 'finished', lastFrames: lastFrames + translator.close(), firstByteAt })

    const send = (frame: string): void => {
      if (firstByteAt === undefined) {
        firstByteAt = ports.clock.now()
        handling.open(headers)
      }
      if (!reply.write(frame) && !paused) {
        paused = true
        flow.pause()
      }
    }
    const take = (event: StreamEvent): void => {
      const step = translator.step(event)
      if (translator.tally.emittedWeight > handling.mostWeight) return cutOff()
      switch (step.kind) {
        case 'emit':
          return send(step.frame)
        case 'emit-last':
          // The client may take it for the end, so it waits; whatever comes before it has gone out.
          firstByteAt ??= openedNow()
          lastFrames += step.frame
          return complete()
        case 'nothing':
          return undefined
        case 'done':
          return complete()
        case 'error':
          return fail(failureTold(step.error, handling.secrets))
        case 'unreadable':
          return fail(unreadableAnswer('The upstream sent an event that cannot be read.'))
      }
    }
    const cutOff = (): void => {
      firstByteAt ??= openedNow()
      finish({ kind: 'broken', failure: OVERSPENT, firstByteAt })
    }
    const openedNow = (): number => {
      handling.open(headers)
      return ports.clock.now()
    }

    const flow = ports.upstream.send(call, {
      head(upstreamStatus, upstreamHeaders) {
        status = upstreamStatus
        headers = upstreamHeaders
        const type = String(upstreamHeaders['content-type'] ?? '').toLowerCase()
        mode = upstreamStatus !== 200 ? 'error' : type.startsWith('text/event-stream') ? 'events' : 'whole'
      },
      data(bytes) {
        if (ended) return
        if (mode !== 'events') {
          const limit = mode === 'error' ? MAX_ERROR_BYTES : limits.maxAnswerBytes
          if (collected.length < limit) collected += text.decode(bytes, { stream: true })
          return
        }
        const events = reader.push(bytes)
        if (events === undefined) return fail(unreadableAnswer('The upstream sent an event that is too large.'))
        for (const event of events) {
          if (ended) return
          take(event)
        }
      },
      end() {
        hurry?.()
        if (ended) return undefined
        if (mode === 'whole') return finish({ kind: 'whole', status, headers, text: collected })
        if (mode === 'error') return fail(readFailure(status, headers, collected, handling.secrets, ports.clock.now()))
        // Some upstreams end their stream without saying so; and pictures that were told may be all that there are.
        const { complete: isWhole, pictures, usage } = translator.tally
        if (isWhole || (pictures !== undefined && usage !== undefined)) return complete()
        return fail(unreadableAnswer('The upstream ended its stream before the end of the answer.'))
      },
      fail(fault, sent) {
        hurry?.()
        fail(failureOfFault(fault, sent))
      },
    })
    const cancel = ports.timers.after(limits.totalMs, () => fail(failureOfFault('timeout', true)))
    const unwatch = handling.watch((denied) => {
      firstByteAt ??= openedNow()
      finish({ kind: 'broken', failure: revokedFailure(denied), firstByteAt })
    })
    reply.whenGone(() => finish({ kind: 'gone', firstByteAt }))
    reply.whenDrained(() => {
      if (!paused) return
      paused = false
      flow.resume()
    })
  })
}

/** Z-35: the upstream goes on beyond what it was told, and beyond what was reserved. */
const OVERSPENT: UpstreamFailure = {
  ...unreadableAnswer('Budget has been exceeded! The answer was ended where it reached what was reserved for it.'),
  failure: 'RateLimitError',
  status: 429,
  type: 'budget_exceeded',
}

/** To the client the stream ends with the refusal that its next call would get. */
export function revokedFailure({ problem, say }: Denied): UpstreamFailure {
  const { status, say: usual } = PROBLEMS[problem]
  return {
    ...unreadableAnswer(say ?? usual),
    failure: status === 403 ? 'PermissionDeniedError' : 'AuthenticationError',
    status,
  }
}
