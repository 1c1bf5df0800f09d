import { Findings } from './finding.ts'
import type { Finding } from './finding.ts'
import { freezeDeep } from './freeze-deep.ts'
import { isAbsent, kindOf } from './located.ts'
import type { LocatedMap } from './located.ts'
import type { Secret } from '../domain/secret.ts'
import type { LocatedPassThrough } from './pass-through/read-pass-through.ts'
import { readFiles } from './read-files.ts'
import type { LocatedModel } from './read-models.ts'
import { readSettings } from './read-settings.ts'
import type { CliSettings } from './read-settings.ts'
import { readTextFile } from './read-text-file.ts'
import type { ReadText } from './read-text-file.ts'
import { resolveReferences } from './resolve-references.ts'
import type { Environment } from './resolve-references.ts'
import { membersOf } from './section.ts'
import type { Settings } from './settings.ts'
import { showKey } from './show-name.ts'
import type { RouteName } from './route-names.ts'

export type ProcessEnvironment = Readonly<Record<string, string | undefined>>

export interface ConfigSource {
  /** `--config`; without it CONFIG_FILE_PATH counts, and without both there is no file. */
  readonly file?: string
  readonly env: ProcessEnvironment
  readonly cli: CliSettings
  readonly readText?: ReadText
}

export interface LoadedConfig {
  /** Absent when any finding is an error. */
  readonly settings?: Settings
  /** Every model that could be read, with its places, other errors or not. */
  readonly models: readonly LocatedModel[]
  /** Entries of lists of routes, with their places. */
  readonly routeNames: readonly RouteName[]
  /** With their places as well. */
  readonly passThroughs: readonly LocatedPassThrough[]
  /** What the environment offers to providers. */
  readonly providerEnvironment: ReadonlyMap<string, Secret>
  /** The file that was read, if there is one. */
  readonly file?: string
  readonly findings: readonly Finding[]
}

/** Reads everything that configures the gateway. Bad content never throws: it becomes findings. */
export function loadSettings(source: ConfigSource): LoadedConfig {
  const findings = new Findings()
  const processEnvironment = presentIn(source.env)
  const file = source.file ?? nonEmpty(processEnvironment.get('CONFIG_FILE_PATH'))
  const written = file === undefined ? undefined : readFiles(file, source.readText ?? readTextFile, findings)
  const where = file === undefined ? {} : { file }
  if (file !== undefined && written === undefined && findings.hasErrors)
    return {
      ...where,
      models: [],
      routeNames: [],
      passThroughs: [],
      providerEnvironment: new Map(),
      findings: findings.list(),
    }

  const environment = new Map([...processEnvironment, ...readOverlay(written, processEnvironment, findings)])
  const root = written === undefined ? undefined : resolveReferences(written, environment, findings)
  const readText = source.readText ?? readTextFile
  const { settings, ...located } = readSettings(root, environment, source.cli, readText, findings)
  return {
    ...where,
    ...(findings.hasErrors ? {} : { settings: freezeDeep(settings) }),
    ...located,
    providerEnvironment: settings.providerEnvironment,
    findings: findings.list(),
  }
}

/** The one look at the environment of the process. */
export function readProcessEnvironment(): ProcessEnvironment {
  return { ...process.env }
}

function presentIn(env: ProcessEnvironment): Environment {
  const present = new Map<string, string>()
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined) present.set(name, value)
  }
  return present
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

/** `environment_variables`: on top of the process environment, and private to the configuration. */
function readOverlay(written: LocatedMap | undefined, environment: Environment, findings: Findings): Environment {
  const overlay = new Map<string, string>()
  const section = written?.entries.get('environment_variables')?.value
  if (section === undefined || isAbsent(section)) return overlay

  // Against the process only: these variables may not refer to each other, so that their order means nothing.
  const resolved = section.kind === 'map' ? resolveReferences(section, environment, findings) : section
  for (const [name, entry] of membersOf(resolved, 'environment_variables', findings)) {
    const key = `environment_variables.${showKey(name)}`
    const { value } = entry
    if (value.kind !== 'scalar') {
      findings.error(value.place, key, `Expected text, found ${kindOf(value)}.`)
    } else if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      findings.error(entry.place, key, 'This cannot be the name of an environment variable.')
    } else if (name === 'CONFIG_FILE_PATH') {
      findings.warn(entry.place, key, 'This has no effect here: the file is already being read.')
    } else if (value.value !== null) {
      overlay.set(name, typeof value.value === 'string' ? value.value : value.text)
    }
  }
  return overlay
}
