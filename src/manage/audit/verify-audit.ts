import type { AuditCheckpoint } from '../../domain/audit-checkpoint.ts'
import { canonicalText, FIRST_HASH } from '../../domain/audit-record.ts'
import type { AuditHead, SealedRecord } from '../../domain/audit-record.ts'
import type { AuditLog, ChainHash } from '../../ports/audit-log.ts'

export type AuditFlaw =
  /** Its number does not follow on the one before. */
  | 'missing'
  /** Its content is not what its hash was made from. */
  | 'changed'
  /** It does not go on from the record before it. */
  | 'unlinked'
  /** It fits the chain, and is not what a checkpoint has seen there. */
  | 'rewritten'
  /** The log once reached further. */
  | 'cut-off'
  /** The database does not know any more where its log ends. */
  | 'end-unknown'

export type AuditVerdict =
  | { readonly is: 'whole'; readonly last: AuditHead }
  | {
      readonly is: 'bad'
      readonly flaw: AuditFlaw
      /** The number of the first record that is not, or not there, as it was written. */
      readonly sequence: number
      readonly id: string | undefined
      /** Up to here all is well; of what comes before a rewritten record only that much is certain. */
      readonly goodUntil: number
    }

const PAGE = 1_000

/** Walks the whole log. Holds one page of it at a time. */
export async function verifyAudit(
  log: Pick<AuditLog, 'head' | 'readAfter'>,
  hash: ChainHash,
  checkpoints: readonly AuditCheckpoint[],
): Promise<AuditVerdict> {
  // Read first: what is recorded meanwhile comes after it.
  const head = await log.head()
  const seen = seenHashes(head === undefined ? checkpoints : [...checkpoints, head])
  let last: AuditHead = { sequence: 0, hash: FIRST_HASH }
  let confirmed = 0
  for (let page = await log.readAfter(0, PAGE); page.length > 0; page = await log.readAfter(last.sequence, PAGE)) {
    for (const record of page) {
      const flaw = flawOf(record, last, hash)
      if (flaw !== undefined) {
        const sequence = flaw === 'missing' ? last.sequence + 1 : record.sequence
        return bad(flaw, sequence, flaw === 'missing' ? undefined : record.id, last.sequence)
      }
      const known = seen.get(record.sequence)
      if (known !== undefined && !known.every((one) => one === record.hash)) {
        return bad('rewritten', record.sequence, record.id, confirmed)
      }
      if (known !== undefined) confirmed = record.sequence
      last = { sequence: record.sequence, hash: record.hash }
    }
  }
  let furthest = 0
  for (const sequence of seen.keys()) furthest = Math.max(furthest, sequence)
  if (furthest > last.sequence) return bad('cut-off', last.sequence + 1, undefined, last.sequence)
  if (head === undefined) return bad('end-unknown', last.sequence + 1, undefined, last.sequence)
  return { is: 'whole', last }
}

function flawOf(record: SealedRecord, before: AuditHead, hash: ChainHash): AuditFlaw | undefined {
  if (record.sequence !== before.sequence + 1) return 'missing'
  if (hash(record.previousHash, canonicalText(record)) !== record.hash) return 'changed'
  return record.previousHash === before.hash ? undefined : 'unlinked'
}

function seenHashes(heads: readonly AuditHead[]): ReadonlyMap<number, readonly string[]> {
  const seen = new Map<number, readonly string[]>()
  for (const { sequence, hash } of heads) {
    if (sequence > 0) seen.set(sequence, [...(seen.get(sequence) ?? []), hash])
  }
  return seen
}

function bad(flaw: AuditFlaw, sequence: number, id: string | undefined, goodUntil: number): AuditVerdict {
  return { is: 'bad', flaw, sequence, id, goodUntil }
}
