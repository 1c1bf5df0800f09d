import type { Deployment } from '../../domain/deployment.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { ModelAsk } from '../1-intake/read-model-request.ts'
import { isCount, sentMember } from './sent-member.ts'

/** What is painted when a call is answered as it was asked. */
export interface PictureOrder {
  readonly pictures: number
  /** Of each, where it is paid for by the token and nobody says by how many. */
  readonly tokensEach: number
}

/** Tokens of a square picture. The two highest are steps that their vendor has put no number to. */
const SQUARE_TOKENS: ReadonlyMap<JsonValue | undefined, number> = new Map([
  ['low', 272],
  ['medium', 1_056],
  ['high', 4_160],
  ['xhigh', 8_320],
  ['max', 16_640],
])
/** Of the quality that a model chooses for itself, at the most. */
const OWN_CHOICE = 4_160
const TOKENS_PER_PREVIEW = 100

const SQUARE = 1024 * 1024
const SIZE = /^(\d{1,5})x(\d{1,5})$/
/** The largest shape that a model chooses for itself, in squares. */
const OWN_SHAPE = 1.5
const LARGEST_SHAPE = 64
const MOST_PREVIEWS = 10

export function readOrder(ask: ModelAsk, deployment: Deployment): PictureOrder {
  const sent = (name: string): JsonValue | undefined => sentMember(ask, deployment, name)
  const wanted = sent('n')
  const previews = sent('partial_images')
  const pictures = isCount(wanted) ? wanted : 1
  const painted = Math.ceil((SQUARE_TOKENS.get(sent('quality')) ?? OWN_CHOICE) * squaresOf(sent('size')))
  return {
    pictures,
    tokensEach: painted + (isCount(previews) ? Math.min(previews, MOST_PREVIEWS) : 0) * TOKENS_PER_PREVIEW,
  }
}

function squaresOf(size: JsonValue | undefined): number {
  const [, width, height] = SIZE.exec(typeof size === 'string' ? size : '') ?? []
  const squares = (Number(width) * Number(height)) / SQUARE
  return width === undefined ? OWN_SHAPE : Math.min(Math.max(1, squares), LARGEST_SHAPE)
}
