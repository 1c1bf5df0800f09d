import { epochMs } from '../../domain/ids.ts'
import type { TeamId } from '../../domain/ids.ts'
import { blankTeam } from '../../domain/team.ts'
import type { TeamGround } from '../../domain/token-ground.ts'

/** A team that the decision is about to make, as far as it can be known: once it is made, the facts are read again. */
export function emptyTeam(id: TeamId): TeamGround {
  return { team: blankTeam(id, '', epochMs(0)), organization: undefined, membership: undefined, memberModels: [] }
}
