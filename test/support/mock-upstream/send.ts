import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { constants, gzipSync } from 'node:zlib'
import { disturbEvents, splitPieces } from './event-stream.ts'
import type { Piece, Reply } from './reply.ts'
import { EVENT_STREAM_TYPE } from './reply.ts'
import type { Script } from './script.ts'

/** Kept up to date while sending, and read when the connection ends. */
export interface Progress {
  chunksSent: number
  tokensSent: number
  wasCut: boolean
}

const BOMB_BYTES = 64 * 1024 * 1024

/** Sends a served reply in the manner that the script asks for. Returns when it has sent what it will. */
export async function sendReply(
  response: ServerResponse,
  reply: Reply,
  script: Script,
  progress: Progress,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const pieces = shapePieces(reply, script)

  await pause(script.firstByteDelayMs, gone.signal)
  if (script.cut !== undefined && script.cut.afterChunks < 0) return cutHere(response, script.cut.how, progress)
  response.writeHead(200, { ...headersOf(reply, script), ...lengthOf(pieces, reply, script) })

  for (const [i, piece] of pieces.entries()) {
    if (gone.signal.aborted) return
    if (script.cut !== undefined && i >= script.cut.afterChunks) return cutHere(response, script.cut.how, progress)
    if (i > 0) await pause(script.gapMs, gone.signal)
    // Counted when handed over: a provider has generated a chunk by then, whether or not anybody reads it.
    progress.chunksSent += 1
    progress.tokensSent += piece.tokens
    if (!response.write(piece.bytes)) await drained(response, gone.signal)
  }
  response.end()
}

function shapePieces(reply: Reply, script: Script): readonly Piece[] {
  const isStream = reply.contentType === EVENT_STREAM_TYPE
  const disturbed = isStream ? disturbEvents(reply.pieces, script) : reply.pieces
  const whole = script.truncatedJson ? disturbed.slice(0, Math.ceil(disturbed.length / 2)) : disturbed
  if (script.encoding !== 'identity') return [compress(whole, script.encoding)]
  if (script.splitBytes !== undefined) return splitPieces(whole, script.splitBytes)
  // One write for a whole body, as providers do; the parts are there to be broken between.
  return isStream || script.cut !== undefined ? whole : [joined(whole)]
}

function joined(pieces: readonly Piece[]): Piece {
  const tokens = pieces.reduce((sum, piece) => sum + piece.tokens, 0)
  return { bytes: Buffer.concat(pieces.map((piece) => piece.bytes)), tokens }
}

function compress(pieces: readonly Piece[], encoding: 'gzip' | 'gzip-bomb'): Piece {
  const { bytes, tokens } = joined(pieces)
  const padding = encoding === 'gzip-bomb' ? Buffer.alloc(BOMB_BYTES, ' ') : Buffer.alloc(0)
  return { bytes: gzipSync(Buffer.concat([padding, bytes]), { level: constants.Z_BEST_SPEED }), tokens }
}

function headersOf(reply: Reply, script: Script): Readonly<Record<string, string | string[]>> {
  const extra = Object.entries(script.headers).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : [...value],
  ])
  return {
    'content-type': reply.contentType,
    'x-request-id': `req_${reply.id}`,
    'openai-version': '2020-10-01',
    'openai-processing-ms': '7',
    'x-ratelimit-limit-requests': '10000',
    'x-ratelimit-remaining-requests': '9999',
    'x-ratelimit-reset-requests': '6ms',
    ...(script.encoding === 'identity' ? {} : { 'content-encoding': 'gzip' }),
    ...Object.fromEntries(extra),
  }
}

/** A cut body keeps the length of the whole, so that the caller can tell; a stream has none. */
function lengthOf(pieces: readonly Piece[], reply: Reply, script: Script): Readonly<Record<string, string>> {
  if (reply.contentType === EVENT_STREAM_TYPE || script.cut?.how === 'close') return {}
  return { 'content-length': String(pieces.reduce((sum, piece) => sum + piece.bytes.length, 0)) }
}

function cutHere(response: ServerResponse, how: 'stall' | 'reset' | 'close', progress: Progress): void {
  if (how === 'stall') return
  progress.wasCut = true
  if (how === 'close') response.end()
  else flushThen(response, () => response.socket?.resetAndDestroy())
}

/** What was written is meant to arrive before the reset; the empty write calls back when it has left. */
function flushThen(response: ServerResponse, act: () => void): void {
  if (response.socket === null || response.socket.destroyed) return
  response.socket.write('', act)
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return
  await delay(ms, undefined, { signal }).catch(() => undefined)
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    response.once('drain', resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
