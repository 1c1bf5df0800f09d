/**
 * Does the whole text match a pattern in which `*` stands for any text and `?` for one character? Everything else means
 * itself, case included. At most as many steps as pattern times text are long.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0
  let from = 0
  let star = -1
  let starText = 0
  while (from < text.length) {
    const sign = pattern[at]
    if (sign === '*') {
      star = at
      starText = from
      at += 1
    } else if (sign !== undefined && (sign === '?' || sign === text[from])) {
      at += 1
      from += 1
    } else if (star !== -1) {
      starText += 1
      from = starText
      at = star + 1
    } else {
      return false
    }
  }
  return pattern.slice(at).replaceAll('*', '') === ''
}
