import { NO_MODELS } from '../../domain/effective.ts'
import { bearingOf, keyOf } from '../../domain/principal.ts'
import type { Bearing, Principal } from '../../domain/principal.ts'
import type { ProblemCode } from '../../domain/problem.ts'

/** One owner of a list of models; all of them must allow a model. */
export interface ModelLevel {
  readonly object: 'role' | 'scope' | 'key' | 'team' | 'user' | 'org'
  readonly problem: ProblemCode
  /** Empty: no restriction of its own. */
  readonly models: readonly string[]
  readonly accessGroupIds: readonly string[]
  /** Names that it gave to models itself. */
  readonly aliases: Readonly<Record<string, string>>
}

const NO_ALIASES: Readonly<Record<string, string>> = {}
const NONE: readonly string[] = []

/** Whose word counts on this principal's models. A user's own list is for calls outside of any team. */
export function modelLevels(principal: Principal): readonly ModelLevel[] {
  if (principal.kind === 'master') return []
  const { team, user, organization, memberModels } = principal.standing
  const bearing = bearingOf(principal)
  const levels: ModelLevel[] = bearing === undefined ? [] : tokenLevels(bearing)
  const key = keyOf(principal)
  if (key !== undefined && (!key.models.includes('all-team-models') || team === undefined)) {
    levels.push({
      object: 'key',
      problem: 'model-denied',
      models: key.models,
      accessGroupIds: key.accessGroupIds,
      aliases: key.modelAliases,
    })
  }
  if (team !== undefined) {
    levels.push({
      object: 'team',
      problem: 'model-denied-to-team',
      models: team.models,
      accessGroupIds: team.accessGroupIds,
      aliases: team.modelAliases,
    })
    if (memberModels.length > 0) {
      levels.push({
        object: 'team',
        problem: 'model-denied-to-team',
        models: memberModels,
        accessGroupIds: NONE,
        aliases: NO_ALIASES,
      })
    }
  } else if (user !== undefined) {
    levels.push({
      object: 'user',
      problem: 'model-denied-to-user',
      models: user.user.models,
      accessGroupIds: NONE,
      aliases: NO_ALIASES,
    })
  }
  if (organization !== undefined) {
    levels.push({
      object: 'org',
      problem: 'model-denied-to-organization',
      models: organization.models,
      accessGroupIds: NONE,
      aliases: NO_ALIASES,
    })
  }
  return levels
}

/** What roles and scopes of a token leave. An empty list of theirs leaves nothing. */
function tokenLevels({ roleModels, scopeModels }: Bearing): ModelLevel[] {
  const level = (object: 'role' | 'scope', models: readonly string[] | undefined): ModelLevel[] => {
    if (models === undefined) return []
    const listed = models.length === 0 ? [NO_MODELS] : models
    return [{ object, problem: 'token-denied', models: listed, accessGroupIds: NONE, aliases: NO_ALIASES }]
  }
  return [...level('role', roleModels), ...level('scope', scopeModels)]
}

/** The names that this principal gave to models: the key's own before its team's. */
export function aliasesOf(principal: Principal): Readonly<Record<string, string>> {
  if (principal.kind === 'master') return NO_ALIASES
  const ofKey = keyOf(principal)?.modelAliases ?? NO_ALIASES
  const ofTeam = principal.standing.team?.modelAliases ?? NO_ALIASES
  if (isEmpty(ofTeam)) return ofKey
  return isEmpty(ofKey) ? ofTeam : { ...ofTeam, ...ofKey }
}

function isEmpty(aliases: Readonly<Record<string, string>>): boolean {
  for (const name in aliases) if (Object.hasOwn(aliases, name)) return false
  return true
}
