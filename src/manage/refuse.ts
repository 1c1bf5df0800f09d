import { deny } from '../domain/decision.ts'
import type { Denied } from '../domain/decision.ts'
import type { Stamps } from '../domain/stamps.ts'

export function malformed(say: string): Denied {
  return deny('bad-request', 'param_type', say)
}

export function keyNotFound(say?: string): Denied {
  return deny('key-not-found', 'key_unknown', say)
}

/** INV-14: for the caller the same as an object that is not there; the audit log tells of it. */
export function foreign(absent: Denied): Denied {
  return { ...absent, onRecord: 'object_denied' }
}

/** INV-12: nobody grants what they do not have. */
export function beyondYours(say: string): Denied {
  return deny('beyond-yours', 'authz_ceiling', say)
}

export function aliasTaken(alias: string | undefined): Denied {
  return deny(
    'alias-taken',
    'param_type',
    `Key with alias '${alias ?? ''}' already exists. Unique key aliases across all keys are required.`,
  )
}

export function keyTaken(): Denied {
  return deny('key-taken', 'param_type')
}

/** INV-12, of a field whose value goes further than the caller's own rights do. */
export function beyondYoursIn(field: string): Denied {
  return beyondYours(`\`${field}\`: nobody can grant what they do not have themselves.`)
}

/** AC-095: a form that was read before the row's last change would take that change back. */
export function findStale(seenAt: string | undefined, { updatedAt }: Pick<Stamps, 'updatedAt'>): Denied | undefined {
  const isStale = seenAt !== undefined && Date.parse(seenAt) < updatedAt
  return isStale ? deny('changed-meanwhile', 'version_conflict') : undefined
}

/** For a place that is somebody else's and for one that is not there. */
export function notYoursToMake(): Denied {
  return beyondYours('You may make keys for yourself, and in a team or organization for its members where it lets you.')
}

/** What a list of prefixes can't hold. */
export function noPath(): Denied {
  return malformed('`allowed_passthrough_routes` must be a list of paths such as /anthropic.')
}
