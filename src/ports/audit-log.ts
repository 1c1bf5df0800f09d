import type { AuditHead, AuditRecord, SealedRecord } from '../domain/audit-record.ts'
import type { EpochMs } from '../domain/ids.ts'
import type { Page, PageOf } from './page.ts'

export interface AuditQuery extends Page {
  /** Who is shown as the one that changed it: whom the caller acted for, or else the caller. */
  readonly changedBy?: string
  readonly actorKey?: string
  readonly action?: string
  readonly objectType?: string
  readonly objectId?: string
  readonly from?: EpochMs
  /** Not included. */
  readonly until?: EpochMs
}

/** The record of changes, to look at. Only changes themselves write to it. */
export interface AuditLog {
  /** Ordered by time. */
  list(query: AuditQuery): Promise<PageOf<AuditRecord>>
  find(id: string): Promise<AuditRecord | undefined>
  /** In their order, exactly as stored. */
  readAfter(sequence: number, most: number): Promise<readonly SealedRecord[]>
  /** Where the log itself says that it ends. */
  head(): Promise<AuditHead | undefined>
}

/** `SHA-256(previous ‖ text)`, in hex. */
export type ChainHash = (previous: string, text: string) => string
