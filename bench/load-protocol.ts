/** One request, ready for the wire. */
export interface Target {
  readonly port: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Credentials that take turns; absent: `headers` has the one. */
  readonly bearers?: Bearers | readonly string[]
}

/** Keys that are told apart by a number at their end. */
export interface Bearers {
  readonly prefix: string
  readonly digits: number
  readonly first: number
  readonly step: number
  readonly count: number
}

export interface LoadPlan {
  readonly target: Target
  readonly connections: number
  readonly requests: number
  /** Requests begun in a second, evenly; absent: every connection asks again when it has its answer. */
  readonly perSecond?: number
}

export type LoadOrder =
  | ({ readonly order: 'load' } & LoadPlan)
  /** Opens streams that stay open; answers when each has had its first byte. */
  | { readonly order: 'open'; readonly target: Target; readonly streams: number }
  | { readonly order: 'close' }

export interface Percentiles {
  readonly p50: number
  readonly p99: number
}

export interface LoadResult {
  readonly statuses: Readonly<Record<string, number>>
  /** Requests without an answer: connection refused, reset, or unreadable. */
  readonly failures: number
  readonly elapsedMs: number
  readonly latencyUs: Percentiles
  readonly firstByteUs: Percentiles
}

/** The `n`-th request of a load. */
export function writeRequest({ port, path, headers, body, bearers }: Target, n = 0): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  if (bearers !== undefined) lines.push(`authorization: Bearer ${bearerAt(bearers, n)}\r\n`)
  const length = Buffer.byteLength(body)
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-length: ${length}\r\n${lines.join('')}\r\n`
  return Buffer.from(head + body)
}

function bearerAt(bearers: Bearers | readonly string[], n: number): string {
  if (!('prefix' in bearers)) return bearers[n % bearers.length] ?? ''
  const { prefix, digits, first, step, count } = bearers
  return prefix + String(first + step * (n % count)).padStart(digits, '0')
}
