import type { Findings } from './finding.ts'
import type { Located, LocatedEntry, LocatedMap, LocatedScalar } from './located.ts'
import { showKey } from './show-name.ts'

export type Environment = ReadonlyMap<string, string>

const WHOLE = /^os\.environ\/(.*)$/s
const EMBEDDED = /os\.environ\/([A-Za-z_][A-Za-z0-9_]*)/g
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const HEADER_MAP = /\.(?:extra_headers|headers)$/
// An address that is missing must not become the provider's public one: the credential would go there.
const REQUIRED =
  /^(?:model_list\[\d+\]\.litellm_params|credential_list\[\d+\]\.credential_values)\.(?:api_key|api_base|base_url)$|^general_settings\.(?:master_key|database_url)$/

/**
 * Puts values of the environment where the file says `os.environ/NAME`. What comes from the environment is plain
 * text: it is never searched for references again.
 */
export function resolveReferences(root: LocatedMap, environment: Environment, findings: Findings): LocatedMap {
  return resolveMap(root, '', { environment, findings })
}

interface Context {
  readonly environment: Environment
  readonly findings: Findings
}

function resolveNode(node: Located, key: string, inHeaders: boolean, context: Context): Located {
  switch (node.kind) {
    case 'map':
      return resolveMap(node, key, context)
    case 'list':
      return { ...node, items: node.items.map((item, i) => resolveNode(item, `${key}[${i}]`, false, context)) }
    case 'scalar':
      return resolveScalar(node, key, inHeaders, context)
  }
}

function resolveMap(map: LocatedMap, key: string, context: Context): LocatedMap {
  const entries = new Map<string, LocatedEntry>()
  for (const [name, entry] of map.entries) {
    const inner = key === '' ? showKey(name) : `${key}.${showKey(name)}`
    entries.set(name, { ...entry, value: resolveNode(entry.value, inner, HEADER_MAP.test(key), context) })
  }
  return { ...map, entries }
}

function resolveScalar(node: LocatedScalar, key: string, inHeaders: boolean, context: Context): LocatedScalar {
  if (typeof node.value !== 'string' || !node.value.includes('os.environ/')) return node
  const whole = WHOLE.exec(node.value)
  if (whole !== null && (!inHeaders || NAME.test(whole[1] ?? ''))) {
    return lookUp(node, whole[1] ?? '', key, context, inHeaders || REQUIRED.test(key))
  }
  if (inHeaders) return replaceEmbedded(node, node.value, key, context)

  context.findings.warn(
    node.place,
    key,
    'os.environ/NAME is replaced only where it is the complete value; this text stays as it is.',
    'Put the complete value into an environment variable.',
  )
  return node
}

function lookUp(node: LocatedScalar, name: string, key: string, context: Context, required: boolean): LocatedScalar {
  const { environment, findings } = context
  const absent: LocatedScalar = { kind: 'scalar', place: node.place, value: null, text: '' }
  if (!NAME.test(name)) {
    findings.error(node.place, key, 'After os.environ/ the name of an environment variable is expected.')
    return absent
  }
  const value = environment.get(name)
  if (value !== undefined && value !== '') return { kind: 'scalar', place: node.place, value, text: value, from: name }

  const message = `The environment variable ${name} is not set.`
  if (required) findings.error(node.place, key, message, `Set ${name} before the start.`)
  else findings.warn(node.place, key, `${message} The setting is treated as absent.`)
  return absent
}

function replaceEmbedded(node: LocatedScalar, text: string, key: string, context: Context): LocatedScalar {
  const value = text.replaceAll(EMBEDDED, (_, name: string) => {
    const found = context.environment.get(name)
    if (found !== undefined && found !== '') return found
    context.findings.error(
      node.place,
      key,
      `The environment variable ${name} is not set.`,
      `Set ${name} before the start.`,
    )
    return ''
  })
  return { ...node, value, text: value }
}
