import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import type { Ask, ManagePorts } from '../ports.ts'

/** What has to be so before anything can be said about a single model. */
export function decideModelGround({ reach }: Pick<Ask, 'reach'>, ports: ManagePorts): Decision<true> {
  // Models of teams by their own admins are a setting (`team_models`) that does not exist yet.
  if (reach.scope !== 'all' || !reach.mayWrite) {
    return deny('beyond-yours', 'authz_role', 'Only proxy admins make and change models.')
  }
  if (!ports.storesModels) return deny('models-not-stored', 'param_forbidden')
  return decideSealing(ports)
}

export function decideSealing({ seal }: Pick<ManagePorts, 'seal'>): Decision<true> {
  return seal.keeps === 'on' ? allow(true) : deny('secrets-not-stored', 'param_forbidden', seal.keeps.off)
}
