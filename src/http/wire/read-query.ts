import type { FastifyRequest } from 'fastify'
import { Problem } from '../../domain/problem.ts'

/** Names of people: what is written in them is an address more often than a form's way to write a space. */
const OF_PEOPLE: ReadonlySet<string> = new Set(['user_id', 'user_ids', 'sso_user_ids', 'user_email'])
const ADDRESS = /@|%40/

/**
 * The query as written. A raw `+` is a space, as forms have it, and stays a plus in names of people and in whatever is an
 * e-mail address. A name that occurs twice is refused.
 */
export function readQuery(request: FastifyRequest): ReadonlyMap<string, string> {
  const target = request.raw.url ?? ''
  const start = target.indexOf('?')
  const query = new Map<string, string>()
  if (start === -1) return query
  for (const pair of target.slice(start + 1).split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decoded(equals === -1 ? pair : pair.slice(0, equals))
    if (query.has(name))
      throw new Problem('bad-request', `The query parameter \`${name.slice(0, 64)}\` occurs twice. Send it once.`)
    const text = equals === -1 ? '' : pair.slice(equals + 1)
    query.set(name, decoded(OF_PEOPLE.has(name) || ADDRESS.test(text) ? text : text.replaceAll('+', ' ')))
  }
  return query
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Problem('bad-request', 'The query is not valid percent-encoded UTF-8.')
  }
}
