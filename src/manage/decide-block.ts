import { allow } from '../domain/decision.ts'
import type { Blocker } from '../domain/role.ts'
import type { Decision } from '../domain/decision.ts'
import type { UserRole } from '../domain/role.ts'
import { beyondYoursIn } from './refuse.ts'

interface Blockable {
  readonly blocked: boolean
  readonly blockedByRole: Blocker | undefined
}

/** Z-20: what a proxy administrator blocked is opened by one, also after others blocked it again. */
export function decideBlock(current: Blockable, wanted: boolean, role: UserRole): Decision<Blockable> {
  const byProxy = current.blocked && current.blockedByRole === 'proxy_admin'
  if (wanted) return allow({ blocked: true, blockedByRole: byProxy ? 'proxy_admin' : role })
  if (byProxy && role !== 'proxy_admin') return beyondYoursIn('blocked')
  return allow({ blocked: false, blockedByRole: undefined })
}
