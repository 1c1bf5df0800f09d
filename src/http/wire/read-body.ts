import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { gunzip } from 'node:zlib'
import { promisify } from 'node:util'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { BodyBudget, BodyShare } from './body-budget.ts'

const inflate = promisify(gunzip)
const MAX_RATIO = 100
const LEAST_INFLATED = 1_024
const EMPTY = Buffer.alloc(0)

/** A request, and the answer that ends it. */
interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/**
 * Reads a whole body within its limit; `gzip` is taken off, once. What was refused unread is not read to its end. Bytes
 * that are not UTF-8 are refused, so that no two readers see different letters.
 */
export function readBody(
  { request, response }: Asked,
  maxBytes: number,
  budget: BodyBudget,
): Promise<Decision<string>> {
  const { 'content-type': type = '' } = request.headers
  if (type.slice(0, 10).toLowerCase() === 'multipart/')
    return Promise.resolve(deny('coding-unsupported', 'http_body', 'Send the body as JSON, not as a form.'))
  switch (codingOf(request)) {
    case 'none':
      return collect(request, maxBytes, budget.until(response), new BodyText())
    case 'gzip':
      return inflateBody(request, maxBytes, budget.until(response)).then((bytes) =>
        bytes.verdict === 'deny' ? bytes : textOf(bytes.granted),
      )
    case 'other':
      return Promise.resolve(deny('coding-unsupported', 'http_body'))
  }
}

/** The same for bytes of any kind. */
export function readBytes(
  { request, response }: Asked,
  maxBytes: number,
  budget: BodyBudget,
): Promise<Decision<Buffer>> {
  switch (codingOf(request)) {
    case 'none':
      return collect(request, maxBytes, budget.until(response), new BodyBytes())
    case 'gzip':
      return inflateBody(request, maxBytes, budget.until(response))
    case 'other':
      return Promise.resolve(deny('coding-unsupported', 'http_body'))
  }
}

function codingOf({ headers }: IncomingMessage): 'none' | 'gzip' | 'other' {
  const coding = (headers['content-encoding'] ?? '').trim().toLowerCase()
  if (coding === '' || coding === 'identity') return 'none'
  return coding === 'gzip' ? 'gzip' : 'other'
}

const NOT_UTF8 = deny('body-unparsable', 'http_body', 'The body is not valid UTF-8.')

function textOf(bytes: Buffer): Decision<string> {
  return isUtf8(bytes) ? allow(bytes.toString()) : NOT_UTF8
}

/** What gathers the pieces of a body, until they are all there. */
interface Gathering<Whole> {
  add(chunk: Buffer): void
  whole(): Decision<Whole>
}

class BodyBytes implements Gathering<Buffer> {
  readonly #chunks: Buffer[] = []

  add(chunk: Buffer): void {
    this.#chunks.push(chunk)
  }

  whole(): Decision<Buffer> {
    return allow(join(this.#chunks))
  }
}

const DECODED_AT_ONCE = 512 * 1024

/** A short body is decoded when it is there; a long one piece by piece as it comes, so that no turn is long. */
class BodyText implements Gathering<string> {
  #chunks: Buffer[] = []
  #size = 0
  #decoder: TextDecoder | undefined
  #text = ''
  #isBroken = false

  add(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.byteLength
    if (this.#size <= DECODED_AT_ONCE) return
    this.#decoder ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    for (const bytes of this.#chunks) this.#decode(bytes)
    this.#chunks = []
  }

  whole(): Decision<string> {
    if (this.#decoder === undefined) return textOf(join(this.#chunks))
    this.#decode(undefined)
    return this.#isBroken ? NOT_UTF8 : allow(this.#text)
  }

  #decode(bytes: Buffer | undefined): void {
    if (this.#isBroken) return
    try {
      this.#text += this.#decoder?.decode(bytes, { stream: bytes !== undefined }) ?? ''
    } catch {
      this.#isBroken = true
      this.#text = ''
    }
  }
}

async function inflateBody(request: IncomingMessage, maxBytes: number, share: BodyShare): Promise<Decision<Buffer>> {
  const packed = await collect(request, maxBytes, share, new BodyBytes())
  if (packed.verdict === 'deny') return packed
  const byRatio = Math.max(packed.granted.byteLength * MAX_RATIO, LEAST_INFLATED)
  const most = Math.min(maxBytes, byRatio)
  if (!share.take(most)) return OVERLOADED
  try {
    const plain = await inflate(packed.granted, { maxOutputLength: most })
    share.give(most - plain.byteLength)
    return allow(plain)
  } catch (error) {
    share.give(most)
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    if (!isTooLarge) return deny('body-unparsable', 'http_body', 'The body is not valid gzip.')
    return byRatio < maxBytes ? TOO_DENSE : tooLargeFor(maxBytes)
  }
}

function collect<Read>(
  request: IncomingMessage,
  maxBytes: number,
  share: BodyShare,
  gathering: Gathering<Read>,
): Promise<Decision<Read>> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > maxBytes) return Promise.resolve(tooLargeFor(maxBytes))
  if (request.destroyed) return Promise.resolve(BROKEN)
  return request.complete && request.readableLength > 0
    ? Promise.resolve(takeWhole(request, maxBytes, share, gathering))
    : gather(request, maxBytes, share, gathering)
}

/** A body that lies ready is taken at once. */
function takeWhole<Read>(
  request: IncomingMessage,
  maxBytes: number,
  share: BodyShare,
  gathering: Gathering<Read>,
): Decision<Read> {
  const size = request.readableLength
  if (size > maxBytes) return tooLargeFor(maxBytes)
  if (!share.take(size)) return OVERLOADED
  gathering.add(request.read())
  return gathering.whole()
}

function gather<Read>(
  request: IncomingMessage,
  maxBytes: number,
  share: BodyShare,
  gathering: Gathering<Read>,
): Promise<Decision<Read>> {
  return new Promise((resolve) => {
    let size = 0
    let isSettled = false
    const settle = (decision: Decision<Read>): void => {
      if (isSettled) return
      isSettled = true
      pace.over()
      request.off('data', onData)
      if (decision.verdict === 'deny') request.pause()
      resolve(decision)
    }
    const onData = (chunk: Buffer): void => {
      if (!share.take(chunk.byteLength)) return settle(OVERLOADED)
      size += chunk.byteLength
      pace.came(chunk.byteLength)
      if (size > maxBytes) return settle(tooLargeFor(maxBytes))
      gathering.add(chunk)
    }
    const pace = share.pace.watch(() => settle(TOO_SLOW))
    request.on('data', onData)
    request.on('end', () => settle(gathering.whole()))
    // What breaks it closes it; nobody is told of an error who does not listen.
    request.on('close', () => settle(BROKEN))
  })
}

const TOO_SLOW = deny('request-timeout', 'http_body', 'The body came too slowly: at least 1 KiB a second is expected.')
const OVERLOADED = deny('overloaded', 'http_body')
const TOO_DENSE = deny('body-too-large', 'http_body', `The body is packed more than ${MAX_RATIO}-fold.`)
const BROKEN = deny('request-timeout', 'http_body', 'The body did not arrive whole.')

function join(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks
  if (first === undefined) return EMPTY
  return chunks.length === 1 ? first : Buffer.concat(chunks)
}

function tooLargeFor(maxBytes: number): ReturnType<typeof deny> {
  return deny(
    'body-too-large',
    'http_body',
    `The body is larger than ${Math.floor(maxBytes / 1024)} KiB, the limit of this route.`,
  )
}
