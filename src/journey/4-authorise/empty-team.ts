import { epochMs } from '../../domain/ids.ts'
import type { TeamId } from '../../domain/ids.ts'
import { NO_LIMITS } from '../../domain/limits.ts'
import { stampedNew } from '../../domain/stamps.ts'
import type { TeamGround } from '../../domain/token-ground.ts'

/** A team that the decision is about to make, as far as it can be known: once it is made, the facts are read again. */
export function emptyTeam(id: TeamId): TeamGround {
  return {
    team: {
      id,
      alias: undefined,
      organizationId: undefined,
      models: [],
      modelAliases: {},
      metadata: {},
      tags: [],
      blocked: false,
      blockedByRole: undefined,
      memberPermissions: [],
      defaultMemberModels: [],
      accessGroupIds: [],
      memberBudgetId: undefined,
      limits: NO_LIMITS,
      ...stampedNew('', epochMs(0)),
    },
    organization: undefined,
    membership: undefined,
    memberModels: [],
  }
}
