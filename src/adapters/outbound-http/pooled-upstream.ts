import { Pool, errors } from 'undici'
import type { Dispatcher } from 'undici'
import type { ChooseLookup } from './choose-lookup.ts'
import { REFUSED } from './guarded-lookup.ts'
import type { Upstream, UpstreamCall, UpstreamFault, UpstreamFlow, UpstreamSink } from '../../ports/upstream.ts'

const CONNECT_MS = 5_000
/** Each open stream holds one; the operator limits a deployment by `max_parallel_requests`. */
const MAX_CONNECTIONS = 4_096
const KEEP_ALIVE_MS = 30_000
const MAX_HEADER_BYTES = 64 * 1024

/** Connections to one destination with one credential, and the headers of every call through them. */
interface Door {
  readonly pool: Pool
  readonly headers: string[]
}

/**
 * The one way out. A pool of connections for each destination and credential, so that no answer for one can be taken for
 * another's; redirects are never followed; a connection that saw anything odd is closed by the pool.
 */
export class PooledUpstream implements Upstream {
  readonly #doors = new Map<string, WeakMap<object, Door>>()
  /** Not held: a deployment that is gone takes its pool with it. */
  readonly #pools = new Set<WeakRef<Pool>>()
  readonly #lookupFor: ChooseLookup

  constructor(lookupFor: ChooseLookup) {
    this.#lookupFor = lookupFor
  }

  send(call: UpstreamCall, sink: UpstreamSink): UpstreamFlow {
    const flow = new Flow(sink)
    const { pool, headers } = this.#doorFor(call)
    flow.isBeginning = true
    pool.dispatch(
      {
        method: call.method,
        path: call.path,
        headers: call.ownHeaders === undefined ? headers : headers.concat(call.ownHeaders),
        body: call.body ?? null,
        headersTimeout: call.headTimeoutMs,
        bodyTimeout: call.idleTimeoutMs,
      },
      flow,
    )
    flow.isBeginning = false
    return flow
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools].map(async (pool) => pool.deref()?.destroy()))
  }

  #doorFor(call: UpstreamCall): Door {
    let doors = this.#doors.get(call.origin)
    if (doors === undefined) this.#doors.set(call.origin, (doors = new WeakMap()))
    let door = doors.get(call.secretHeaders)
    if (door === undefined) {
      const pool = new Pool(call.origin, {
        connections: MAX_CONNECTIONS,
        pipelining: 1,
        connect: { timeout: CONNECT_MS, lookup: this.#lookupFor(call) },
        keepAliveTimeout: KEEP_ALIVE_MS,
        maxHeaderSize: MAX_HEADER_BYTES,
        allowH2: false,
      })
      const secrets = [...call.secretHeaders].flatMap(([name, secret]) => [name.toLowerCase(), secret.reveal()])
      door = { pool, headers: [...Object.entries(call.headers).flat(), ...secrets] }
      doors.set(call.secretHeaders, door)
      for (const each of this.#pools) if (each.deref() === undefined) this.#pools.delete(each)
      this.#pools.add(new WeakRef(pool))
    }
    return door
  }
}

/** One exchange, between undici's events and the sink's. */
class Flow implements Dispatcher.DispatchHandler, UpstreamFlow {
  /** What cannot even be asked fails before whoever asks holds the flow, and has to be told afterwards. */
  isBeginning = false
  readonly #sink: UpstreamSink
  #controller: Dispatcher.DispatchController | undefined
  #wantsAbort = false
  #wantsPause = false
  #over = false
  #sent = false

  constructor(sink: UpstreamSink) {
    this.#sink = sink
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#sent = true
    if (this.#wantsAbort) controller.abort(new Error('aborted'))
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Dispatcher.ResponseData['headers'],
  ): void {
    if (this.#over || status < 200) return
    this.#sink.head(status, headers)
    if (this.#wantsPause) controller.pause()
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#over) this.#sink.data(chunk)
  }

  onResponseEnd(): void {
    if (this.#over) return
    this.#over = true
    try {
      this.#sink.end()
    } catch {
      // An answer that nobody can make anything of is still the end of the wait.
      this.#sink.fail('protocol', true)
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#over) return
    this.#over = true
    const fault = this.#wantsAbort ? 'aborted' : faultOf(error)
    if (this.isBeginning) queueMicrotask(() => this.#sink.fail(fault, this.#sent))
    else this.#sink.fail(fault, this.#sent)
  }

  pause(): void {
    this.#wantsPause = true
    this.#controller?.pause()
  }

  resume(): void {
    this.#wantsPause = false
    this.#controller?.resume()
  }

  abort(): void {
    if (this.#over || this.#wantsAbort) return
    this.#wantsAbort = true
    if (this.#controller === undefined) {
      // Not on the wire yet: the pool learns of it when it gets there, the caller now.
      this.#over = true
      queueMicrotask(() => this.#sink.fail('aborted', false))
    } else {
      this.#controller.abort(new Error('aborted'))
    }
  }
}

function faultOf(error: Error): UpstreamFault {
  if (error instanceof errors.ConnectTimeoutError) return 'connect'
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) return 'timeout'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (
    code === REFUSED ||
    /^(?:EGRESS_REFUSED|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|CERT_|ERR_TLS|DEPTH_|SELF_SIGNED|UNABLE_)/.test(
      code,
    )
  )
    return 'connect'
  if (
    error instanceof errors.HTTPParserError ||
    error instanceof errors.HeadersOverflowError ||
    error instanceof errors.ResponseContentLengthMismatchError
  )
    return 'protocol'
  return 'reset'
}
