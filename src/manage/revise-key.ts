import { allow } from '../domain/decision.ts'
import type { Decision } from '../domain/decision.ts'
import { epochMs, parseUserId } from '../domain/ids.ts'
import type { EpochMs, UserId } from '../domain/ids.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import type { VirtualKey } from '../domain/virtual-key.ts'
import type { Actor } from './ports.ts'
import { malformed } from './refuse.ts'

/** What may be said about a key. Absent and undefined: left as it is. */
export interface KeyWish {
  readonly alias?: string | undefined
  readonly userId?: string | undefined
  readonly models?: readonly string[] | undefined
  readonly modelAliases?: Readonly<Record<string, string>> | undefined
  readonly allowedRoutes?: readonly string[] | undefined
  readonly enforcedParams?: readonly string[] | undefined
  readonly tags?: readonly string[] | undefined
  readonly metadata?: JsonObject | undefined
  readonly blocked?: boolean | undefined
  readonly duration?: string | undefined
}

const ALIAS = /^[^\p{Cc}\p{Cs}]{1,255}$/u

/** The row with what is wished, all but its expiry, or why it can't be so. */
export function reviseKey(key: VirtualKey, wish: KeyWish): Decision<VirtualKey> {
  if (wish.alias !== undefined && !ALIAS.test(wish.alias)) {
    return malformed('`key_alias` must be a text of 1 to 255 characters without control characters.')
  }
  const userId = userIdOf(wish.userId)
  if (userId === 'malformed') return malformed('`user_id` must be a text of 1 to 255 printable ASCII characters.')

  const { tags, enforced_params: enforcedParams, ...metadata } = wish.metadata ?? {}
  if (!isListOfTexts(tags)) return malformed('`metadata.tags` must be a list of texts.')
  if (!isListOfTexts(enforcedParams)) return malformed('`metadata.enforced_params` must be a list of texts.')

  return allow({
    ...key,
    alias: wish.alias ?? key.alias,
    userId: userId ?? key.userId,
    models: wish.models ?? key.models,
    modelAliases: wish.modelAliases ?? key.modelAliases,
    allowedRoutes: wish.allowedRoutes ?? key.allowedRoutes,
    enforcedParams: wish.enforcedParams ?? enforcedParams ?? key.enforcedParams,
    tags: wish.tags ?? tags ?? key.tags,
    metadata: wish.metadata === undefined ? key.metadata : metadata,
    blocked: wish.blocked ?? key.blocked,
  })
}

/** Never the same moment twice, so that the time of a change tells every version of a row from every other. */
export function stamped(key: VirtualKey, actor: Actor, now: EpochMs): VirtualKey {
  return { ...key, updatedAt: epochMs(Math.max(now, key.updatedAt + 1)), updatedBy: actor.onBehalfOf ?? actor.name }
}

function userIdOf(text: string | undefined): UserId | undefined | 'malformed' {
  return text === undefined ? undefined : (parseUserId(text) ?? 'malformed')
}

function isListOfTexts(value: JsonValue | undefined): value is readonly string[] | undefined {
  return value === undefined || (Array.isArray(value) && value.every((item) => typeof item === 'string'))
}
