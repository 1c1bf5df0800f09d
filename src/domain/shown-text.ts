const LONGEST = 200

/** What a caller sent, as it may stand in a message or a log: nothing that moves a cursor or hides what follows. */
export function printable(text: string): string {
  return text.replaceAll(/[^\u0020-\u007e]/g, '?')
}

/** The same where it is told back, and not at length. */
export function shown(text: string): string {
  return printable(text).slice(0, LONGEST)
}
