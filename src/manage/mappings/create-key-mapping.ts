import type { AuditDraft } from '../../domain/audit-record.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision, Denied } from '../../domain/decision.ts'
import { parseKeyDigest } from '../../domain/ids.ts'
import type { KeyDigest } from '../../domain/ids.ts'
import type { KeyMapping } from '../../domain/key-mapping.ts'
import { stampedNew } from '../../domain/stamps.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { Rooms } from '../../ports/registry.ts'
import { describeRow } from '../describe-change.ts'
import { decideSecret } from '../keys/decide-key-grant.ts'
import { issueKey } from '../keys/issue-key.ts'
import type { IssuedKey, KeyOrder } from '../keys/issue-key.ts'
import { changer } from '../ports.ts'
import type { Ask, ManagePorts } from '../ports.ts'

export type MappingOrder = Pick<KeyMapping, 'issuer' | 'claim' | 'description'>

/** A key by its value or by its hash, as callers name it. */
export interface KeyChoice {
  readonly key: string | undefined
  readonly token: string | undefined
}

/** A key of one's own choice stands for a claim from now on. */
export async function createKeyMapping(
  { key, token, ...order }: MappingOrder & KeyChoice,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<KeyMapping>> {
  const chosen = chooseDigest({ key, token }, ports)
  if (chosen.verdict === 'deny') return chosen
  const digest = chosen.granted
  if (digest === undefined) return deny('mapping-malformed', 'param_type')
  return ports.registry.change(ask.origin, about(order), async (rooms) => {
    const key = await rooms.keys.find(digest)
    if (key === undefined) return deny('mapping-key-unknown', 'key_unknown')
    const may = decideDoor(key, ask, ports)
    if (may.verdict === 'deny') return may
    const made = await insertMapping(order, digest, ask, rooms, ports)
    if (made.verdict === 'deny') return made
    return allow({ outcome: made.granted, records: [recordOf(made.granted)] })
  })
}

/** INV-12: a claim that stands for a key opens what its secret opens. Whoever maps is a proxy administrator: nobody stands above. */
export function decideDoor(key: VirtualKey, ask: Ask, { grants }: Pick<ManagePorts, 'grants'>): Decision<undefined> {
  return decideSecret(key, undefined, ask, grants())
}

export interface MappedClient {
  readonly issued: IssuedKey
  readonly mapping: KeyMapping
}

/** A key and the claim that stands for it, both or none. */
export function createMappedClient(
  order: MappingOrder,
  keyOrder: KeyOrder,
  ask: Ask,
  ports: ManagePorts,
): Promise<Decision<MappedClient>> {
  return ports.registry.change(ask.origin, about(order), async (rooms) => {
    const issued = await issueKey(keyOrder, ask, rooms, ports)
    if (issued.verdict === 'deny') return issued
    const { outcome, records } = issued.granted
    const made = await insertMapping(order, outcome.row.digest, ask, rooms, ports)
    if (made.verdict === 'deny') return made
    return allow({ outcome: { issued: outcome, mapping: made.granted }, records: [...records, recordOf(made.granted)] })
  })
}

async function insertMapping(
  { issuer, claim, description }: MappingOrder,
  digest: KeyDigest,
  ask: Ask,
  rooms: Rooms,
  { newId, clock }: Pick<ManagePorts, 'newId' | 'clock'>,
): Promise<Decision<KeyMapping>> {
  const mapping: KeyMapping = {
    id: newId(),
    issuer,
    claim,
    digest,
    description,
    isActive: true,
    ...stampedNew(changer(ask), clock.now()),
  }
  if ((await rooms.keyMappings.named(claim, issuer)) !== undefined) return taken(mapping)
  return (await rooms.keyMappings.insert(mapping)) === 'taken' ? taken(mapping) : allow(mapping)
}

/** Undefined: neither is said. */
export function chooseDigest(
  { key, token }: KeyChoice,
  { digests }: Pick<ManagePorts, 'digests'>,
): Decision<KeyDigest | undefined> {
  if (key !== undefined && token !== undefined) return deny('mapping-malformed', 'param_type')
  if (key !== undefined) return allow(digests.digestKey(key))
  if (token === undefined) return allow(undefined)
  const digest = parseKeyDigest(token)
  return digest === undefined
    ? deny(
        'mapping-malformed',
        'param_type',
        '`token` must be the SHA-256 hash of a virtual key (64 lowercase hex characters). Pass the plaintext as `key` instead.',
      )
    : allow(digest)
}

function taken({ claim, issuer }: Pick<KeyMapping, 'claim' | 'issuer'>): Denied {
  return deny(
    'mapping-taken',
    'param_type',
    `A mapping for claim '${claim.name}' = '${claim.value}' already exists for issuer '${issuer ?? ''}'.`,
  )
}

function about({ claim }: Pick<MappingOrder, 'claim'>) {
  return { action: 'created', objectType: 'LiteLLM_JWTKeyMapping', objectId: claim.value } as const
}

function recordOf(mapping: KeyMapping): AuditDraft {
  return {
    action: 'created',
    objectType: 'LiteLLM_JWTKeyMapping',
    objectId: mapping.id,
    before: {},
    after: describeRow(mapping),
  }
}
