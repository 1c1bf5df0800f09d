import type { EpochMs } from '../../../domain/ids.ts'
import { epochMs, parseUserId } from '../../../domain/ids.ts'
import type { RevocationTarget, TokenRevocation } from '../../../domain/token-revocation.ts'
import type { RowKind } from './sql-rows.ts'
import { stampColumnsOf, stampsOf, textOrNull, timeOrNull } from './stamp-columns.ts'
import type { StampColumns } from './stamp-columns.ts'

export interface RevocationColumns extends StampColumns {
  readonly revocation_id: string
  readonly kind: RevocationTarget['is']
  readonly issuer: string
  readonly value: string
  readonly issued_before: EpochMs | null
  readonly reason: string | null
  readonly ends_at: EpochMs | null
}

export const revocationKind: RowKind<TokenRevocation, string, RevocationColumns> = {
  table: 'token_revocation',
  id: 'revocation_id',
  idOf: ({ id }) => id,
  read: (row) => ({
    id: row.revocation_id,
    target: readTarget(row),
    reason: row.reason ?? undefined,
    endsAt: row.ends_at ?? undefined,
    ...stampsOf(row),
  }),
  write: (revocation) => ({
    revocation_id: revocation.id,
    ...writeTarget(revocation.target),
    reason: textOrNull(revocation.reason),
    ends_at: timeOrNull(revocation.endsAt),
    ...stampColumnsOf(revocation),
  }),
}

function readTarget({ kind, issuer, value, issued_before }: RevocationColumns): RevocationTarget {
  const issuedBefore = issued_before ?? epochMs(0)
  switch (kind) {
    case 'token':
      return { is: kind, digest: value }
    case 'jti':
      return { is: kind, issuer, jti: value }
    case 'subject':
      return { is: kind, issuer, subject: value, issuedBefore }
    case 'user': {
      const userId = parseUserId(value)
      if (userId === undefined) throw new RangeError('a revocation of what is no user')
      return { is: kind, userId, issuedBefore }
    }
  }
}

function writeTarget(target: RevocationTarget) {
  const issuedBefore = 'issuedBefore' in target ? target.issuedBefore : undefined
  const issuer = 'issuer' in target ? target.issuer : ''
  return { kind: target.is, issuer, value: valueOf(target), issued_before: timeOrNull(issuedBefore) }
}

function valueOf(target: RevocationTarget): string {
  switch (target.is) {
    case 'token':
      return target.digest
    case 'jti':
      return target.jti
    case 'subject':
      return target.subject
    case 'user':
      return target.userId
  }
}
