import type { JsonValue } from './json.ts'

/** Forms in which an operator's file refers to secrets that lie elsewhere. */
const REFERENCE = /os\.environ\/|^\s*(?:env|file|vault):/i

/** INV-33: such a form means something in the operator's file only; from anywhere else it is refused, at any depth. */
export function holdsReference(value: JsonValue | undefined): boolean {
  if (typeof value === 'string') return REFERENCE.test(value)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, each]) => holdsReference(name) || holdsReference(each))
}

export const NO_REFERENCES =
  'References to environment variables, files or secret managers work in the configuration file only. Send the value itself.'
