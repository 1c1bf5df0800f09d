const EDGES = /^[ \t\r\n]+|[ \t\r\n]+$/g
const CAPITALS = /[A-Z]+/g

/** What two spellings of one address have in common: without blanks around it, ASCII letters small. As the store does it. */
export function foldEmail(email: string): string {
  return email.replaceAll(EDGES, '').replaceAll(CAPITALS, (letters) => letters.toLowerCase())
}
