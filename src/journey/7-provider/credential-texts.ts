const SCHEME = /^(?:bearer|basic|token|api-?key) +/i
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i

/** What must not come back of a header's value: it without its scheme, and the secret in a Basic credential. */
export function credentialTexts(value: string): readonly string[] {
  return [value.replace(SCHEME, ''), ...secretIn(value)].filter((text) => text !== '')
}

/** RFC 7617. A key that stands alone is written in the place of the user. */
function secretIn(value: string): readonly string[] {
  const basic = BASIC.exec(value)?.[1]
  if (basic === undefined) return []
  try {
    const plain = atob(basic)
    const colon = plain.indexOf(':')
    const password = plain.slice(colon + 1)
    return [password === '' ? plain.slice(0, colon) : password]
  } catch {
    return []
  }
}
