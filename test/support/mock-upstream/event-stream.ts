import type { Piece } from './reply.ts'
import type { Script } from './script.ts'

/** One server-sent event. `name` gives it an `event:` line. */
export function writeEvent(data: string, lineEnd: Script['lineEnd'], name?: string): string {
  const head = name === undefined ? '' : `event: ${name}${lineEnd}`
  return `${head}data: ${data}${lineEnd}${lineEnd}`
}

/** A provider's stream as the script wants it: with comments, with a broken, an oversized or an error event in it. */
export function disturbEvents(events: readonly Piece[], script: Script): readonly Piece[] {
  const [first, ...rest] = events
  if (first === undefined) return events
  const eol = script.lineEnd
  const inserted: Piece[] = []
  if (script.brokenEvent) inserted.push(silent(writeEvent('{"id":"chatcmpl-broken","choices":[{', eol)))
  if (script.hugeEventBytes > 0) inserted.push(silent(writeEvent(hugeChunk(script.hugeEventBytes), eol)))
  const disturbed = script.errorEvent
    ? [first, ...inserted, ...rest.slice(0, 1), silent(writeEvent(ERROR_EVENT, eol))]
    : [first, ...inserted, ...rest]
  return script.comments ? disturbed.flatMap((piece) => [silent(`: ping${eol}${eol}`), piece]) : disturbed
}

/** Cuts a stream into writes of `size` bytes. A token counts as sent with the last byte of the event that carries it. */
export function splitPieces(pieces: readonly Piece[], size: number): readonly Piece[] {
  const all = Buffer.concat(pieces.map((piece) => piece.bytes))
  const ends = endsOf(pieces)
  const split: Piece[] = []
  for (let at = 0; at < all.length; at += size) {
    const bytes = all.subarray(at, at + size)
    const finished = ends.filter((each) => each.end > at && each.end <= at + bytes.length)
    split.push({ bytes, tokens: finished.reduce((sum, each) => sum + each.tokens, 0) })
  }
  return split
}

function endsOf(pieces: readonly Piece[]): readonly { readonly end: number; readonly tokens: number }[] {
  let end = 0
  return pieces.map((piece) => {
    end += piece.bytes.length
    return { end, tokens: piece.tokens }
  })
}

const ERROR_EVENT = JSON.stringify({
  error: {
    message: 'The server had an error while processing your request.',
    type: 'server_error',
    param: null,
    code: null,
  },
})

function hugeChunk(bytes: number): string {
  const delta = { content: 'x'.repeat(bytes) }
  return JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: null }] })
}

function silent(text: string): Piece {
  return { bytes: Buffer.from(text), tokens: 0 }
}
