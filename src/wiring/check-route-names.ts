import type { Finding } from '../config/finding.ts'
import { Findings } from '../config/finding.ts'
import { nearestName } from '../config/nearest-name.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { RouteName } from '../config/route-names.ts'
import { ROUTE_GROUPS } from '../journey/4-authorise/route-groups.ts'
import { leftOut, meaningOf } from './known-routes.ts'
import type { Meaning } from './known-routes.ts'

/** Groups of routes that are known by name, and have no route here. */
const EMPTY_GROUPS: ReadonlySet<string> = new Set([
  'openai_route_names',
  'litellm_native_routes',
  'mcp_routes',
  'mcp_inference_routes',
  'agent_routes',
  'google_routes',
  'apply_guardrail_routes',
  'master_key_only_routes',
])

/** The configuration knows no routes, so what its lists of routes name is checked here. */
export function checkRouteNames({
  routeNames,
  passThroughs,
}: Pick<LoadedConfig, 'routeNames' | 'passThroughs'>): readonly Finding[] {
  const findings = new Findings()
  for (const entry of routeNames) {
    if (entry.name.startsWith('/')) checkPath(entry, meaningOf(entry.name, passThroughs), findings)
    else checkGroup(entry, findings)
  }
  const kept = routeNames.filter(({ list }) => list === 'keeps')
  for (const entry of kept) checkNamesakes(entry, kept, findings)
  return findings.list()
}

/** What has two names is open as long as one of them is. */
function checkNamesakes({ name, place, key }: RouteName, kept: readonly RouteName[], findings: Findings): void {
  const [open] = name.startsWith('/')
    ? leftOut(
        name,
        kept.map((each) => each.name),
      )
    : []
  if (open === undefined) return
  findings.warn(place, key, `The same is called at ${open} as well, which stays open.`, `Add ${open}.`)
}

/** A misspelt path opens nothing, which somebody will notice; what it should have kept is open to all, which nobody will. */
function checkPath({ place, key, list }: RouteName, meaning: Meaning, findings: Findings): void {
  if (meaning.is === 'open-routes' && list === 'keeps')
    findings.warn(place, key, 'This has no effect: nobody is asked there who they are.')
  if (meaning.is !== 'nothing') return
  const meant = meaning.nearest === undefined ? '' : `Did you mean ${meaning.nearest}? `
  const suggestion = `${meant}Parameters are written in braces; a path holds for what is below it, and one that ends in * for all that begin so.`
  if (list === 'keeps')
    findings.error(place, key, 'There is no such route, so that this would protect nothing.', suggestion)
  else findings.warn(place, key, 'There is no such route, so that this opens nothing.', suggestion)
}

function checkGroup({ name, place, key, list }: RouteName, findings: Findings): void {
  if ((ROUTE_GROUPS.get(name)?.length ?? 0) > 0) return
  if (EMPTY_GROUPS.has(name) || ROUTE_GROUPS.has(name)) {
    const message = `No route of the group ${name} is served here by that name, so that it`
    if (list === 'keeps') findings.error(place, key, `${message} would protect nothing.`, 'Write the paths themselves.')
    else findings.note(place, key, `${message} opens nothing.`)
    return
  }
  const nearest = nearestName(name, [...ROUTE_GROUPS.keys(), ...EMPTY_GROUPS])
  const served = [...ROUTE_GROUPS].flatMap(([group, routes]) => (routes.length > 0 ? [group] : []))
  const meant = nearest === undefined ? '' : `Did you mean ${nearest}? `
  const suggestion = `${meant}A path begins with /; the groups are ${served.join(', ')}.`
  findings.error(place, key, 'There is no such group of routes.', suggestion)
}
