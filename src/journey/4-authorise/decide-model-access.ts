import { allow, deny } from '../../domain/decision.ts'
import type { Decision } from '../../domain/decision.ts'
import { NO_MODELS } from '../../domain/effective.ts'
import type { ModelCatalogue, ResolvedModel } from '../../domain/model-catalogue.ts'
import { keyOf, teamIdOf } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import { matchesWildcard } from '../../domain/wildcard.ts'
import { aliasesOf, modelLevels } from './model-levels.ts'
import type { ModelLevel } from './model-levels.ts'

/** What the name leads to for this principal: its own names come before everybody's. */
export function resolveFor(principal: Principal, asked: string, catalogue: ModelCatalogue): ResolvedModel | undefined {
  return catalogue.resolve(asked, aliasesOf(principal), teamIdOf(principal))
}

/**
 * May this principal use the model that the name leads to? Listing and calling ask this same question, so what is listed
 * is what can be called.
 */
export function decideModelAccess(
  principal: Principal,
  asked: string,
  catalogue: ModelCatalogue,
): Decision<ResolvedModel> {
  const resolved = resolveFor(principal, asked, catalogue)
  const refuses = refusal(principal, asked, resolved, catalogue)
  const level = modelLevels(principal).find(refuses)
  if (level !== undefined) return denied(level, asked)
  return resolved === undefined ? deny('model-unknown', 'model_unknown') : allow(resolved)
}

/** Nobody's word stands against it; that the name leads nowhere is for whoever calls it to be told. */
export function mayUseModel(principal: Principal, asked: string, catalogue: ModelCatalogue): boolean {
  const access = decideModelAccess(principal, asked, catalogue)
  return access.verdict === 'allow' || access.problem === 'model-unknown'
}

/** Everybody whose word stands against it. */
export function refusingLevels(principal: Principal, asked: string, catalogue: ModelCatalogue): readonly ModelLevel[] {
  return modelLevels(principal).filter(refusal(principal, asked, resolveFor(principal, asked, catalogue), catalogue))
}

function refusal(
  principal: Principal,
  asked: string,
  resolved: ResolvedModel | undefined,
  catalogue: ModelCatalogue,
): (level: ModelLevel) => boolean {
  const names = resolved?.names ?? [asked]
  const renamer = renamerOf(principal, asked)
  return (level) => {
    const known = knowsName(level, renamer) ? names : names.slice(1)
    return !grants(level, known, resolved) && !grantsGroup(level, resolved, catalogue)
  }
}

type Renamer = 'key' | 'team' | undefined

/** Whose own name for a model the asked one is. */
function renamerOf(principal: Principal, asked: string): Renamer {
  if (principal.kind === 'master') return undefined
  const { standing } = principal
  if (Object.hasOwn(keyOf(principal)?.modelAliases ?? {}, asked)) return 'key'
  return standing.team !== undefined && Object.hasOwn(standing.team.modelAliases, asked) ? 'team' : undefined
}

/** A name that somebody gave to a model is a name for those below; whoever stands above looks at what it leads to. */
function knowsName({ object }: ModelLevel, renamer: Renamer): boolean {
  return renamer === undefined || object === 'key' || (renamer === 'team' && object === 'team')
}

/** In a list, this takes back whatever else stands in it. */

/** An empty list adds no restriction. An alias was set by whoever manages its owner, so its target is granted with it. */
function grants(
  { object, models, accessGroupIds, aliases }: ModelLevel,
  names: readonly string[],
  resolved: ResolvedModel | undefined,
): boolean {
  if (models.length === 0 && accessGroupIds.length === 0) return true
  // A model that a team brought is that team's to use.
  if (resolved?.teamId !== undefined && object === 'team') return true
  if (names.some((name) => Object.hasOwn(aliases, name))) return true
  if (models.includes(NO_MODELS)) return false
  return models.some((entry) => {
    if (entry === '*' || entry === 'all-proxy-models') return true
    return entry.includes('*') ? matches(entry, names, resolved) : names.includes(entry)
  })
}

function grantsGroup(
  { models, accessGroupIds }: ModelLevel,
  resolved: ResolvedModel | undefined,
  catalogue: ModelCatalogue,
): boolean {
  if (resolved === undefined) return false
  const named = models.includes(NO_MODELS) ? [] : models
  return catalogue.accessGroupsOf(resolved).some((group) => named.includes(group) || accessGroupIds.includes(group))
}

/** Does nobody's word stand against a whole access group? */
export function mayUseGroup(principal: Principal, name: string, id: string | undefined): boolean {
  return modelLevels(principal).every(({ models, accessGroupIds }) => {
    if (models.length === 0 && accessGroupIds.length === 0) return true
    if (id !== undefined && accessGroupIds.includes(id)) return true
    if (models.includes(NO_MODELS)) return false
    return models.some((entry) => entry === '*' || entry === 'all-proxy-models' || entry === name || entry === id)
  })
}

/** A pattern may also mean a model with its provider before it. */
function matches(pattern: string, names: readonly string[], resolved: ResolvedModel | undefined): boolean {
  if (names.some((name) => matchesWildcard(pattern, name))) return true
  const providers = new Set(resolved?.deployments.map(({ provider }) => provider))
  return [...providers].some((provider) => names.some((name) => matchesWildcard(pattern, `${provider}/${name}`)))
}

function denied({ object, problem, models, accessGroupIds }: ModelLevel, asked: string): Decision<never> {
  if (object === 'user' && models.includes(NO_MODELS)) {
    return deny(
      'model-denied',
      'model_denied',
      `User not allowed to access model. No default model access, only team models allowed. Tried to access ${asked}`,
    )
  }
  // What else a role or a scope may use is no business of whoever presents a token without it.
  if (object === 'role') return deny(problem, 'jwt_role_model', `Role not allowed to call model=${asked}.`)
  if (object === 'scope') return deny(problem, 'jwt_scope_model', `{'error': 'model=${asked} not allowed.'}`)
  const list = [...models, ...accessGroupIds].map((name) => `'${name}'`).join(', ')
  return deny(
    problem,
    'model_denied',
    `${object} not allowed to access model. This ${object} can only access models=[${list}]. Tried to access ${asked}`,
  )
}
