import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import type { DeploymentId } from '../../domain/ids.ts'
import type { CallBudget } from '../5-meter/call-budget.ts'
import { weightOfTokens } from '../5-meter/estimate-tokens.ts'

/** Holds what one response may cost, if it reads so many tokens; undefined: the caller has no budget. */
export type ReserveResponse = (readTokens: number) => Promise<Decision<CallBudget | undefined>>

const STORE_SILENT = deny('store-unavailable', 'store_unavailable')

/** So that not every word needs a reservation of its own. */
const SPARE_TOKENS = 1_000
/** Our count of tokens is rough: only what is far beyond the limit shows that the upstream does not keep it. */
const ROUGHNESS = 2
const SPARE_OUTPUT = 64

/**
 * What a session holds while it runs: enough for each response that may begin. A response reads the whole conversation, so
 * that what the client adds to it makes the next one dearer; the usage of each response says what it really was.
 */
export class SessionMeter {
  readonly #reserve: ReserveResponse
  #holds: CallBudget[]
  #isFree: boolean
  #coveredTokens = 0
  #contextTokens = 0
  #likelyTokens = 0
  #sinceBegun = { most: 0, likely: 0 }
  #turn: Promise<void> = Promise.resolve()

  constructor(first: CallBudget | undefined, reserve: ReserveResponse) {
    this.#reserve = reserve
    this.#holds = first === undefined ? [] : [first]
    this.#isFree = first === undefined
  }

  /** What a response reads, as far as one can guess. */
  get likelyTokens(): number {
    return Math.ceil(this.#likelyTokens)
  }

  /** The client said this much more, at most, and as it is likely. */
  add(most: number, likely: number): void {
    this.#contextTokens += most
    this.#likelyTokens += likely
    this.#sinceBegun.most += most
    this.#sinceBegun.likely += likely
  }

  /** A response begins with what is there now. */
  begin(): void {
    this.#sinceBegun = { most: 0, likely: 0 }
  }

  /** What a response read and wrote is what the next one begins with. */
  learn(tokens: number): void {
    this.#contextTokens = tokens + this.#sinceBegun.most
    this.#likelyTokens = tokens + this.#sinceBegun.likely
  }

  /** Another model answers: what is held was for the one before. */
  moved(): void {
    this.#coveredTokens = -1
  }

  /** Makes sure that so many responses can be paid for at the same time. */
  cover(responses: number): Promise<Denied | undefined> {
    return this.#inTurn(async () => {
      if (this.#isFree || this.#covers(responses)) return undefined
      let denied: Denied | undefined
      for (const spare of [SPARE_TOKENS, 0]) {
        const held = await this.#hold(responses, this.#contextTokens + spare)
        if (held.verdict === 'allow') return undefined
        denied = held
      }
      return denied
    })
  }

  /** For the line of a response: the oldest of what is held. The next one is reserved for anew. */
  take(): CallBudget | undefined {
    this.#isFree = false
    return this.#holds.shift()
  }

  /** How much a response may write, by weight, before it is no longer what was held for. */
  mostWeight(deployment: DeploymentId): number {
    const allowance = this.#holds[0]?.allowance(deployment)
    return allowance === undefined
      ? Number.POSITIVE_INFINITY
      : weightOfTokens(allowance.tokens * ROUGHNESS + SPARE_OUTPUT)
  }

  /** Nothing is held until somebody speaks again: what is held is kept from others, and ends by itself after a while. */
  release(): Promise<void> {
    return this.#inTurn(() => this.#letGo())
  }

  #covers(responses: number): boolean {
    return this.#holds.length >= responses && this.#contextTokens <= this.#coveredTokens
  }

  async #letGo(): Promise<void> {
    const holds = this.#holds
    this.#holds = []
    await Promise.all(holds.map((hold) => hold.release()))
  }

  /** Both sides of a session may speak at once. */
  #inTurn<Result>(step: () => Promise<Result>): Promise<Result> {
    const mine = this.#turn.then(step)
    this.#turn = mine.then(
      () => undefined,
      () => undefined,
    )
    return mine
  }

  async #hold(responses: number, tokens: number): Promise<Decision<undefined>> {
    if (tokens > this.#coveredTokens) await this.#letGo()
    if (this.#holds.length === 0) this.#coveredTokens = tokens
    while (this.#holds.length < responses) {
      const held = await this.#reserve(this.#coveredTokens).catch(() => STORE_SILENT)
      if (held.verdict === 'deny') return held
      if (held.granted === undefined) {
        this.#isFree = true
        break
      }
      this.#holds.push(held.granted)
    }
    return allow(undefined)
  }
}
