/** What others wrote, so that nothing in it can steer a terminal or turn the direction of its text. */
export function forTerminal(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replaceAll(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The same, for texts that need no quotes to be told apart from what stands around them. */
export function sentenceForTerminal(text: string): string {
  return forTerminal(text).slice(1, -1).replaceAll('\\"', '"')
}
