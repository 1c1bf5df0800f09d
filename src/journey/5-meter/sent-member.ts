import type { Deployment } from '../../domain/deployment.ts'
import { parseJson } from '../../domain/json.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { ModelAsk } from '../1-intake/read-model-request.ts'

/** What the upstream will read: the caller's member, else the operator's default. */
export function sentMember(ask: ModelAsk, { entry }: Deployment, name: string): JsonValue | undefined {
  const member = ask.forwarded.find((each) => each.name === name)
  if (member !== undefined) return parseJson(member.text.slice(member.text.indexOf(':') + 1))
  return entry.params.extraBody[name] ?? entry.params.defaults[name]
}

export function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}
