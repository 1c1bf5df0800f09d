import type { JsonObject } from '../../domain/json.ts'
import type { TokenRevocation } from '../../domain/token-revocation.ts'
import { renderStamps, timeOf, timeOrNull } from './render-limits.ts'

export function renderRevocation({ id, target, reason, endsAt, ...stamps }: TokenRevocation): JsonObject {
  return {
    id,
    kind: target.is,
    token_sha256: target.is === 'token' ? target.digest : null,
    issuer: 'issuer' in target ? target.issuer : null,
    jti: target.is === 'jti' ? target.jti : null,
    subject: target.is === 'subject' ? target.subject : null,
    user_id: target.is === 'user' ? target.userId : null,
    issued_before: 'issuedBefore' in target ? timeOf(target.issuedBefore) : null,
    reason: reason ?? null,
    expires_at: timeOrNull(endsAt),
    ...renderStamps(stamps),
  }
}
