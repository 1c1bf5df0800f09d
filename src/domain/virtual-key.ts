import type { EpochMs, KeyDigest, UserId } from './ids.ts'
import type { JsonObject } from './json.ts'

/** A virtual key's row. The key itself is known to its holder only. */
export interface VirtualKey {
  readonly digest: KeyDigest
  /** `sk-...` and the last four characters, for people to recognise it by. */
  readonly displayName: string
  readonly alias: string | undefined
  readonly userId: UserId | undefined
  /** Empty: no restriction of its own. */
  readonly models: readonly string[]
  readonly modelAliases: Readonly<Record<string, string>>
  readonly allowedRoutes: readonly string[]
  /** Body parameters that a call with this key must carry. */
  readonly enforcedParams: readonly string[]
  readonly tags: readonly string[]
  readonly metadata: JsonObject
  readonly blocked: boolean
  readonly expiresAt: EpochMs | undefined
  readonly createdAt: EpochMs
  readonly createdBy: string
  readonly updatedAt: EpochMs
  readonly updatedBy: string
  readonly rotationCount: number
  readonly lastRotatedAt: EpochMs | undefined
}

export type KeyState = 'usable' | 'expired' | 'blocked'

export function stateOf(key: Pick<VirtualKey, 'blocked' | 'expiresAt'>, now: EpochMs): KeyState {
  if (key.blocked) return 'blocked'
  if (key.expiresAt !== undefined && key.expiresAt <= now) return 'expired'
  return 'usable'
}
