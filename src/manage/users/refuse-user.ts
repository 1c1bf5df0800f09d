import { deny } from '../../domain/decision.ts'
import type { Denied } from '../../domain/decision.ts'
import type { UserId } from '../../domain/ids.ts'
import type { Reach } from '../../domain/reach.ts'

/** Who sees everybody learns nothing from an absence; to all others foreign and absent users are one. */
export function userNotFound(name: string, reach: Reach): Denied {
  const because = reach.scope === 'all' ? 'principal_unknown' : 'object_denied'
  return deny('user-not-found', because, `User ${name} not found`)
}

/** The same where clients of the compatible API expect a 403: nobody below an administrator learns who there is. */
export function userNotShown(name: string, reach: Reach): Denied {
  return reach.scope === 'all' ? userNotFound(name, reach) : deny('user-not-yours', 'object_denied')
}

export function userTaken(what: string): Denied {
  return deny('user-taken', 'param_type', `User with ${what} already exists.`)
}

/** The id is an alias, and whoever goes on using it should know of whom. */
export function userMerged(name: UserId, survivor: UserId): Denied {
  return deny('user-taken', 'param_type', `User ${name} was merged into ${survivor}. Name that user.`)
}

export function lastAdmin(): Denied {
  return deny('last-admin', 'last_admin')
}
