import type { PassThrough } from '../../../domain/pass-through.ts'
import { namesSecret } from '../../../domain/secret-names.ts'

/** The query of a caller as it goes on: as written, without credentials, and with what the operator adds. */
export function writeQuery(
  written: string,
  presented: readonly string[],
  { query }: Pick<PassThrough, 'query'>,
): string {
  const pairs: string[] = []
  const said = new Set<string>()
  for (const pair of written.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = plainOf(equals === -1 ? pair : pair.slice(0, equals))
    const value = plainOf(equals === -1 ? '' : pair.slice(equals + 1))
    if (name === undefined || value === undefined || isCredential(name)) continue
    if (presented.some((text) => value.includes(text) || name.includes(text))) continue
    said.add(name)
    pairs.push(pair)
  }
  for (const [name, value] of query) {
    if (said.has(name)) continue
    pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(value.reveal())}`)
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

/** Under these names credentials come, or destinations of a signature: the operator's to send and nobody else's. */
export function isCredential(name: string): boolean {
  return namesSecret(name) || SHORT_NAMES.test(name)
}

const SHORT_NAMES = /^(?:key|code|sig|signature|subscription-key|auth|x-amz-.*|x-goog-.*)$/i

/** A `+` is a space to some readers and itself to others; no credential of ours has either. */
function plainOf(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
