import type { Decision } from '../../domain/decision.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { MappedClaim, MappedKey } from '../../domain/key-mapping.ts'
import type { KeyMappingPolicy } from '../../domain/token-settings.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { Mapping } from '../4-authorise/decide-key-mapping.ts'

/** What a token's claim was found to stand for, for whoever asks why. */
export function describeMapping(
  mapping: Decision<Mapping>,
  claim: MappedClaim | undefined,
  mappings: readonly MappedKey[],
  { field, unregistered }: Pick<KeyMappingPolicy, 'field' | 'unregistered'>,
): JsonObject {
  return {
    claim: field.text,
    value: claim?.value ?? null,
    comes_to: mapping.verdict === 'allow' ? mapping.granted.is : null,
    unregistered,
    switched_off: mappings.some(({ isActive }) => !isActive),
  }
}

export function describeMappedKey({ displayName, alias, blocked, expiresAt }: VirtualKey): JsonObject {
  return {
    key_name: displayName,
    key_alias: alias ?? null,
    blocked,
    expires: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
  }
}
