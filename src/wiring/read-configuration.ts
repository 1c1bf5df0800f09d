import { buildDeployments } from './build-deployments.ts'
import { buildPassThroughs } from './build-pass-throughs.ts'
import { checkRouteNames } from './check-route-names.ts'
import type { Finding } from '../config/finding.ts'
import { loadSettings } from '../config/load.ts'
import type { ConfigSource } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { ModelCatalogue } from '../domain/model-catalogue.ts'
import type { PassThrough } from '../domain/pass-through.ts'

export interface Configuration {
  /** Absent when any finding is an error. */
  readonly usable:
    | { readonly settings: Settings; readonly catalogue: ModelCatalogue; readonly passThroughs: readonly PassThrough[] }
    | undefined
  readonly findings: readonly Finding[]
}

/** All that a configuration can have wrong, for `check` and `serve` alike. */
export function readConfiguration(source: ConfigSource): Configuration {
  const loaded = loadSettings(source)
  const built = buildDeployments(loaded)
  const passed = buildPassThroughs(loaded)
  const findings = [...loaded.findings, ...built.findings, ...passed.findings, ...checkRouteNames(loaded)]
  const { settings } = loaded
  if (settings === undefined || findings.some(({ severity }) => severity === 'error'))
    return { usable: undefined, findings }
  const catalogue = new ModelCatalogue(built.deployments, {
    models: settings.modelAliases,
    groups: settings.groupAliases,
  })
  return { usable: { settings, catalogue, passThroughs: passed.passThroughs }, findings }
}
