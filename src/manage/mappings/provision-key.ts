import type { AuditDraft } from '../../domain/audit-record.ts'
import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { JWT_PROVISIONER } from '../../domain/default-user.ts'
import { AUTO_REGISTER } from '../../domain/key-mapping.ts'
import type { KeyMapping } from '../../domain/key-mapping.ts'
import type { Provision } from '../../domain/provision.ts'
import { stampedNew } from '../../domain/stamps.ts'
import { blankKey } from '../../domain/virtual-key.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import { describeRow } from '../describe-change.ts'
import { makeRandomKey } from '../keys/make-key.ts'
import type { Provisioning } from '../identities/provisioning.ts'

type KeyEffect = Extract<Provision, { readonly make: 'key' }>

/**
 * A key of its own for a claim, and the mapping that leads to it: both or none. Whoever was quicker with the same claim has
 * made them. Nobody ever sees the key: it is the token that opens it.
 */
export async function provisionKey(effect: KeyEffect, within: Provisioning): Promise<Decision<readonly AuditDraft[]>> {
  const { rooms, ports, takeOne } = within
  if ((await rooms.keyMappings.named(effect.claim, effect.issuer)) !== undefined) return allow([])
  const mayMake = takeOne()
  if (mayMake.verdict === 'deny') return mayMake

  const key = await blankKeyFor(effect, within)
  if ((await rooms.keys.insert(key)) === 'taken') throw new Error('a fresh key was taken')
  const mapping: KeyMapping = {
    id: ports.newId(),
    issuer: effect.issuer,
    claim: effect.claim,
    digest: key.digest,
    description: undefined,
    isActive: true,
    ...stampedNew(AUTO_REGISTER, ports.clock.now()),
  }
  // Somebody who did not wait for a turn; the refusal takes the key back, too.
  if ((await rooms.keyMappings.insert(mapping)) === 'taken') return deny('registration-lost', 'jwt_registration_lost')
  return allow([
    created('LiteLLM_VerificationToken', key.digest, key),
    created('LiteLLM_JWTKeyMapping', mapping.id, mapping),
  ])
}

/** Its limits are those of its team, its user and their organisation. */
async function blankKeyFor(
  { claim, userId, teamId, organizationId }: KeyEffect,
  { rooms, ports }: Provisioning,
): Promise<VirtualKey> {
  const user = userId === undefined ? undefined : await rooms.users.facts(userId)
  return {
    ...blankKey(makeRandomKey(ports), JWT_PROVISIONER, ports.clock.now()),
    userId,
    teamId,
    organizationId,
    needsMembership: user?.teams.some((member) => member.teamId === teamId) ?? false,
    metadata: { auto_registered: true, jwt_claim_field: claim.name, jwt_claim_value: claim.value },
  }
}

function created(objectType: AuditDraft['objectType'], objectId: string, row: object): AuditDraft {
  return { action: 'created', objectType, objectId, before: {}, after: describeRow(row) }
}
