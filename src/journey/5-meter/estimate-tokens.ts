import type { NextTurn } from '../../ports/next-turn.ts'

// Tokens of common byte-pair vocabularies, a little on the high side: an English word is some four letters per token
// and other Latin text nearer three and a half, which is what letters and spaces are counted at; digits and
// punctuation two to the token; Cyrillic, Greek, Arabic and the like three quarters of a token each, CJK and everything
// above it one and a quarter, emoji three. Twenty-fourths of a token, so that weights of pieces add up exactly.
const PER_TOKEN = 24
const LETTER = 7
const SIGN = 12
const TWO_BYTE = 18
const THREE_BYTE = 30
const SURROGATE = 36

/** Additive: the weight of a text is the sum of the weights of its pieces, wherever a stream cuts it. */
export function weighText(text: string): number {
  let weight = 0
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) weight += weighAscii(unit)
    else if (unit < 0x800) weight += TWO_BYTE
    else if (unit >= 0xd800 && unit <= 0xdfff) weight += SURROGATE
    else weight += THREE_BYTE
  }
  return weight
}

export function tokensOfWeight(weight: number): number {
  return Math.ceil(weight / PER_TOKEN)
}

export function weightOfTokens(tokens: number): number {
  return tokens * PER_TOKEN
}

const PIECE = 1024 * 1024

/** What to count where the upstream reports no usage that can be believed; a long text is weighed in several turns. */
export async function estimateLongText(text: string, nextTurn: NextTurn): Promise<number> {
  let weight = 0
  for (let at = 0; at < text.length; at += PIECE) {
    if (at > 0) await nextTurn()
    weight += weighText(text.slice(at, at + PIECE))
  }
  return tokensOfWeight(weight)
}

/** What to count where the upstream reports no usage that can be believed. */
export function estimateTokens(text: string): number {
  return tokensOfWeight(weighText(text))
}

function weighAscii(unit: number): number {
  const lower = unit | 0x20
  return (lower >= 0x61 && lower <= 0x7a) || unit === 0x20 ? LETTER : SIGN
}
