import { isObject } from '../../domain/json.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { NextTurn } from '../../ports/next-turn.ts'

// At least as many tokens as vocabularies in use make of a text, unless somebody searches for the rarest letter pairs:
// two small letters or spaces to a token (prose has four and more), one of everything else in ASCII, the bytes of
// everything above it. `estimate-tokens.ts` is the likely count; this one is for what may not be exceeded.
const PER_TOKEN = 2
const SMALL_LETTER = 1
const SIGN = 2
const TWO_BYTE = 3
const THREE_BYTE = 4

const TOKENS_PER_VALUE = 1
const TOKENS_PER_OBJECT = 3
/** The dearest tiling of a picture that models in use bill, but for the one whose picture tokens are cheap and many. */
const TOKENS_PER_IMAGE = 4_000
const CHEAP_IMAGE_MODEL = /4o-mini/
const TOKENS_PER_CHEAP_IMAGE = 50_000
/** Characters of base64 to a token of sound or of a document's pages. */
const MEDIA_PER_TOKEN = 8
/** Of the sound of a session, of which a token is a tenth of a second: at least this many, in the thinnest format. */
const SOUND_PER_TOKEN = 1_000
/** A stored conversation is as long as the model takes. */
const ASSUMED_CONTEXT = 128_000

const PIECE = 1024 * 1024

/** Members that say how to answer, and are no part of what is read. */
const NOT_PROMPT: ReadonlySet<string> = new Set([
  'model',
  'user',
  'metadata',
  'litellm_metadata',
  'stream_options',
  'safety_identifier',
  'prompt_cache_key',
  'service_tier',
])

export interface PromptSize {
  /** Tokens of everything that is spelled out in the request. */
  readonly tokens: number
  readonly images: number
  /** The request goes on from something that the provider keeps. */
  readonly continuesStored: boolean
}

/** What a request can count as at most, before its model is known. A long one is weighed in several turns. */
export async function measurePrompt(body: JsonObject, nextTurn: NextTurn): Promise<PromptSize> {
  const found = new Found()
  for (const [name, value] of Object.entries(body)) if (!NOT_PROMPT.has(name)) found.value(value, name)
  let weight = 0
  let sinceTurn = 0
  for (const text of found.texts) {
    for (let at = 0; at < text.length; at += PIECE) {
      sinceTurn += Math.min(PIECE, text.length - at)
      weight += weighUpwards(text, at, Math.min(at + PIECE, text.length))
      if (sinceTurn < PIECE) continue
      sinceTurn = 0
      await nextTurn()
    }
  }
  return {
    tokens: found.tokens + Math.ceil(weight / PER_TOKEN),
    images: found.images,
    continuesStored: isGiven(body['previous_response_id']) || isGiven(body['conversation']) || isObject(body['prompt']),
  }
}

export interface ModelWindow {
  readonly name: string
  readonly maxInputTokens: number | undefined
}

/** The same, for one model. */
export function boundPrompt(size: PromptSize, model: ModelWindow): number {
  const perImage = CHEAP_IMAGE_MODEL.test(model.name) ? TOKENS_PER_CHEAP_IMAGE : TOKENS_PER_IMAGE
  const spelled = size.tokens + size.images * perImage
  return size.continuesStored ? spelled + (model.maxInputTokens ?? ASSUMED_CONTEXT) : spelled
}

/** Walks a request once and keeps the texts in it; they are weighed afterwards. */
class Found {
  readonly texts: string[] = []
  tokens = 0
  images = 0

  value(value: JsonValue, name: string): void {
    if (typeof value === 'string') this.#text(value, name)
    else if (Array.isArray(value)) for (const item of value) this.value(item, name)
    else if (isObject(value)) this.#object(value)
    else this.tokens += typeof value === 'number' && !Number.isInteger(value) ? 8 : TOKENS_PER_VALUE
  }

  #object(object: JsonObject): void {
    this.tokens += TOKENS_PER_OBJECT
    for (const name in object) {
      const value = object[name]
      if (value === undefined) continue
      this.texts.push(name)
      if (name === 'image_url' || name === 'file_id') this.images += 1
      this.value(value, name)
    }
  }

  #text(text: string, name: string): void {
    this.tokens += TOKENS_PER_VALUE
    if (text.startsWith('data:image/')) return
    if (name === 'audio') this.tokens += Math.ceil(text.length / SOUND_PER_TOKEN)
    else if (name === 'data' || name === 'file_data' || text.startsWith('data:'))
      this.tokens += TOKENS_PER_IMAGE + Math.ceil(text.length / MEDIA_PER_TOKEN)
    else this.texts.push(text)
  }
}

function weighUpwards(text: string, from: number, until: number): number {
  let weight = 0
  for (let at = from; at < until; at += 1) {
    const unit = text.charCodeAt(at)
    if ((unit >= 0x61 && unit <= 0x7a) || unit === 0x20) weight += SMALL_LETTER
    else if (unit < 0x80) weight += SIGN
    else weight += unit < 0x800 ? TWO_BYTE : THREE_BYTE
  }
  return weight
}

function isGiven(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null
}
