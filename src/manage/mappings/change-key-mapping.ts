import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import type { KeyMapping } from '../../domain/key-mapping.ts'
import { chooseDigest, decideDoor } from './create-key-mapping.ts'
import type { KeyChoice } from './create-key-mapping.ts'
import { describeChange, gone } from '../describe-change.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { stampChange } from '../stamp-change.ts'

/** Members that are not said stay. */
export interface MappingChange extends KeyChoice {
  readonly id: string
  /** Empty: of any issuer. */
  readonly issuer: string | undefined
  readonly claimName: string | undefined
  readonly claimValue: string | undefined
  /** Null takes it away. */
  readonly description: string | null | undefined
  readonly isActive: boolean | undefined
}

export async function updateKeyMapping(
  change: MappingChange,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<KeyMapping>> {
  const chosen = chooseDigest(change, ports)
  if (chosen.verdict === 'deny') {
    const isBoth = change.key !== undefined && change.token !== undefined
    return isBoth ? { ...chosen, say: AT_MOST_ONE } : chosen
  }
  const digest = chosen.granted
  const about = { action: 'updated', objectType: 'LiteLLM_JWTKeyMapping', objectId: change.id } as const
  const wanted = digest ?? (await ports.registry.rooms.keyMappings.find(change.id))?.digest
  return ports.registry.change(ask.origin, about, async (rooms) => {
    // The key before its mappings, as in every other change of both.
    const key = wanted === undefined ? undefined : await rooms.keys.find(wanted)
    if (digest !== undefined && key === undefined) return deny('mapping-key-unknown', 'key_unknown')
    const current = await rooms.keyMappings.find(change.id)
    if (current === undefined) return notFound()
    const wished = { ...revised(current, change), digest: digest ?? current.digest }
    if (key?.digest !== wished.digest) return deny('changed-meanwhile', 'version_conflict')
    const may = opens(current, wished) ? decideDoor(key, ask, ports) : allow(undefined)
    if (may.verdict === 'deny') return may
    const holder = await rooms.keyMappings.named(wished.claim, wished.issuer)
    if (holder !== undefined && holder.id !== current.id) return deny('mapping-taken', 'param_type')

    const after = stampChange(current, wished, ask, ports)
    if ((await rooms.keyMappings.update(after)) === 'taken') return deny('mapping-taken', 'param_type')
    return allow({ outcome: after, records: [{ ...about, ...describeChange(current, after) }] })
  })
}

const AT_MOST_ONE = 'Provide at most one of `key` (the plaintext virtual key) or `token` (its SHA-256 hash).'

/** Whether somebody gets in by it who did not before. */
function opens(before: KeyMapping, after: KeyMapping): boolean {
  const doorOf = ({ issuer, claim, digest, isActive }: KeyMapping): string =>
    JSON.stringify([issuer, claim.name, claim.value, digest, isActive])
  return after.isActive && doorOf(before) !== doorOf(after)
}

function revised(current: KeyMapping, change: MappingChange): KeyMapping {
  const { issuer, claimName, claimValue, description, isActive } = change
  return {
    ...current,
    issuer: issuer === undefined ? current.issuer : issuer || undefined,
    claim: { name: claimName ?? current.claim.name, value: claimValue ?? current.claim.value },
    description: description === undefined ? current.description : (description ?? undefined),
    isActive: isActive ?? current.isActive,
  }
}

export function deleteKeyMapping(id: string, ask: Ask, ports: ManagePorts): Promise<Decision<KeyMapping>> {
  const about = { action: 'deleted', objectType: 'LiteLLM_JWTKeyMapping', objectId: id } as const
  return ports.registry.change(ask.origin, about, async (rooms) => {
    const [mapping] = await rooms.keyMappings.delete([id])
    if (mapping === undefined) return notFound()
    return allow({ outcome: mapping, records: [gone('LiteLLM_JWTKeyMapping', id, mapping)] })
  })
}

export async function readKeyMapping(
  id: string,
  { registry }: Pick<ManagePorts, 'registry'>,
): Promise<Decision<KeyMapping>> {
  const mapping = await registry.rooms.keyMappings.find(id)
  return mapping === undefined ? notFound() : allow(mapping)
}

function notFound(): Denied {
  return deny('mapping-not-found', 'object_denied')
}
