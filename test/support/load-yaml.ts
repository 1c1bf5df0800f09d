import { basename } from 'node:path'
import { loadSettings } from '../../src/config/load.ts'
import type { LoadedConfig } from '../../src/config/load.ts'
import type { CliSettings } from '../../src/config/read-settings.ts'
import type { Settings } from '../../src/config/settings.ts'
import type { Finding, Severity } from '../../src/config/finding.ts'

export interface Given {
  readonly env?: Readonly<Record<string, string>>
  readonly cli?: CliSettings
  /** More files, by name. */
  readonly files?: Readonly<Record<string, string>>
}

/** Loads text as if it were the file config.yaml. */
export function loadYaml(text: string, given: Given = {}): LoadedConfig {
  const files = new Map(Object.entries({ 'config.yaml': text, ...given.files }))
  return loadSettings({
    file: 'config.yaml',
    env: given.env ?? {},
    cli: given.cli ?? {},
    readText: (path) => {
      const found = files.get(path) ?? files.get(basename(path))
      return found === undefined ? { is: 'missing' } : { is: 'text', text: found }
    },
  })
}

export function settingsOf(text: string, given: Given = {}): Settings {
  const { settings, findings } = loadYaml(text, given)
  if (settings === undefined) throw new Error(`refused: ${JSON.stringify(findings)}`)
  return settings
}

/** `line key message`, for the findings of one severity. */
export function told(loaded: LoadedConfig, severity: Severity): readonly string[] {
  return loaded.findings.filter((finding) => finding.severity === severity).map(tell)
}

function tell({ file, line, key, message, suggestion }: Finding): string {
  const where = line === undefined ? '-' : `${file === 'config.yaml' ? '' : `${file ?? ''}:`}${line}`
  return [where, key, message, ...(suggestion === undefined ? [] : [suggestion])]
    .filter((part) => part !== '')
    .join(' ')
}
