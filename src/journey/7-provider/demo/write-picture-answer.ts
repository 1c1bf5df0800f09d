import type { JsonObject } from '../../../domain/json.ts'
import type { CannedAnswer } from './canned-text.ts'

/** A padlock, 64 by 64. */
const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAAEAAAABAAQMAAACQp+OdAAAABlBMVEX19vgeKTuHa1JlAAAAY0lEQVR42rXOPQ6AIAyG4RoGR47AUTgaHI2jeARGBsJrpC5ojIk/39A+Q5tW5Lv4ugO0G0gdMywdFnKHg6JLUEeEbJsiGQVxYsBWiQOaSLiBBT3/GsUdke0lzsPVP8Grn//KCkn9rF36+KAuAAAAAElFTkSuQmCC'
const MOST_PICTURES = 10

/** The same picture whatever is asked for, in the shape of the Images API. Undefined: more are wanted than we hand out. */
export function writePictureAnswer(
  { n, response_format: format }: JsonObject,
  stream: boolean,
  created: number,
): CannedAnswer | undefined {
  const count = typeof n === 'number' ? n : 1
  if (count > MOST_PICTURES) return undefined
  if (stream) {
    const type = 'image_generation.completed'
    const looks = { background: 'opaque', output_format: 'png', quality: 'low', size: '64x64' }
    const frame = `event: ${type}\ndata: ${JSON.stringify({ type, b64_json: PICTURE, created_at: created, ...looks })}\n\n`
    return { status: 200, contentType: 'text/event-stream', pieces: Array.from({ length: count }, () => frame) }
  }
  const picture = format === 'url' ? { url: `data:image/png;base64,${PICTURE}` } : { b64_json: PICTURE }
  const body = JSON.stringify({ created, data: Array.from({ length: count }, () => picture) })
  return { status: 200, contentType: 'application/json', pieces: [body] }
}
