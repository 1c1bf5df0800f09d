import type { Chance, Timers } from '../../ports/chance.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Upstream, UpstreamCall, UpstreamFlow, UpstreamSink } from '../../ports/upstream.ts'
import type { ModelAsk } from '../1-intake/read-model-request.ts'
import { writeCannedAnswer } from '../7-provider/demo/write-answer.ts'
import type { MockUsage } from '../7-provider/demo/write-answer.ts'

/** Between two pieces of a streamed demo answer, so that one can see it stream. */
const PACE_MS = 15

interface CannedPorts {
  readonly chance: Pick<Chance, 'entryId'>
  readonly timers: Timers
  readonly clock: Clock
  readonly mockUsage: MockUsage
}

/** An upstream without a network: demo models and configured mock answers take the same path as everything else. */
export class CannedUpstream implements Upstream {
  readonly #ask: ModelAsk
  readonly #model: string
  readonly #reply: string | undefined
  readonly #ports: CannedPorts

  constructor(ask: ModelAsk, model: string, reply: string | undefined, ports: CannedPorts) {
    this.#ask = ask
    this.#model = model
    this.#reply = reply
    this.#ports = ports
  }

  send(_call: UpstreamCall, sink: UpstreamSink): UpstreamFlow {
    const { chance, clock, mockUsage } = this.#ports
    const written = { id: chance.entryId(), created: Math.floor(clock.now() / 1000) }
    const answer = writeCannedAnswer(this.#ask, this.#model, this.#reply, written, mockUsage)
    const encoder = new TextEncoder()
    let next = 0
    let paused = false
    let over = false
    let cancel = (): void => {}

    const step = (): void => {
      if (over || paused) return
      if (next === 0) sink.head(answer.status, { 'content-type': answer.contentType })
      const piece = answer.pieces[next]
      next += 1
      if (piece !== undefined) sink.data(encoder.encode(piece))
      if (next < answer.pieces.length) {
        cancel = this.#ports.timers.after(PACE_MS, step)
      } else {
        over = true
        sink.end()
      }
    }
    cancel = this.#ports.timers.after(0, step)
    return {
      pause() {
        paused = true
      },
      resume() {
        if (!paused) return
        paused = false
        step()
      },
      abort() {
        if (over) return
        over = true
        cancel()
        sink.fail('aborted', true)
      },
    }
  }
}
