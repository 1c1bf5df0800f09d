import type { JsonObject } from '../../domain/json.ts'

/** A name that an answer goes by; an empty one names nothing. */
export function nameIn(answer: JsonObject, member: 'id' | 'model' | 'service_tier'): string | undefined {
  const name = answer[member]
  return typeof name === 'string' && name !== '' ? name : undefined
}
