import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { gunzip } from 'node:zlib'
import { promisify } from 'node:util'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'

const inflate = promisify(gunzip)
const MAX_RATIO = 100
const LEAST_INFLATED = 1_024
const EMPTY = Buffer.alloc(0)

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

/**
 * Reads a whole body within its limit; `gzip` is taken off, once. What was refused unread is not read to its end. Bytes
 * that are not UTF-8 are refused, so that no two readers see different letters.
 */
export function readBody(request: IncomingMessage, maxBytes: number, budget: BodyBudget): Promise<Decision<string>> {
  const { 'content-encoding': coding = '', 'content-type': type = '' } = request.headers
  if (type.slice(0, 10).toLowerCase() === 'multipart/')
    return Promise.resolve(deny('coding-unsupported', 'http_body', 'Send the body as JSON, not as a form.'))
  switch (coding.trim().toLowerCase()) {
    case '':
    case 'identity':
      return collect(request, maxBytes, budget, textOf)
    case 'gzip':
      return inflateBody(request, maxBytes, budget)
    default:
      return Promise.resolve(deny('coding-unsupported', 'http_body'))
  }
}

function textOf(bytes: Buffer): Decision<string> {
  return isUtf8(bytes) ? allow(bytes.toString()) : deny('body-unparsable', 'http_body', 'The body is not valid UTF-8.')
}

async function inflateBody(request: IncomingMessage, maxBytes: number, budget: BodyBudget): Promise<Decision<string>> {
  const packed = await collect(request, maxBytes, budget, allow)
  if (packed.verdict === 'deny') return packed
  const most = Math.min(maxBytes, Math.max(packed.granted.byteLength * MAX_RATIO, LEAST_INFLATED))
  try {
    return textOf(await inflate(packed.granted, { maxOutputLength: most }))
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    return isTooLarge ? tooLargeFor(maxBytes) : deny('body-unparsable', 'http_body', 'The body is not valid gzip.')
  }
}

function collect<Read>(
  request: IncomingMessage,
  maxBytes: number,
  budget: BodyBudget,
  finish: (bytes: Buffer) => Decision<Read>,
): Promise<Decision<Read>> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > maxBytes) return Promise.resolve(tooLargeFor(maxBytes))
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    let isSettled = false
    const settle = (decision: Decision<Read>): void => {
      if (isSettled) return
      isSettled = true
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
    request.on('end', () => settle(finish(join(chunks, size))))
    request.on('error', () => settle(BROKEN))
    request.on('close', () => {
      budget.give(size)
      settle(BROKEN)
    })
  })
}

const BROKEN = deny('request-timeout', 'http_body', 'The body did not arrive whole.')

function join(chunks: readonly Buffer[], size: number): Buffer {
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
