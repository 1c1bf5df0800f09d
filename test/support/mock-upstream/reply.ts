/** One event of a stream, or a part of a body, with the output tokens that it carries. */
export interface Piece {
  readonly bytes: Buffer
  readonly tokens: number
}

export interface Reply {
  readonly id: string
  readonly contentType: string
  readonly pieces: readonly Piece[]
  /** Output tokens are on the pieces: what was not sent was not generated. */
  readonly promptTokens: number
  readonly cachedTokens: number
}

export const JSON_TYPE = 'application/json'
export const EVENT_STREAM_TYPE = 'text/event-stream; charset=utf-8'
export const CREATED = 1_767_225_600

/** A whole body in four parts, so that a script can break it in the middle. All tokens are on the first one. */
export function piecesOfBody(body: string, tokens: number): readonly Piece[] {
  const bytes = Buffer.from(body)
  const step = Math.max(1, Math.ceil(bytes.length / 4))
  const pieces: Piece[] = []
  for (let at = 0; at < bytes.length; at += step) {
    pieces.push({ bytes: bytes.subarray(at, at + step), tokens: at === 0 ? tokens : 0 })
  }
  return pieces
}
