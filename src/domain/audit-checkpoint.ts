import type { AuditHead } from './audit-record.ts'
import type { EpochMs } from './ids.ts'

/** A place in the audit log, written down outside of the database and signed with a key that the database has not. */
export interface AuditCheckpoint extends AuditHead {
  readonly at: EpochMs
}

/** What is signed. A checkpoint of one installation means nothing in another. */
export function checkpointText(installationId: string, { sequence, hash, at }: AuditCheckpoint): string {
  return JSON.stringify(['latchkey audit checkpoint', installationId, sequence, hash, at])
}
