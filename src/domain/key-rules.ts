import type { JsonObject } from './json.ts'
import type { UserRole } from './role.ts'

/** Numbers as the operator writes them; amounts in dollars. */
export interface KeyLimitRules {
  readonly maxBudget?: number
  readonly budgetDuration?: string
  readonly tokensPerMinute?: number
  readonly requestsPerMinute?: number
  readonly parallelRequests?: number
}

/** Fills what a new key leaves open. */
export interface KeyDefaults extends KeyLimitRules {
  /** Duration as written: `30d`. */
  readonly duration?: string
  readonly models?: readonly string[]
  readonly metadata?: JsonObject
  readonly tags?: readonly string[]
}

/** The most that a key may have, and what it has where nothing is said. */
export interface KeyUpperBounds extends KeyLimitRules {
  readonly duration?: string
}

/** Who may make keys, and what must be said with them. Administrators may always. */
export interface KeyGeneration {
  readonly ofTeams?: { readonly memberRoles?: readonly string[]; readonly requiredParams?: readonly string[] }
  readonly personal?: { readonly userRoles?: readonly string[]; readonly requiredParams?: readonly string[] }
}

/** What a new user has where nothing is said. */
export interface UserDefaults {
  readonly role?: UserRole
  readonly maxBudget?: number
  readonly budgetDuration?: string
  readonly models?: readonly string[]
}
