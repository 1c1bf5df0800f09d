import { isObject } from '../../domain/json.ts'
import type { JsonValue } from '../../domain/json.ts'

/** Z-32: every model that a request names: in its path, in its query, in its body and in the tools and batches of that. */
export function namedModels(upstreamPath: string, query: string, body: JsonValue | undefined): readonly string[] {
  const found = new Set<string>()
  for (const pattern of IN_PATH) {
    const name = pattern.exec(upstreamPath)?.[1]
    if (name !== undefined) found.add(decodeURIComponent(name))
  }
  const asked = new URLSearchParams(query).getAll('model')
  for (const name of asked) if (name !== '') found.add(name)
  if (body !== undefined) collect(body, found)
  return [...found]
}

/** The same in a part of a body. */
export function modelsIn(value: JsonValue): readonly string[] {
  const found = new Set<string>()
  collect(value, found)
  return [...found]
}

const IN_PATH = [/\/(?:models|tunedModels)\/([^/:]+):/, /\/deployments\/([^/]+)\//, /\/engines\/([^/]+)\//]

/** Words of a caller about itself, and descriptions of data: what is called a model in there is none. */
export const NO_REQUEST: ReadonlySet<string> = new Set([
  'metadata',
  'litellm_metadata',
  'properties',
  'arguments',
  'const',
  'enum',
])

function collect(value: JsonValue, found: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, found)
  else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      if (name === 'model' && typeof member === 'string' && member !== '') found.add(member)
      else if (!NO_REQUEST.has(name) && typeof member === 'object') collect(member, found)
    }
  }
}
