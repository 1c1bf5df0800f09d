import type { Settings } from '../config/settings.ts'
import type { JourneySettings } from '../journey/journey-ports.ts'
import type { MeterPorts } from '../journey/5-meter/reserve-budget.ts'
import { timeoutOf } from '../journey/serving/timeout-of.ts'

const MOST_CLIENT_RETRIES = 10

/** What the operator decided, as the stages of the journey ask for it. */
export function journeySettings(settings: Settings): JourneySettings {
  const { completion, embedding, image, moderation } = settings.forcedModels
  return {
    keyHeader: settings.keyHeaderName?.toLowerCase(),
    enforcedParams: settings.enforcedParams,
    routes: {
      served: settings.allowedRoutes,
      adminOnly: settings.adminOnlyRoutes,
      opensPassThrough: settings.compat.openPassThrough,
    },
    intake: {
      controls: {
        maxTimeoutMs: settings.router.timeoutMs,
        maxRetries: Math.max(MOST_CLIENT_RETRIES, settings.router.numRetries),
      },
      attribution: {
        endUserHeaders: settings.endUserHeaders.map((name) => name.toLowerCase()),
        rejectClientTags: settings.rejectClientsideMetadataTags,
        stripClientTags: settings.compat.stripClientTags,
        requireEndUser: settings.enforceUserParam,
      },
      forcedModels: {
        ...(completion === undefined ? {} : { chat: completion, completion }),
        ...(embedding === undefined ? {} : { embedding }),
        ...(image === undefined ? {} : { image }),
        ...(moderation === undefined ? {} : { moderation }),
      },
      alwaysIncludeStreamUsage: settings.alwaysIncludeStreamUsage,
      clientMockResponse: settings.compat.clientMockResponse,
    },
  }
}

export function meterSettings({ compat, router, rates, budgets }: Settings): MeterPorts['settings'] {
  return {
    budgetRefusesAs400: compat.budgetErrorStatus === 400,
    operator: budgets,
    countsTokens: rates.counts,
    mostCallMs: (ask, deployment) => timeoutOf(ask, deployment, router),
  }
}

/** How long it is remembered for which key a claim stands. */
export function mappingTtlMs({ tokens }: Settings): number | undefined {
  const seconds = tokens?.policy.keyMapping?.ttlSeconds
  return seconds === undefined ? undefined : seconds * 1000
}
