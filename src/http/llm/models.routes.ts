import type { FastifyInstance } from 'fastify'
import { modelGroupQuery, modelListQuery } from '../../contract/model-calls.ts'
import { bearerOf, membershipIn, teamIdOf, userIdOf } from '../../domain/principal.ts'
import type { Principal } from '../../domain/principal.ts'
import type { RouterPolicy } from '../../domain/router-policy.ts'
import { anyKeyOf } from '../../journey/3-identify/any-key.ts'
import { resolvePrincipal } from '../../journey/3-identify/resolve-principal.ts'
import { callerOf, decideOwnRoutes, reachOn } from '../../journey/4-authorise/decide-route.ts'
import { decideModelLookup } from '../../journey/4-authorise/decide-model-lookup.ts'
import { listBehindPatterns, listModelGroups, listModels, lookUpModel } from '../../journey/4-authorise/list-models.ts'
import { tokenOpens } from '../../journey/4-authorise/token-limits.ts'
import { writtenFallbacks } from '../../journey/6-route/plan-fallback.ts'
import type { FallbackKind } from '../../journey/6-route/plan-fallback.ts'
import { describeModelGroup } from '../../manage/models/describe-model-group.ts'
import { teamNotFound } from '../../manage/teams/refuse-teams.ts'
import { readOwnTeam } from '../../manage/teams/read-teams.ts'
import type { ModelFacts } from '../../ports/model-facts.ts'
import type { Registry } from '../../ports/registry.ts'
import { factsOf, granted, plainRoute } from '../route.ts'
import type { EdgePorts, PlainAsk } from '../route.ts'
import { schemaRoute, shapedQuery } from '../admin/read-ask.ts'
import { readQuery } from '../wire/read-query.ts'

/** Constants of the compatible API; nothing here knows when a model was made. */
const CREATED = 1_677_610_602
const OWNER = 'openai'

const LOOK_AT_TEAM = factsOf('GET', '/team/info')

interface ModelPorts {
  readonly facts: ModelFacts
  readonly policy: RouterPolicy
  readonly registry: Registry
}

export function modelRoutes(app: FastifyInstance, edge: EdgePorts, { facts, policy, registry }: ModelPorts): void {
  const { journey } = edge

  schemaRoute(app, edge, {
    method: 'GET',
    paths: ['/models', '/v1/models'],
    summary: 'List the models that this key can call',
    query: modelListQuery,
    answer: async (ask) => {
      const query = shapedQuery(modelListQuery, ask.request)
      const principal = query.team_id === undefined ? ask.principal : await callerIn(query.team_id, ask)
      const catalogue = journey.catalogue()
      const groups =
        query.include_model_access_groups === true || query.only_model_access_groups === true
          ? listModelGroups(principal, catalogue)
          : []
      if (query.only_model_access_groups === true) return { data: groups.map(shown), object: 'list' }
      const listed = listModels(principal, catalogue)
      const behind = query.return_wildcard_routes === true ? listBehindPatterns(principal, catalogue, facts) : []
      const names = new Set([...listed, ...behind].map(({ name }) => name))
      const models = [...names].map((name) => ({
        ...shown(name),
        ...(query.include_metadata === true
          ? { metadata: { fallbacks: fallbacksOf(name, query.fallback_type ?? 'general', principal) } }
          : {}),
      }))
      return { data: [...models, ...groups.map(shown)], object: 'list' }
    },
  })
  plainRoute(app, edge, {
    method: 'GET',
    paths: ['/models/*', '/v1/models/*'],
    summary: 'Look at one of them',
    slashInParameter: true,
    answer: async ({ principal, request }) => {
      const { '*': name = '' } = readParams(request.params)
      return shown(granted(decideModelLookup(principal, name, journey.catalogue())).name)
    },
  })
  plainRoute(app, edge, {
    method: 'GET',
    paths: ['/model_group/info'],
    summary: 'What is known about groups of deployments',
    query: modelGroupQuery,
    answer: async ({ principal, request }) => {
      const wanted = readQuery(request).get('model_group')
      const groups = new Map(
        listModels(principal, journey.catalogue()).map(({ name, model }) => [name, model.deployments]),
      )
      const chosen = [...groups].filter(([name]) => wanted === undefined || name === wanted)
      return {
        data: chosen.map(([name, deployments]) => describeModelGroup(name, deployments, facts, journey.clock.now())),
      }
    },
  })

  /**
   * What a key of the team could call that restricts nothing itself: the asker's, where the asker is a member of it. What a
   * token allows its bearer counts as it does for a key that stands in for one.
   */
  async function callerIn(name: string, ask: PlainAsk): Promise<Principal> {
    if (name === teamIdOf(ask.principal)) return ask.principal
    const { principal } = ask
    const reach = mayLookAt(name, principal) ? reachOn(principal, LOOK_AT_TEAM.row) : 'none'
    const team = granted(reach === 'none' ? teamNotFound(name) : await readOwnTeam(name, { reach }, { registry }))
    const isMember = principal.kind !== 'master' && membershipIn(principal, team.id) !== undefined
    const holder = { userId: isMember ? userIdOf(principal) : undefined, teamId: team.id }
    const proof = { kind: 'virtual-key', key: anyKeyOf(holder, journey.clock.now()) } as const
    return resolvePrincipal(proof, journey.directory, bearerOf(principal))
  }

  /**
   * INV-12: a member may ask with whatever calls models. What somebody's role reaches beside that, only a credential reaches
   * that could look at the team itself.
   */
  function mayLookAt(team: string, principal: Principal): boolean {
    if (callerOf(principal).teams.some(({ teamId }) => teamId === team)) return true
    const { settings, tokens } = journey
    const own = decideOwnRoutes(principal, LOOK_AT_TEAM, settings.routes)
    return own.verdict === 'allow' && tokenOpens(principal, LOOK_AT_TEAM, tokens?.policy)
  }

  /** Where a call would go on; of models that this caller may not use, nothing is said. */
  function fallbacksOf(name: string, kind: FallbackKind, principal: Principal): readonly string[] {
    const catalogue = journey.catalogue()
    const group = lookUpModel(principal, name, catalogue)?.model.group ?? name
    return writtenFallbacks(group, kind, policy).filter(
      (fallback) => lookUpModel(principal, fallback, catalogue) !== undefined,
    )
  }
}

function shown(name: string): object {
  return { id: name, object: 'model', created: CREATED, owned_by: OWNER }
}

function readParams(params: unknown): Readonly<Record<string, string>> {
  return typeof params === 'object' && params !== null
    ? Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]))
    : {}
}
