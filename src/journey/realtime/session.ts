import type { Denied } from '../../domain/decision.ts'
import type { EpochMs } from '../../domain/ids.ts'
import { PROBLEMS, Problem } from '../../domain/problem.ts'
import type { UpstreamFailure } from '../../domain/upstream-failure.ts'
import type { Line } from '../../ports/line.ts'
import { failureOfFault, unreadableAnswer } from '../7-provider/read-failure.ts'
import { redact } from '../7-provider/redact.ts'
import { hearClient } from './hear-client.ts'
import { hearUpstream } from './hear-upstream.ts'
import { Lane } from './lane.ts'
import { MessagePace } from './message-pace.ts'
import { FAULT, GOING_AWAY, POLICY, codeToCarry, errorOf, writeError } from './session-events.ts'
import type { SessionError } from './session-events.ts'
import type { SessionState } from './session-state.ts'
import { SessionWatch } from './session-watch.ts'
import type { WatchPorts } from './session-watch.ts'
import { lineOf, settleCut } from './settle-response.ts'

export interface SessionPorts extends Pick<WatchPorts, 'reauthorise'> {
  readonly client: Line
  readonly upstream: Line
  /** Tells when the gateway stops. Returns what ends the telling. */
  readonly whenStopping: (stop: () => void) => () => void
}

/** N-39 */
const MOST_MS = 60 * 60_000
const LAST_WORDS_MS = 30_000
const NO_GOODBYE = 1006
const NORMAL = 1000

/** How a session came to its end. */
interface End {
  readonly error?: SessionError
  /** For whoever is still there. */
  readonly code: number
  readonly reason: string
  readonly failure?: UpstreamFailure
}

/** Two lines, joined: what one side says the other hears, as far as it may. */
export class Session {
  readonly #state: SessionState
  readonly #ports: SessionPorts
  readonly #pace = new MessagePace()
  readonly #fromClient: Lane
  readonly #fromUpstream: Lane
  readonly #ended = Promise.withResolvers<End>()
  /** What is to be taken back when it is over. */
  readonly #undos: (() => void)[] = []
  #isOver = false
  #isStopping = false
  /** Something of ours failed. */
  #fault: Error | undefined
  #watch: SessionWatch | undefined

  constructor(state: SessionState, ports: SessionPorts) {
    this.#state = state
    this.#ports = ports
    this.#fromClient = new Lane(ports.client, (text) => this.#guard(() => this.#hearClient(text)))
    this.#fromUpstream = new Lane(ports.upstream, (text) => this.#guard(() => this.#hearUpstream(text)))
  }

  /** Resolves when everything is over and settled: with the upstream's failure, if it was one. */
  async run(): Promise<UpstreamFailure | undefined> {
    const { attempt, meter, book } = this.#state
    const { timers } = attempt.ports
    const watch = new SessionWatch(this.#state, {
      reauthorise: this.#ports.reauthorise,
      deny: (denied) => this.#deny(denied),
    })
    this.#watch = watch
    this.#undos.push(
      () => watch.stop(),
      timers.after(MOST_MS, () => this.#end({ error: TOO_LONG, code: POLICY, reason: TOO_LONG.message })),
      this.#ports.whenStopping(() => this.#stop()),
    )
    this.#listen()

    const end = await this.#ended.promise
    for (const undo of this.#undos) undo()
    try {
      await Promise.all([this.#fromClient.stop(), this.#fromUpstream.stop()])
      for (const open of book.open) await settleCut(lineOf(this.#state), open, end.failure)
    } finally {
      await meter.release()
    }
    if (this.#fault !== undefined) throw this.#fault
    return end.failure
  }

  #listen(): void {
    const { client, upstream } = this.#ports
    client.listen({
      message: (text) => this.#fromClient.take(text),
      drained: () => this.#fromUpstream.free(),
      closed: (code, reason) => this.#end({ code: code === NO_GOODBYE ? GOING_AWAY : code, reason }),
    })
    upstream.listen({
      message: (text) => this.#fromUpstream.take(text),
      drained: () => this.#fromClient.free(),
      closed: (code, reason) => void this.#fromUpstream.idle().then(() => this.#upstreamLeft(code, reason)),
    })
  }

  async #hearClient(text: string): Promise<void> {
    const waitMs = this.#pace.take(this.#now())
    if (waitMs > 0) await new Promise<void>((go) => void this.#state.attempt.ports.timers.after(waitMs, go))
    const heard = await hearClient(text, this.#state)
    if (this.#isOver) return
    if (heard.is === 'over') return this.#deny(heard.denied)
    if (heard.is === 'refused') this.#tell(heard.error, heard.about)
    else if (!this.#ports.upstream.send(heard.text)) this.#fromClient.hold()
  }

  async #hearUpstream(text: string): Promise<void> {
    const heard = await hearUpstream(text, this.#state)
    if (this.#isOver) return
    this.#watch?.follow()
    if (heard.is === 'unreadable') {
      const failure = unreadableAnswer('The upstream sent an event that cannot be read.')
      return this.#end({ error: upstreamError(failure), code: FAULT, reason: failure.text, failure })
    }
    if (heard.is === 'passed' && !this.#ports.client.send(heard.text)) this.#fromUpstream.hold()
    if (heard.denied !== undefined) this.#deny(heard.denied)
    if (this.#isStopping) this.#stop()
  }

  #upstreamLeft(code: number, reason: string): void {
    const failure = code === NO_GOODBYE || code === FAULT ? failureOfFault('reset', true) : undefined
    this.#end({
      code,
      reason: redact(reason, this.#state.secrets),
      ...(failure === undefined ? {} : { failure, error: upstreamError(failure) }),
    })
  }

  #deny(denied: Pick<Denied, 'problem' | 'say'>): void {
    const error = errorOf(denied)
    this.#end({ error, code: PROBLEMS[denied.problem].status >= 500 ? FAULT : POLICY, reason: error.message })
  }

  /** What is being said may be said to its end. */
  #stop(): void {
    const { book, attempt } = this.#state
    if (book.underWay === 0) return this.#end(STOPPED)
    if (!this.#isStopping) this.#undos.push(attempt.ports.timers.after(LAST_WORDS_MS, () => this.#end(STOPPED)))
    this.#isStopping = true
  }

  /** The first word counts. Whoever is gone already does not hear it. */
  #end(end: End): void {
    if (this.#isOver) return
    this.#isOver = true
    if (end.error !== undefined) this.#tell(end.error)
    const code = codeToCarry(end.code)
    this.#ports.client.close(code, end.reason)
    this.#ports.upstream.close(end.error === undefined ? code : NORMAL, end.error === undefined ? end.reason : '')
    this.#ended.resolve(end)
  }

  #tell(error: SessionError, about?: string | null): void {
    this.#ports.client.send(writeError(`event_${this.#state.attempt.ports.chance.entryId()}`, error, about))
  }

  async #guard(step: () => Promise<void>): Promise<void> {
    try {
      await step()
    } catch (fault) {
      const problem = fault instanceof Problem ? fault : new Problem('fault', undefined, {}, fault)
      this.#fault = problem
      const { code, say } = problem
      this.#deny({ problem: code, say })
    }
  }

  #now(): EpochMs {
    return this.#state.attempt.ports.clock.now()
  }
}

const STOPPED: End = { code: GOING_AWAY, reason: 'The gateway stops.' }

const TOO_LONG: SessionError = {
  type: 'invalid_request_error',
  code: 'session_expired',
  message: 'The session has reached its longest time of 60 minutes. Open another one.',
}

function upstreamError({ text, status }: UpstreamFailure): SessionError {
  return { type: 'server_error', code: String(status), message: text }
}
