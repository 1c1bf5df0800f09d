import { beforeEach, describe, expect, test } from 'vitest'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { ModelCatalogue } from '../../domain/model-catalogue.ts'
import type { Principal } from '../../domain/principal.ts'
import { Problem } from '../../domain/problem.ts'
import type { Line, LineListener } from '../../ports/line.ts'
import { ResponseBook } from './response-book.ts'
import { Session } from './session.ts'
import { SessionMeter } from './session-meter.ts'
import { SessionModels } from './session-models.ts'
import { SessionRates } from './session-rates.ts'

class FakeLine implements Line {
  readonly sent: string[] = []
  readonly closed: (readonly [number | undefined, string])[] = []
  listener: LineListener | undefined

  listen(listener: LineListener): void {
    this.listener = listener
  }
  send(text: string): boolean {
    this.sent.push(text)
    return true
  }
  pause(): void {}
  resume(): void {}
  close(code: number | undefined, reason: string): void {
    this.closed.push([code, reason])
  }
}

/** Time that the test moves. */
class Hours {
  now = 1_000_000
  /** What goes by with each look. */
  tick = 0
  #waiting: { at: number; readonly go: () => void }[] = []

  readonly after = (ms: number, go: () => void): (() => void) => {
    const one = { at: this.now + ms, go }
    this.#waiting.push(one)
    return () => {
      this.#waiting = this.#waiting.filter((each) => each !== one)
    }
  }

  get waiting(): number {
    return this.#waiting.length
  }

  look(): number {
    this.now += this.tick
    return this.now
  }

  async pass(ms: number): Promise<void> {
    const until = this.now + ms
    for (;;) {
      const [next] = this.#waiting.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)
      if (next === undefined) break
      this.#waiting = this.#waiting.filter((each) => each !== next)
      this.now = next.at
      next.go()
      await new Promise((go) => setImmediate(go))
    }
    this.now = until
  }
}

const MASTER: Principal = { kind: 'master' }
const MINUTE = 60_000

let client: FakeLine
let upstream: FakeLine
let hours: Hours
let kept: object[]
let stop: (() => void) | undefined
let current: () => Promise<Decision<Principal>>
let asked: number
let keep: () => Promise<void>

beforeEach(() => {
  client = new FakeLine()
  upstream = new FakeLine()
  hours = new Hours()
  kept = []
  stop = undefined
  asked = 0
  current = async () => allow(MASTER)
  keep = async () => {}
})

function begin(): Promise<unknown> {
  const catalogue = new ModelCatalogue([], { models: new Map(), groups: new Map() })
  const deployment = { id: 'd', group: 'voice', provider: 'openai', target: { kind: 'http' }, entry: ENTRY } as never
  const model = { group: 'voice', names: ['voice'], deployments: [deployment], star: undefined }
  const ports = {
    clock: { now: () => hours.look() },
    timers: hours,
    chance: { entryId: () => 'e' },
    nextTurn: async () => {},
    standing: { watch: () => () => {} },
    prices: { priceSheet: () => ({ sheet: undefined }) },
    spend: { add: () => undefined },
    observer: { charged: () => {}, finished: () => {} },
    ledger: {
      keep: async (entry: object) => {
        await keep()
        kept.push(entry)
      },
    },
  }
  const ask = { operation: { callType: 'arealtime', reportsUsage: true }, model: 'voice', attribution: { tags: [] } }
  const admission = { principal: MASTER, ask, callId: 'c', budget: undefined }
  const state = {
    attempt: { admission, ports, progress: { retries: 0 } } as never,
    secrets: [],
    models: new SessionModels({ asked: 'voice', model, deployment, upstreamModel: 'upstream' }, 'voice'),
    meter: new SessionMeter(undefined, async () => allow(undefined)),
    rates: new SessionRates(undefined, () => 's' as never),
    book: new ResponseBook(),
    catalogue: () => catalogue,
    principal: MASTER,
    reportedModel: undefined,
  }
  return new Session(state, {
    client,
    upstream,
    reauthorise: () => {
      asked += 1
      return current()
    },
    whenStopping: (tell) => {
      stop = tell
      return () => {}
    },
  }).run()
}

const ENTRY = { params: { prices: new Map() }, info: {} }

async function say(text: object): Promise<void> {
  upstream.listener?.message(JSON.stringify(text))
  await new Promise((go) => setImmediate(go))
}

const told = (): unknown[] => client.sent.map((text): unknown => JSON.parse(text))
const begun = { type: 'response.created', response: { id: 'resp_1' } }
const done = {
  type: 'response.done',
  response: { id: 'resp_1', status: 'completed', usage: { input_tokens: 1, output_tokens: 2 } },
}

describe('N-39', () => {
  test('a session is over after sixty minutes, and not before', async () => {
    const over = begin()
    await hours.pass(60 * MINUTE - 1)
    expect(client.closed).toEqual([])
    await hours.pass(1)
    expect(told()).toMatchObject([{ type: 'error', error: { code: 'session_expired' } }])
    expect(client.closed).toMatchObject([[1008, expect.stringContaining('60 minutes')]])
    expect(upstream.closed).toEqual([[1000, '']])
    await over
    expect(hours.waiting).toBe(0)
  })

  test('the credential is looked at anew each minute, and a token that ran out ends the session', async () => {
    const over = begin()
    await hours.pass(3 * MINUTE)
    expect(asked).toBe(3)
    current = async () => deny('token-expired', 'jwt_expired')
    await hours.pass(MINUTE - 1)
    expect(client.closed).toEqual([])
    await hours.pass(1)
    expect(told()).toMatchObject([{ type: 'error', error: { code: '401', message: 'Token Expired' } }])
    expect(client.closed).toEqual([[1008, 'Token Expired']])
    await over
  })

  test.each([
    ['a store that is silent', (): Promise<never> => Promise.reject(new Problem('store-unavailable'))],
    [
      'a provider that is silent',
      async (): Promise<Decision<never>> => deny('provider-unavailable', 'jwks_unavailable'),
    ],
  ])('%s ends nothing', async (_, answer) => {
    const over = begin()
    current = answer
    await hours.pass(5 * MINUTE)
    expect(asked).toBe(5)
    expect(client.closed).toEqual([])
    client.listener?.closed(1000, '')
    await over
  })
})

describe('the end of a response', () => {
  test('is heard by the client when its line is kept, and not before', async () => {
    const gate = Promise.withResolvers<void>()
    keep = () => gate.promise
    const over = begin()
    await say(begun)
    await say(done)
    await say({ type: 'rate_limits.updated' })
    expect(told()).toEqual([begun])
    gate.resolve()
    await new Promise((go) => setImmediate(go))
    expect(told()).toEqual([begun, done, { type: 'rate_limits.updated' }])
    expect(kept).toMatchObject([
      { requestId: 'resp_1', callType: 'arealtime', usage: { inputTokens: 1, outputTokens: 2 } },
    ])
    client.listener?.closed(1000, '')
    await over
  })

  test('is heard by nobody when its line can not be kept, and the session is a fault', async () => {
    keep = () => Promise.reject(new Error('the disk is full'))
    const over = begin()
    const fault = over.catch((error: unknown) => error)
    await say(begun)
    await say(done)
    expect(told()).toMatchObject([begun, { type: 'error', error: { code: '503' } }])
    expect(client.closed).toMatchObject([[1011, expect.any(String)]])
    expect(await fault).toBeInstanceOf(Problem)
  })

  test('is kept before a session that was closed meanwhile is over', async () => {
    const gate = Promise.withResolvers<void>()
    keep = () => gate.promise
    let isOver = false
    const over = begin().then(() => (isOver = true))
    await say(begun)
    await say(done)
    client.listener?.closed(1000, '')
    await new Promise((go) => setImmediate(go))
    expect(isOver).toBe(false)
    gate.resolve()
    await over
    expect(kept).toHaveLength(1)
  })

  test.each([
    [
      'failed',
      { error: { code: 'server_error' } },
      { status: 'failure', errorClass: 'InternalServerError', pricing: 'not-charged' },
    ],
    [
      'failed',
      { error: { code: 'rate_limit_exceeded' } },
      { status: 'failure', errorClass: 'RateLimitError', httpStatus: 429 },
    ],
    ['cancelled', { reason: 'turn_detected' }, { status: 'success', cutShort: true, usageFrom: 'estimated' }],
    ['incomplete', { reason: 'max_output_tokens' }, { status: 'success', cutShort: false }],
  ])('that is %s with %j is told by its line', async (status, details, line) => {
    const over = begin()
    await say(begun)
    await say({ type: 'response.done', response: { id: 'resp_1', status, status_details: details } })
    expect(kept).toMatchObject([line])
    client.listener?.closed(1000, '')
    await over
  })

  test('of one that is under way when the client leaves is guessed', async () => {
    const over = begin()
    await say(begun)
    await say({ type: 'response.output_audio.delta', response_id: 'resp_1', delta: 'A'.repeat(32_000) })
    client.listener?.closed(1006, '')
    await over
    expect(kept).toMatchObject([
      { cutShort: true, usageFrom: 'estimated', httpStatus: 499, usage: { outputTokens: 10 } },
    ])
    expect(upstream.closed).toEqual([[1001, '']])
  })
})

test('sound that was written down is paid for by its own seconds, whatever time its line takes', async () => {
  hours.tick = 1
  const over = begin()
  const type = 'conversation.item.input_audio_transcription.completed'
  await say({ type, item_id: 'item_1', usage: { type: 'duration', seconds: 3 } })
  const [{ startedAt, endedAt } = {}] = kept as { startedAt?: number; endedAt?: number }[]
  expect(Number(endedAt) - Number(startedAt)).toBe(3_000)
  client.listener?.closed(1000, '')
  await over
})

test('speech of telephones is thinner', async () => {
  const over = begin()
  const format = { type: 'audio/pcmu' }
  await say({ type: 'session.updated', session: { model: 'upstream', audio: { output: { format } } } })
  await say(begun)
  await say({ type: 'response.output_audio.delta', response_id: 'resp_1', delta: 'A'.repeat(5_330) })
  client.listener?.closed(1000, '')
  await over
  expect(kept).toMatchObject([{ usage: { outputTokens: 10 } }])
})

describe('a gateway that stops', () => {
  test('ends what is silent at once', async () => {
    const over = begin()
    stop?.()
    expect(client.closed).toEqual([[1001, 'The gateway stops.']])
    await over
  })

  test('lets a response end, and the session with it', async () => {
    const over = begin()
    await say(begun)
    stop?.()
    expect(client.closed).toEqual([])
    await say(done)
    expect(told()).toEqual([begun, done])
    expect(client.closed).toEqual([[1001, 'The gateway stops.']])
    await over
  })

  test('does not wait for ever', async () => {
    const over = begin()
    await say(begun)
    stop?.()
    await hours.pass(30_000)
    expect(client.closed).toEqual([[1001, 'The gateway stops.']])
    await over
    expect(kept).toMatchObject([{ cutShort: true }])
  })
})
