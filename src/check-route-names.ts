import type { Finding } from './config/finding.ts'
import { Findings } from './config/finding.ts'
import { nearestName } from './config/nearest-name.ts'
import type { RouteName } from './config/tokens/route-names.ts'
import { ROUTE_GROUPS } from './journey/4-authorise/route-groups.ts'

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
  'public_routes',
  'ui_routes',
  'internal_user_routes',
  'internal_user_view_only_routes',
  'self_managed_routes',
  'org_admin_only_routes',
  'admin_viewer_routes',
  'org_admin_allowed_routes',
])

/** The configuration knows no routes, so its names of groups are checked here. */
export function checkRouteNames(names: readonly RouteName[]): readonly Finding[] {
  const findings = new Findings()
  for (const { name, place, key } of names) {
    if ((ROUTE_GROUPS.get(name)?.length ?? 0) > 0) continue
    if (EMPTY_GROUPS.has(name) || ROUTE_GROUPS.has(name)) {
      findings.note(place, key, `No route of the group ${name} is served here, so that it opens nothing.`)
      continue
    }
    const nearest = nearestName(name, [...ROUTE_GROUPS.keys(), ...EMPTY_GROUPS])
    const served = [...ROUTE_GROUPS].flatMap(([group, routes]) => (routes.length > 0 ? [group] : []))
    const meant = nearest === undefined ? '' : `Did you mean ${nearest}? `
    const suggestion = `${meant}A path begins with /; the groups are ${served.join(', ')}.`
    findings.error(place, key, 'There is no such group of routes.', suggestion)
  }
  return findings.list()
}
