const HEADER_TEXT = /^[\t\u0020-\u007e\u0080-\u00ff]*$/
const KEY_TEXT = /^[\u0020-\u007e]*$/

/** Whether a text can go over the wire as the value of a header. */
export function isHeaderText(text: string): boolean {
  return HEADER_TEXT.test(text)
}

/** A key is written in ASCII; a line end behind it is the commonest mistake. */
export function isKeyText(text: string): boolean {
  return KEY_TEXT.test(text)
}
