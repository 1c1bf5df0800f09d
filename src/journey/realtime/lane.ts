import type { Line } from '../../ports/line.ts'

/** N-37: of messages that wait for their turn. */
const MOST_WAITING = 256 * 1024

/** One direction of a session: messages in their order, one at a time, at the pace of whoever takes them. */
export class Lane {
  readonly #from: Pick<Line, 'pause' | 'resume'>
  readonly #handle: (text: string) => Promise<void>
  readonly #waiting: string[] = []
  #waitingLength = 0
  #running: Promise<void> | undefined
  #isHeld = false
  #isPaused = false
  #isOver = false

  /** `handle` does not fail. */
  constructor(from: Pick<Line, 'pause' | 'resume'>, handle: (text: string) => Promise<void>) {
    this.#from = from
    this.#handle = handle
  }

  take(text: string): void {
    if (this.#isOver) return
    this.#waiting.push(text)
    this.#waitingLength += text.length
    this.#running ??= this.#run()
    this.#pace()
  }

  /** Whoever is written to reads too slowly. */
  hold(): void {
    this.#isHeld = true
    this.#pace()
  }

  free(): void {
    this.#isHeld = false
    this.#pace()
  }

  /** Resolves when everything that was taken is handled. */
  async idle(): Promise<void> {
    await this.#running
  }

  /** Resolves when what is being handled is; nothing else will be. */
  async stop(): Promise<void> {
    this.#isOver = true
    this.#waiting.length = 0
    await this.#running
  }

  async #run(): Promise<void> {
    for (let text = this.#waiting.shift(); text !== undefined; text = this.#waiting.shift()) {
      await this.#handle(text)
      this.#waitingLength -= text.length
    }
    this.#running = undefined
    this.#pace()
  }

  #pace(): void {
    const wants = this.#isHeld || this.#waitingLength > MOST_WAITING
    if (wants === this.#isPaused || this.#isOver) return
    this.#isPaused = wants
    if (wants) this.#from.pause()
    else this.#from.resume()
  }
}
