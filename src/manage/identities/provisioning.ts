import type { AuditOrigin } from '../../domain/audit-record.ts'
import type { Decision } from '../../domain/decision.ts'
import type { UserDefaults } from '../../domain/key-rules.ts'
import type { Registry, Rooms } from '../../ports/registry.ts'
import type { ManagePorts } from '../ports.ts'

export interface ProvisionPorts extends Pick<ManagePorts, 'clock' | 'newId' | 'chance' | 'digests'> {
  readonly registry: Pick<Registry, 'change' | 'rooms'>
  readonly userDefaults: UserDefaults
}

/** Within one change: who does it, and how much may still be made. */
export interface Provisioning {
  readonly rooms: Rooms
  readonly ports: ProvisionPorts
  /** As rows and records name whoever made them. */
  readonly ask: { readonly origin: AuditOrigin }
  readonly takeOne: () => Decision<void>
}
