import type { IncomingMessage } from 'node:http'

/** A key or a JWT, by how it begins. */
const LOOK = /(?:Bearer(?:\+|%20| ))?(?:sk-|eyJ)/.source
const IN_QUERY = new RegExp(`[?&](?:access_token|token|api[_-]?key|key|authorization)=${LOOK}`, 'i')
const IN_COOKIE = new RegExp(`=${LOOK}`, 'i')

/** J-01: whether what looks like a credential stands where none is taken from. The body is not read for it. */
export function hasStrayCredential({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>): boolean {
  return IN_QUERY.test(url) || IN_COOKIE.test(headers.cookie ?? '')
}
