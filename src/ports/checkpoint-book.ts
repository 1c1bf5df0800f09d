import type { AuditCheckpoint } from '../domain/audit-checkpoint.ts'

/** Where checkpoints of the audit log are kept, apart from the log. */
export interface CheckpointBook {
  /** Signed, and on disk when this returns. */
  keep(checkpoint: AuditCheckpoint): void
  /** `forged`: its signature is not ours. */
  last(): AuditCheckpoint | 'forged' | undefined
}
