import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'

/** A path below a prefix, in its one spelling. */
export interface PassedPath {
  /** The whole of it as it is called here; what allow-lists mean. */
  readonly path: string
  /** What follows the prefix, with its slash; empty: nothing does. */
  readonly rest: string
}

/**
 * N-05: the path is taken apart, each segment is decoded once and looked at, and written anew. Nothing that is left can be
 * more than a segment of a path: no host, no query, no way up.
 */
export function readPassedPath(written: string, prefix: string): Decision<PassedPath> {
  const segments: string[] = []
  for (const segment of written.split('/').slice(1)) {
    const plain = decodeSegment(segment)
    if (plain === undefined) return MALFORMED
    segments.push(plain)
  }
  const isOpen = segments.at(-1) === ''
  if (isOpen) segments.pop()
  if (segments.some((segment) => !isPlain(segment))) return MALFORMED

  const depth = prefix.split('/').length - 1
  if (`/${segments.slice(0, depth).join('/')}` !== prefix) return MALFORMED
  const rest = segments.slice(depth).map((segment) => `/${encodeSegment(segment)}`)
  const below = rest.join('')
  return allow({ path: prefix + below, rest: below === '' || !isOpen ? below : `${below}/` })
}

function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

/** Also after a second reading: what is encoded twice means to be decoded twice. */
function isPlain(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..' && !DELIMITERS.test(segment)
}

const DELIMITERS = /[\u0000-\u001f\u007f/\\]|%(?:2e|2f|5c|00|25)/i

/** RFC 3986: what may stand in a segment as it is, stays; `:` and `@` have a meaning in paths of providers. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replaceAll(/%(?:24|26|2B|2C|3A|3B|3D|40)/g, decodeURIComponent)
}

const MALFORMED = deny('target-malformed', 'http_body', 'The path hides a delimiter, or leads out of its prefix.')
