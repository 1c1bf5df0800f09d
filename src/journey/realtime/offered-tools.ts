import { isObject } from '../../domain/json.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { ForwardedMember } from '../1-intake/read-model-request.ts'
import { OFFERS } from '../4-authorise/decide-tools.ts'

/** The tools that an event offers, for a session or for one response, as a request would (AT-222). */
export function offeredTools(event: JsonObject): readonly ForwardedMember[] {
  return [event, ...Object.values(event).filter(isObject)].flatMap((place) =>
    Object.entries(place)
      .filter(([name]) => OFFERS.has(name))
      .map(([name, value]) => ({ name, text: `"${name}":${JSON.stringify(value)}` })),
  )
}
