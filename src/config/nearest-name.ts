/** The known name that a mistyped one most likely meant; undefined when none is near enough to suggest. */
export function nearestName(written: string, known: Iterable<string>): string | undefined {
  if (written.length > MAX_LENGTH) return undefined
  const wanted = fold(written)
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1

  for (const name of known) {
    const distance = editDistance(wanted, fold(name), bestDistance)
    if (distance < bestDistance) {
      best = name
      bestDistance = distance
    }
  }
  return best
}

const MAX_LENGTH = 100

function fold(name: string): string {
  return name.toLowerCase().replaceAll('-', '_')
}

/** Edits of one character, where swapping two neighbours is one edit; `limit` or more is answered as `limit`. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let beforePrevious: readonly number[] = []
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column)

  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1]
      const costs = [at(previous, column) + 1, at(current, column - 1) + 1, at(previous, column - 1) + (same ? 0 : 1)]
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) costs.push(at(beforePrevious, column - 2) + 1)
      current.push(Math.min(...costs))
    }
    beforePrevious = previous
    previous = current
  }
  return Math.min(limit, at(previous, b.length))
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}
