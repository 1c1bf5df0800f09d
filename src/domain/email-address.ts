/** One `@`, and nothing that mail programs read in two ways: quotes, comments, routes, blanks, control characters. */
const ADDRESS =
  /^[^@\s"(),:;<>[\\\]\p{C}]+@((?:[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?\.)*[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?)$/u
const MAX_LENGTH = 254

/** The whole domain of a well-formed address, ASCII letters in lower case; undefined: not an address. */
export function domainOf(address: string): string | undefined {
  if (address.length > MAX_LENGTH) return undefined
  const domain = ADDRESS.exec(address)?.[1]
  return domain === undefined ? undefined : asciiLowerCase(domain)
}

/** No other letters are folded: in some scripts two of them become one. */
export function asciiLowerCase(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}
