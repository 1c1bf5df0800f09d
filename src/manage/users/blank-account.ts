import type { EpochMs, UserId } from '../../domain/ids.ts'
import { blankUser } from '../../domain/user.ts'
import type { User } from '../../domain/user.ts'
import { modelsOfKey } from '../keys/own-bounds.ts'
import { changer } from '../ports.ts'
import type { Ask } from '../ports.ts'

/** An account that is made together with something else. INV-12: it may use what the key may use that makes it. */
export function blankAccount(id: UserId, ask: Ask, now: EpochMs): User {
  return { ...blankUser(id, changer(ask), now), models: modelsOfKey(ask.principal) }
}
