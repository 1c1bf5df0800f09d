import { deny } from '../../domain/decision.ts'
import type { Denied } from '../../domain/decision.ts'
import type { Ask } from '../ports.ts'

/** INV-14: also for a team that is somebody else's. */
export function teamNotFound(id: string, say?: string): Denied {
  return deny('team-not-found', 'object_denied', say ?? `Team not found, passed team_id=${shown(id)}`)
}

export function organizationNotFound(id: string, say?: string): Denied {
  return deny('organization-not-found', 'object_denied', say ?? `Organization=${shown(id)} not found`)
}

/** Who administers nothing here hears the same of a foreign team and of none. */
export function memberCallNotAllowed(id: string, { reach, origin }: Ask): Denied {
  if (reach.scope === 'all') return teamNotFound(id)
  return deny(
    'member-call-denied',
    'object_denied',
    `Call not allowed. User not proxy admin OR team admin. route=${origin.route}, team_id=${shown(id)}`,
  )
}

/** The field is not for this caller, whatever the value. */
export function fieldNotYours(field: string): Denied {
  return deny('beyond-yours', 'authz_field', `\`${field}\`: you may not change this here.`)
}

const LONGEST_SHOWN = 255

/** As the caller wrote it. */
function shown(id: string): string {
  return id.slice(0, LONGEST_SHOWN)
}
