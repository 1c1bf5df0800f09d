const PIECE = 8
/** A shorter secret, or one of letters alone, has pieces that stand in many an honest text. */
const LONG_ENOUGH = 16
const MIXED = /^(?=.*[0-9])(?=.*[A-Za-z])/

/**
 * Blots out pieces of secrets: the first half of a key tells as much as the key to whoever has the other half. Pieces are
 * found in any case, and in base64 wherever in a longer text the secret began.
 */
export function blotPieces(text: string, secrets: readonly string[]): string {
  const pieces = piecesOf(secrets)
  if (pieces.size === 0) return text
  const folded = foldCase(text)
  let written = ''
  let from = 0
  let at = 0
  while (at + PIECE <= text.length) {
    if (!pieces.has(folded.slice(at, at + PIECE))) {
      at += 1
      continue
    }
    let end = at + PIECE
    while (end < text.length && pieces.has(folded.slice(end - PIECE + 1, end + 1))) end += 1
    written += `${text.slice(from, at)}[secret]`
    from = end
    at = end
  }
  return written + text.slice(from)
}

const known = new WeakMap<readonly string[], ReadonlySet<string>>()

function piecesOf(secrets: readonly string[]): ReadonlySet<string> {
  const remembered = known.get(secrets)
  if (remembered !== undefined) return remembered
  const pieces = new Set<string>()
  for (const secret of secrets) {
    if (secret.length < LONG_ENOUGH || !MIXED.test(secret)) continue
    for (const written of [secret, inPercent(secret), ...inBase64(secret)]) {
      const folded = foldCase(written)
      for (let at = 0; at + PIECE <= folded.length; at += 1) pieces.add(folded.slice(at, at + PIECE))
    }
  }
  known.set(secrets, pieces)
  return pieces
}

/** Of every byte, as only somebody would write it who means to be read by a machine. */
function inPercent(secret: string): string {
  return [...new TextEncoder().encode(secret)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
}

/** The three ways in which the same bytes can stand in base64; what hangs on their neighbours is left out. */
function inBase64(secret: string): readonly string[] {
  const bytes = String.fromCharCode(...new TextEncoder().encode(secret))
  return [0, 1, 2].map((before) => btoa('\0'.repeat(before) + bytes).slice(before === 0 ? 0 : 4, -4))
}

/** Only letters whose other case is as long: every place in the one text is the same place in the other. */
function foldCase(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
