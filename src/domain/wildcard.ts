/** Matches names against patterns in which `*` stands for any text, and tells what the star stood for. */
export function starText(pattern: string, name: string): string | undefined {
  const star = pattern.indexOf('*')
  if (star === -1) return pattern === name ? '' : undefined
  const head = pattern.slice(0, star)
  const tail = pattern.slice(star + 1)
  if (tail.includes('*')) return matchesPieces(pattern.split('*'), name) ? name : undefined
  if (name.length < head.length + tail.length) return undefined
  return name.startsWith(head) && name.endsWith(tail) ? name.slice(head.length, name.length - tail.length) : undefined
}

export function matchesWildcard(pattern: string, name: string): boolean {
  return starText(pattern, name) !== undefined
}

export function fillStar(pattern: string, text: string): string {
  return pattern.replace('*', () => text)
}

/** Pieces between the stars, found from left to right; linear, so that no pattern can be made slow. */
function matchesPieces(pieces: readonly string[], name: string): boolean {
  const first = pieces[0] ?? ''
  const last = pieces[pieces.length - 1] ?? ''
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false
  const end = name.length - last.length
  let at = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, at)
    if (found === -1 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}
