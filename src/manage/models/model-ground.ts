import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { isUnrestricted } from '../../domain/effective.ts'
import { modelsOfKey } from '../keys/own-bounds.ts'
import { onRecord } from '../on-record.ts'
import type { Attempt } from '../../ports/registry.ts'
import type { Ask, ManagePorts } from '../ports.ts'
import { beyondYours } from '../refuse.ts'

/** What has to be so before anything can be said about a single model. */
export function decideModelGround({ reach }: Pick<Ask, 'reach'>, ports: ManagePorts): Decision<true> {
  // Models of teams by their own admins are a setting (`team_models`) that does not exist yet.
  if (reach.scope !== 'all' || !reach.mayWrite) {
    return deny('beyond-yours', 'authz_role', 'Only proxy admins make and change models.')
  }
  if (!ports.storesModels) return deny('models-not-stored', 'param_forbidden')
  return decideSealing(ports)
}

/**
 * INV-12: what stands behind a name, and in which groups it is, is more than the name. With a key that is limited to some
 * models nobody says so, or any of them would lead wherever the gateway can go.
 */
export function decideDefinition({ principal }: Pick<Ask, 'principal'>): Decision<true> {
  return isUnrestricted(modelsOfKey(principal))
    ? allow(true)
    : beyondYours('A key that is limited to some models neither makes nor changes models and credentials.')
}

/** Both, with its refusal on record. */
export async function decideDefining(about: Attempt, ask: Ask, ports: ManagePorts): Promise<Decision<true>> {
  const ground = decideModelGround(ask, ports)
  return onRecord(ground.verdict === 'deny' ? ground : decideDefinition(ask), about, ask, ports)
}

export function decideSealing({ seal }: Pick<ManagePorts, 'seal'>): Decision<true> {
  return seal.keeps === 'on' ? allow(true) : deny('secrets-not-stored', 'param_forbidden', seal.keeps.off)
}
