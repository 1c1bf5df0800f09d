import { widensTools } from '../../domain/allowed-tools.ts'
import { withGroups } from '../../domain/effective.ts'
import type { JsonObject } from '../../domain/json.ts'
import { NO_LIMITS } from '../../domain/limits.ts'
import type { Limits, ModelLimits } from '../../domain/limits.ts'
import type { VirtualKey } from '../../domain/virtual-key.ts'
import { findRaise } from '../budgets/compare-limits.ts'
import { givesOtherMeaning, limitedAliases } from './limited-aliases.ts'
import { boundsOf } from './own-bounds.ts'
import type { OwnBounds } from './own-bounds.ts'
import type { Ask } from '../ports.ts'

/** A new key has by default what the key has that makes it: the parents of both are the same, but not that one's lists. */
export function inheriting(key: VirtualKey, { principal }: Ask): VirtualKey {
  const own = boundsOf(principal)
  if (own === undefined) return key
  const saysNone = withGroups(key).length === 0
  return {
    ...key,
    models: saysNone ? own.models : key.models,
    accessGroupIds: saysNone ? own.accessGroupIds : key.accessGroupIds,
    allowedRoutes: saidOr(key.allowedRoutes, own.allowedRoutes),
    allowedPassThroughRoutes: saidOr(key.allowedPassThroughRoutes, own.allowedPassThroughRoutes),
    enforcedParams: saidOr(key.enforcedParams, own.enforcedParams),
    tags: saidOr(key.tags, own.tags),
    metadata: inheritedTools(key.metadata, own.metadata),
    modelAliases: { ...limitedAliases(own), ...key.modelAliases },
    limits: inheritedLimits(key.limits, own.limits),
    budgetId: key.budgetId ?? own.budgetId,
    expiresAt: key.expiresAt ?? own.expiresAt,
  }
}

/** INV-12: what binds the key that makes it and would not bind the new one. */
export function findShed(key: VirtualKey, own: OwnBounds): string | undefined {
  if (own.expiresAt !== undefined && (key.expiresAt === undefined || key.expiresAt > own.expiresAt)) return 'duration'
  if (own.enforcedParams.some((name) => !key.enforcedParams.includes(name))) return 'enforced_params'
  if (own.tags.some((tag) => !key.tags.includes(tag))) return 'tags'
  if (widensTools(own.metadata, key.metadata)) return 'metadata.allowed_tools'
  if (givesOtherMeaning(own, key)) return 'aliases'
  return findRaise({ ...NO_LIMITS, perModel: own.limits.perModel }, { ...NO_LIMITS, perModel: key.limits.perModel })
}

function saidOr(said: readonly string[], own: readonly string[]): readonly string[] {
  return said.length === 0 ? own : said
}

function inheritedTools(metadata: JsonObject, own: JsonObject): JsonObject {
  const { allowed_tools: tools } = own
  return tools === undefined || Object.hasOwn(metadata, 'allowed_tools')
    ? metadata
    : { ...metadata, allowed_tools: tools }
}

function inheritedLimits(limits: Limits, own: Limits): Limits {
  return {
    ...limits,
    maxBudget: limits.maxBudget ?? own.maxBudget,
    window: limits.maxBudget === undefined ? (limits.window ?? own.window) : limits.window,
    tokensPerMinute: limits.tokensPerMinute ?? own.tokensPerMinute,
    requestsPerMinute: limits.requestsPerMinute ?? own.requestsPerMinute,
    parallelRequests: limits.parallelRequests ?? own.parallelRequests,
    perModel: inheritedPerModel(limits.perModel, own.perModel),
  }
}

/** Of the models that are not named. */
function inheritedPerModel(limits: ModelLimits, own: ModelLimits): ModelLimits {
  return {
    maxBudget: { ...own.maxBudget, ...limits.maxBudget },
    tokensPerMinute: joined(own.tokensPerMinute, limits.tokensPerMinute),
    requestsPerMinute: joined(own.requestsPerMinute, limits.requestsPerMinute),
  }
}

function joined(own: ModelLimits['tokensPerMinute'], said: ModelLimits['tokensPerMinute']): typeof own {
  return own === undefined ? said : { ...own, ...said }
}
