import { passwords } from '../../src/adapters/crypto/passwords.ts'
import { createSeal } from '../../src/adapters/crypto/sealer.ts'
import { EgressGuard } from '../../src/adapters/outbound-http/egress-guard.ts'
import { newCallId } from '../../src/adapters/system/chance.ts'
import { NO_OPERATOR_BUDGETS } from '../../src/domain/limits.ts'
import { ModelCatalogue } from '../../src/domain/model-catalogue.ts'
import { Secret } from '../../src/domain/secret.ts'
import { ROUTE_GROUPS } from '../../src/journey/4-authorise/route-groups.ts'
import type { ManagePorts } from '../../src/manage/ports.ts'
import { createModelReader } from '../../src/wiring/read-stored-model.ts'

export const NO_RULES: ManagePorts['rules'] = {
  allowCustomKeys: true,
  keyDefaults: {},
  keyUpperBounds: {},
  keyGeneration: {},
  needsTeam: false,
  userDefaults: {},
  strictNoSecretsInUrl: false,
}

/** What the verbs of management need beside store, clock and rules, and what most tests don't look at. */
export function quietPorts() {
  const catalogue = new ModelCatalogue([], { models: new Map(), groups: new Map() })
  return {
    newId: newCallId,
    catalogue: () => catalogue,
    grants: () => ({
      modelGroups: new Map<string, readonly string[]>(),
      routeGroups: ROUTE_GROUPS,
      passThroughPaths: ['/anthropic', '/bria'],
    }),
    passwords,
    operator: NO_OPERATOR_BUDGETS,
    availableTeams: new Set<string>(),
    seal: createSeal([new Secret('a-salt-key-0123456789')], ''),
    storesModels: false,
    tokens: undefined,
    log: { warn: () => undefined },
    modelReader: createModelReader({ providerEnvironment: new Map() }, new EgressGuard([])),
  }
}
