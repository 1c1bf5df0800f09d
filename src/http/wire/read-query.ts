import type { FastifyRequest } from 'fastify'
import { Problem } from '../../domain/problem.ts'

/** Free texts and times, in which forms write a space as `+`. */
const SPACED: ReadonlySet<string> = new Set(
  'key_alias team_alias org_alias search start_date end_date model model_group error_message tags'.split(' '),
)

/** The query as written: a raw `+` stays a plus in ids and e-mail addresses; a name that occurs twice is refused. */
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
    query.set(name, decoded(SPACED.has(name) ? text.replaceAll('+', ' ') : text))
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
