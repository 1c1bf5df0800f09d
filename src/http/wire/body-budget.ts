import type { ServerResponse } from 'node:http'
import { BodyPace } from './body-pace.ts'

/** Memory for bodies that are being read or worked on, over all requests of the process, and the watch on their pace. */
export class BodyBudget {
  readonly pace = new BodyPace()
  readonly #max: number
  #used = 0

  constructor(maxBytes: number) {
    this.#max = maxBytes
  }

  take(bytes: number): boolean {
    if (this.#used + bytes > this.#max) return false
    this.#used += bytes
    return true
  }

  give(bytes: number): void {
    this.#used -= bytes
  }

  /** For one body: what it takes is given back when its request is answered, as it is kept for as long. */
  until(response: ServerResponse): BodyShare {
    return new BodyShare(this, response)
  }
}

export class BodyShare {
  readonly #budget: BodyBudget
  #taken = 0

  constructor(budget: BodyBudget, response: ServerResponse) {
    this.#budget = budget
    response.on('close', () => this.give(this.#taken))
  }

  get pace(): BodyPace {
    return this.#budget.pace
  }

  take(bytes: number): boolean {
    if (!this.#budget.take(bytes)) return false
    this.#taken += bytes
    return true
  }

  give(bytes: number): void {
    this.#taken -= bytes
    this.#budget.give(bytes)
  }
}
