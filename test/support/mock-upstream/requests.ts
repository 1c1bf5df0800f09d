export interface ReceivedRequest {
  readonly method: string
  readonly url: string
  /** Name, value, name, value … in the order and case of the wire. */
  readonly rawHeaders: readonly string[]
  /** At most the first mebibyte. */
  readonly body: Buffer
  readonly bodyBytes: number
  /** False while the body is on its way, and for ever when the caller broke off. */
  readonly isComplete: boolean
}

interface Recording {
  method: string
  url: string
  rawHeaders: readonly string[]
  body: Buffer
  bodyBytes: number
  isComplete: boolean
}

const LARGEST_BODY = 1_048_576

/** The last requests received. A request is listed when its headers arrive, so that "nothing was forwarded" can be shown. */
export class Requests {
  readonly #kept: number
  #recordings: Recording[] = []
  #total = 0

  constructor(kept: number) {
    this.#kept = kept
  }

  get all(): readonly ReceivedRequest[] {
    return this.#recordings
  }

  get last(): ReceivedRequest | undefined {
    return this.#recordings.at(-1)
  }

  /** Everything ever received, kept or not. */
  get total(): number {
    return this.#total
  }

  open(method: string, url: string, rawHeaders: readonly string[]): (body: Buffer) => void {
    const recording: Recording = {
      method,
      url,
      rawHeaders,
      body: Buffer.alloc(0),
      bodyBytes: 0,
      isComplete: false,
    }
    this.#total += 1
    this.#recordings.push(recording)
    if (this.#recordings.length > this.#kept) this.#recordings.shift()
    return (body) => {
      recording.body = body.subarray(0, LARGEST_BODY)
      recording.bodyBytes = body.length
      recording.isComplete = true
    }
  }

  clear(): void {
    this.#recordings = []
    this.#total = 0
  }
}

/** Every value of a header, in order. */
export function headerValues(request: ReceivedRequest, name: string): readonly string[] {
  const wanted = name.toLowerCase()
  return request.rawHeaders.filter((_, i) => i % 2 === 1 && request.rawHeaders[i - 1]?.toLowerCase() === wanted)
}
