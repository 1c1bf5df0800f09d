const ESCAPE = /\\(?:u(?:0000|d[89a-f][0-9a-f]{2})|[^])/g

/** SQL text holds neither NUL nor half surrogate pairs; both become the replacement character. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}

/** JSON text that spells neither of the two. */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value)
  return text.includes('\\u') ? text.replace(ESCAPE, (spelt) => (spelt.length === 6 ? '\\ufffd' : spelt)) : text
}
