import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { isAdministrator, isTokenPrincipal, keyOf } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import type { RouteFacts } from '../1-intake/arrival.ts'

export function isPassThrough({ row }: RouteFacts): boolean {
  return row.id === 'pass-through-use'
}

/**
 * What is passed on reaches a provider's whole API, its files and its other models included. So it is open to those whom
 * a list names it for, and not to whoever may call models.
 */
export function decidePassThrough(principal: Principal, route: RouteFacts, isOpen: boolean): Decision<RouteFacts> {
  if (isOpen || principal.kind === 'master' || isAdministrator(principal)) return allow(route)
  const { team } = principal.standing
  // The rule about routes of teams was asked when the team was settled, or will be.
  if (isTokenPrincipal(principal) && (team !== undefined || principal.choice !== undefined)) return allow(route)

  const key = keyOf(principal)
  const own = key?.allowedPassThroughRoutes ?? []
  const listed = own.length > 0 ? own : (team?.allowedPassThroughRoutes ?? [])
  if (namesPassThrough(listed, route.path) || namesPrefix(key?.allowedRoutes ?? [], route)) return allow(route)
  const who = key === undefined ? 'User' : 'Key'
  const where = team === undefined ? 'on the key' : 'on the key or on its team'
  return deny(
    'route-denied',
    'authz_route',
    `${who} not allowed to access passthrough route ${route.path}. Configure \`allowed_passthrough_routes\` ${where}.`,
  )
}

/** An entry is a path, with or without `/*`, and means all that is below it as well. */
export function namesPassThrough(entries: readonly string[], path: string): boolean {
  return entries.some((entry) => {
    const plain = plainOf(entry)
    return plain !== '' && (path === plain || path.startsWith(`${plain}/`))
  })
}

/** Among `allowed_routes`, an entry that names the prefix itself; those that stand for many routes do not mean it. */
function namesPrefix(entries: readonly string[], { path, passThrough }: RouteFacts): boolean {
  if (passThrough === undefined) return false
  const own = entries.filter((entry) => isAtOrBelow(passThrough.path, plainOf(entry)))
  return namesPassThrough(own, path)
}

function isAtOrBelow(prefix: string, path: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`)
}

function plainOf(entry: string): string {
  return entry.replace(/\/?\*?$/, '')
}
