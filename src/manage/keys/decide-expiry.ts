import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { addDuration, parseDuration } from '../../domain/duration.ts'
import type { EpochMs } from '../../domain/ids.ts'
import type { KeyRules } from '../ports.ts'
import { malformed } from '../refuse.ts'

type ExpiryRules = Pick<KeyRules, 'keyDefaults' | 'keyUpperBounds'>

/** Takes the expiry away, in an update. */
const NEVER = '-1'

/** The duration of a new key: as asked, else the operator's default, else the most that the operator allows. */
export function durationOfNewKey(asked: string | undefined, rules: ExpiryRules): string | undefined {
  return asked ?? rules.keyDefaults.duration ?? rules.keyUpperBounds.duration
}

/** K-10: text that is no duration is refused, and never becomes a key that doesn't expire. */
export function decideExpiry(text: string, now: EpochMs, rules: ExpiryRules): Decision<EpochMs> {
  const duration = parseDuration(text)
  if (duration === undefined) {
    return malformed(
      `Invalid duration format: ${JSON.stringify(text.slice(0, 64))}. Write a whole number and a unit (s, m, h, d, w, mo), such as 30d; at most ten years.`,
    )
  }
  const expiresAt = addDuration(now, duration)
  const latest = latestExpiry(now, rules)
  return latest !== undefined && expiresAt > latest ? overBound(text, rules) : allow(expiresAt)
}

export function decideNewExpiry(
  asked: string | undefined,
  current: EpochMs | undefined,
  now: EpochMs,
  rules: ExpiryRules,
): Decision<EpochMs | undefined> {
  if (asked === undefined) return allow(current)
  if (asked !== NEVER) return decideExpiry(asked, now, rules)
  return rules.keyUpperBounds.duration === undefined ? allow(undefined) : overBound(asked, rules)
}

/** A bound that can't be read allows nothing. */
function latestExpiry(now: EpochMs, { keyUpperBounds }: ExpiryRules): EpochMs | undefined {
  if (keyUpperBounds.duration === undefined) return undefined
  const longest = parseDuration(keyUpperBounds.duration)
  return longest === undefined ? now : addDuration(now, longest)
}

function overBound(asked: string, { keyUpperBounds }: ExpiryRules): Decision<never> {
  return deny(
    'bad-request',
    'param_forbidden',
    `duration is over max limit set in config - user_value=${asked}; max_value=${keyUpperBounds.duration}`,
  )
}
