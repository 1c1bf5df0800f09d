import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { EndUser } from '../../domain/end-user.ts'

/** May the caller's customer be served? One without a row may. */
export function decideEndUser(endUser: EndUser | undefined): Decision<undefined> {
  if (endUser?.blocked !== true) return allow(undefined)
  return deny('end-user-blocked', 'principal_blocked', `User blocked from making LLM API Calls. User=${endUser.id}`)
}
