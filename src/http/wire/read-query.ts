import type { FastifyRequest } from 'fastify'
import { Problem } from '../../domain/problem.ts'

/** The query as written: a raw `+` stays a plus, as in e-mail addresses; a name that occurs twice is refused. */
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
    query.set(name, equals === -1 ? '' : decoded(pair.slice(equals + 1)))
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
