/** One request, ready for the wire. */
export interface Target {
  readonly port: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** `authorization` of one request after another, over and over; absent: that of the headers. */
  readonly credentials?: readonly string[]
}

export type LoadOrder =
  | { readonly order: 'load'; readonly target: Target; readonly connections: number; readonly requests: number }
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

/** The bytes of the target's requests, which take turns. */
export function writeRequests(target: Target): readonly Buffer[] {
  const { credentials, headers } = target
  if (credentials === undefined) return [writeRequest(target)]
  return credentials.map((authorization) => writeRequest({ ...target, headers: { ...headers, authorization } }))
}

export function writeRequest({ port, path, headers, body }: Target): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const length = Buffer.byteLength(body)
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-length: ${length}\r\n${lines.join('')}\r\n`
  return Buffer.from(head + body)
}
