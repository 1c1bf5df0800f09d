import type { IncomingMessage } from 'node:http'
import { gunzip } from 'node:zlib'
import { promisify } from 'node:util'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'

const inflate = promisify(gunzip)
const MAX_RATIO = 100
const EMPTY = new Uint8Array()

/** Memory for bodies that are being read or worked on, over all requests of the process. */
export class BodyBudget {
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
}

/** Reads a whole body within its limit; `gzip` is taken off, once. What was refused unread is not read to its end. */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
  budget: BodyBudget,
): Promise<Decision<Uint8Array>> {
  const coding = request.headers['content-encoding']?.trim().toLowerCase()
  if (coding !== undefined && coding !== '' && coding !== 'identity' && coding !== 'gzip')
    return deny('coding-unsupported', 'http_body')
  const type = request.headers['content-type']
  if (type !== undefined && /^multipart\//i.test(type))
    return deny('coding-unsupported', 'http_body', 'Send the body as JSON, not as a form.')

  const raw = await collect(request, maxBytes, budget)
  if (raw.verdict === 'deny' || coding !== 'gzip') return raw
  try {
    return allow(
      await inflate(raw.granted, {
        maxOutputLength: Math.min(maxBytes, Math.max(raw.granted.byteLength * MAX_RATIO, 1024)),
      }),
    )
  } catch (error) {
    const tooLarge =
      error instanceof RangeError ||
      (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
    return tooLarge ? tooLargeFor(maxBytes) : deny('body-unparsable', 'http_body', 'The body is not valid gzip.')
  }
}

function collect(request: IncomingMessage, maxBytes: number, budget: BodyBudget): Promise<Decision<Uint8Array>> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > maxBytes) return Promise.resolve(tooLargeFor(maxBytes))
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    let settled = false
    const settle = (decision: Decision<Uint8Array>): void => {
      if (settled) return
      settled = true
      request.off('data', onData)
      if (decision.verdict === 'deny') request.pause()
      resolve(decision)
    }
    const onData = (chunk: Buffer): void => {
      if (!budget.take(chunk.byteLength)) return settle(deny('overloaded', 'http_body'))
      size += chunk.byteLength
      if (size > maxBytes) return settle(tooLargeFor(maxBytes))
      chunks.push(chunk)
    }
    request.on('data', onData)
    request.once('end', () => settle(allow(join(chunks, size))))
    request.once('error', () => settle(deny('request-timeout', 'http_body', 'The body did not arrive whole.')))
    request.once('close', () => {
      budget.give(size)
      settle(deny('request-timeout', 'http_body', 'The body did not arrive whole.'))
    })
  })
}

function join(chunks: readonly Buffer[], size: number): Uint8Array {
  const [first] = chunks
  if (first === undefined) return EMPTY
  return chunks.length === 1 ? first : Buffer.concat(chunks, size)
}

function tooLargeFor(maxBytes: number): ReturnType<typeof deny> {
  return deny(
    'body-too-large',
    'http_body',
    `The body is larger than ${Math.floor(maxBytes / 1024)} KiB, the limit of this route.`,
  )
}
