import type { FastifyInstance } from 'fastify'
import { clock } from '../adapters/system/clock.ts'
import type { CallMetrics } from '../adapters/metrics/call-metrics.ts'
import type { ModelFacts } from '../ports/model-facts.ts'
import type { Store } from '../adapters/sql/open-store.ts'
import type { Settings } from '../config/settings.ts'
import { auditRoutes } from '../http/admin/audit.routes.ts'
import { activityRoutes } from '../http/admin/activity.routes.ts'
import { budgetRoutes } from '../http/admin/budgets.routes.ts'
import { customerRoutes } from '../http/admin/customers.routes.ts'
import { globalActivityRoutes } from '../http/admin/global-activity.routes.ts'
import { globalSpendRoutes } from '../http/admin/global-spend.routes.ts'
import { identityRoutes } from '../http/admin/identities.routes.ts'
import { invitationRoutes } from '../http/admin/invitations.routes.ts'
import { keyMappingRoutes } from '../http/admin/key-mappings.routes.ts'
import { keyRoutes } from '../http/admin/keys.routes.ts'
import { organizationRoutes } from '../http/admin/organizations.routes.ts'
import { revocationRoutes } from '../http/admin/revocations.routes.ts'
import { accessGroupRoutes } from '../http/admin/access-groups.routes.ts'
import { explainRoutes } from '../http/admin/explain.routes.ts'
import { credentialRoutes } from '../http/admin/credentials.routes.ts'
import { modelInfoRoutes } from '../http/admin/model-info.routes.ts'
import { storedModelRoutes } from '../http/admin/models.routes.ts'
import { passThroughDefinitionRoutes } from '../http/admin/pass-through.routes.ts'
import { spendRoutes } from '../http/admin/spend.routes.ts'
import { tagRoutes } from '../http/admin/tags.routes.ts'
import { userRoutes } from '../http/admin/users.routes.ts'
import { teamMemberRoutes } from '../http/admin/team-members.routes.ts'
import { teamRoutes } from '../http/admin/teams.routes.ts'
import { consoleRoutes } from '../http/console/console.routes.ts'
import { docsRoutes } from '../http/docs/docs.routes.ts'
import { modelCallRoutes } from '../http/llm/model-call.routes.ts'
import { modelRoutes } from '../http/llm/models.routes.ts'
import { passThroughRoutes } from '../http/llm/pass-through.routes.ts'
import { realtimeRoutes } from '../http/llm/realtime.routes.ts'
import type { RealtimePorts } from '../http/llm/realtime.routes.ts'
import { responseRoutes } from '../http/llm/responses.routes.ts'
import { deploymentHealthRoutes } from '../http/ops/deployment-health.routes.ts'
import { healthRoutes } from '../http/ops/health.routes.ts'
import { metricsRoutes } from '../http/ops/metrics.routes.ts'
import type { EdgePorts } from '../http/route.ts'
import type { FaultPorts } from '../http/wire/answer-fault.ts'
import type { Doors } from '../http/wire/doors.ts'
import type { PassPorts } from '../journey/pass-through/serve-pass-through.ts'
import type { ServePorts } from '../journey/serve.ts'
import type { ManagePorts } from '../manage/ports.ts'
import type { RefusedCalls } from '../ports/refused-calls.ts'
import type { Together } from '../ports/together.ts'

interface RoutePorts {
  readonly edge: EdgePorts
  readonly serving: ServePorts
  readonly passing: PassPorts
  readonly manage: ManagePorts
  readonly doors: Doors
  readonly together: Together
  readonly refusedCalls: RefusedCalls
  readonly realtime: Pick<RealtimePorts, 'upgrades' | 'acceptor' | 'dialler'>
  readonly faults: FaultPorts
  readonly metrics: CallMetrics
  readonly facts: ModelFacts
  readonly settings: Settings
  readonly store: Pick<Store, 'audit' | 'ping'>
  readonly isDraining: () => boolean
  readonly asksItself: boolean
}

/** Everything that can be asked for. The pages about them come last, because they tell of all the others. */
export async function registerRoutes(
  app: FastifyInstance,
  {
    edge,
    serving,
    passing,
    manage,
    doors,
    together,
    refusedCalls,
    realtime,
    faults,
    metrics,
    facts,
    settings,
    store,
    isDraining,
    asksItself,
  }: RoutePorts,
): Promise<void> {
  modelCallRoutes(app, edge, { doors, together, serving, faults, refusedCalls })
  realtimeRoutes(app, edge, { ...realtime, serving, faults, corsOrigins: settings.corsOrigins })
  responseRoutes(app, edge, serving)
  modelRoutes(app, edge, { facts, policy: serving.policy, registry: manage.registry })
  keyRoutes(app, edge, manage)
  keyMappingRoutes(app, edge, manage)
  revocationRoutes(app, edge, manage)
  userRoutes(app, edge, manage)
  identityRoutes(app, edge, manage)
  invitationRoutes(app, edge, manage)
  budgetRoutes(app, edge, manage)
  customerRoutes(app, edge, manage)
  tagRoutes(app, edge, manage)
  modelInfoRoutes(app, edge, facts)
  storedModelRoutes(app, edge, manage)
  credentialRoutes(app, edge, manage)
  accessGroupRoutes(app, edge, manage)
  spendRoutes(app, edge, manage, facts)
  globalSpendRoutes(app, edge, manage)
  globalActivityRoutes(app, edge, manage)
  activityRoutes(app, edge, manage)
  teamRoutes(app, edge, manage)
  teamMemberRoutes(app, edge, manage)
  organizationRoutes(app, edge, manage)
  auditRoutes(app, edge, store.audit)
  explainRoutes(app, edge, {
    asksItself,
    keyBounds: settings.keyUpperBounds,
    userDefaults: settings.userDefaults,
  })
  deploymentHealthRoutes(app, edge, serving)
  healthRoutes(app, edge, {
    pingStore: () => store.ping(),
    logLevel: settings.logLevel,
    strict: settings.compat.readinessStrict,
    isDraining,
    now: () => clock.now(),
  })
  metricsRoutes(app, edge, metrics, settings.compat.metricsAuth)
  passThroughDefinitionRoutes(app, edge)
  await docsRoutes(app, edge, settings.pages, settings.keyHeaderName)
  await consoleRoutes(app, settings.pages, settings.keyHeaderName)
  passThroughRoutes(app, edge, { passing, faults })
}
