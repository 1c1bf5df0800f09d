import type { AuditDraft } from '../../domain/audit-record.ts'
import type { KeyDigest } from '../../domain/ids.ts'
import type { KeyMapping } from '../../domain/key-mapping.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import type { Rooms } from '../../ports/registry.ts'
import { gone } from '../describe-change.ts'
import { changer } from '../ports.ts'
import type { Ask } from '../ports.ts'
import { withCascade } from '../with-cascade.ts'

export interface ArchivedKeys {
  readonly keys: readonly VirtualKey[]
  readonly mappings: readonly KeyMapping[]
  /** One for each key, with what went along. */
  readonly records: readonly AuditDraft[]
}

/** Keys, and the claims of tokens that stood for them. */
export async function archiveKeys(digests: readonly KeyDigest[], rooms: Rooms, ask: Ask): Promise<ArchivedKeys> {
  const mappings = await rooms.keyMappings.ofKeys(digests)
  await rooms.keyMappings.delete(mappings.map(({ id }) => id))
  const keys = await rooms.keys.archive(digests, changer(ask))
  const records = keys.map((key) =>
    withCascade(
      gone('LiteLLM_VerificationToken', key.digest, key),
      mappings
        .filter(({ digest }) => digest === key.digest)
        .map((mapping) => gone('LiteLLM_JWTKeyMapping', mapping.id, mapping)),
    ),
  )
  return { keys, mappings, records }
}
